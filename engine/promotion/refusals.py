"""Why a promotion is refused; worded in ``engine.reports.promotion``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from engine.findings import Reason
from engine.history import HistoryPoint
from engine.promotion.evidence import EvidenceRun, counted, forbidding

HISTORY_POINTS = 5  # that make a history
_RECENT = 20
_MARGIN = 0.10  # of the history's range: runs of one commit differ by less on one machine


class Refused(StrEnum):
    """What a promotion is refused for."""

    LOOK_AHEAD = "look_ahead"
    MEASUREMENT_CHANGED = "measurement_changed"
    NO_VERDICT = "no_verdict"
    EVIDENCE = "evidence"
    OUTLIER = "outlier"
    MOVED_ON = "moved_on"
    CLOSED = "closed"
    PERMISSION = "permission"
    PEOPLE = "people"
    TAKEN = "taken"
    UNCHANGED = "unchanged"
    CANCELLED = "cancelled"
    INPUT = "input"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One reason; *detail* names the run, commit or file that it is about."""

    why: Refused
    detail: str = ""
    reason: Reason | None = None  # of a verdict: what it says


_NAMED = {
    Reason.LOOK_AHEAD: Refused.LOOK_AHEAD,
    Reason.MEASUREMENT_CHANGED: Refused.MEASUREMENT_CHANGED,
}
_OURS = frozenset({Reason.INFRASTRUCTURE})  # says nothing of the candidate: measured again


def refusals(runs: Sequence[EvidenceRun]) -> tuple[Refusal, ...]:
    """Say what in *runs* of one head, oldest first, forbids that it becomes a baseline.

    A leak forbids it in whichever run it was found, all else in the last one that says anything.
    """
    leaks = (run for run in runs if forbidding(run.verdict) is Reason.LOOK_AHEAD)
    leaking = next(leaks, None)
    if leaking is not None:
        return (
            Refusal(why=Refused.LOOK_AHEAD, detail=leaking.order.run, reason=Reason.LOOK_AHEAD),
        )
    telling = [run for run in runs if forbidding(run.verdict) not in _OURS]
    return tuple(_of_last(telling[-1])) if telling else ()


def short_of_evidence(runs: Sequence[EvidenceRun], revision: str) -> tuple[Refusal, ...]:
    """Say why runs that were measured do not come to enough evidence."""
    outliers = (
        Refusal(why=Refused.OUTLIER, detail=f"{run.order.run}: {run.outlier}")
        for run in runs
        if run.outlier
    )
    found = len(counted(runs, revision).runs)
    return (*outliers, Refusal(why=Refused.EVIDENCE, detail=f"{found} of {len(runs)}"))


def outlier(run: EvidenceRun, history: Iterable[HistoryPoint]) -> str:
    """Say which level of the run's base lies outside of its history; empty: none does.

    A machine that had another day than usual shows in the base, which was measured before: what
    head did on that day is no level to hold others to.
    """
    points = [point for point in history if point.run != run.order.run]
    return next(_outlying(run, points), "")


def _of_last(run: EvidenceRun) -> Iterator[Refusal]:
    if run.order.measuring_changed:
        files = ", ".join(run.order.measuring_changed[:3])
        yield Refusal(why=Refused.MEASUREMENT_CHANGED, detail=files)
        return
    reason = forbidding(run.verdict)
    if reason is not None:
        why = _NAMED.get(reason, Refused.NO_VERDICT)
        yield Refusal(why=why, detail=run.order.run, reason=reason)


def _outlying(run: EvidenceRun, points: Sequence[HistoryPoint]) -> Iterator[str]:
    for row in run.verdict.findings:
        series = [
            point
            for point in points
            if (point.case, point.metric, point.fingerprint)
            == (row.case, row.metric, run.fingerprint)
        ]
        recent = sorted(series, key=lambda point: point.measured_utc)[-_RECENT:]
        if row.base is None or row.statistic != "level" or len(recent) < HISTORY_POINTS:
            continue
        levels = [point.level for point in recent]
        least, most = min(levels) / (1 + _MARGIN), max(levels) * (1 + _MARGIN)
        if not least <= row.base <= most:
            yield f"{row.case} ({row.metric})"
