"""Runs that speak for a new baseline: which of them count, and how many are missing."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from engine.findings import Reason, SuiteVerdict
from engine.orders import BenchmarkEvidence, RunOrder, RunReport, SweepEvidence
from engine.outcomes import INFORMATIONAL
from engine.samples import PairLaunch
from engine.values import PAIRED_KINDS, Outcome, Side, SuiteKind

REQUIRED = 3  # runs on one kind of hardware, each by itself
# Without a verdict, and nothing that a new baseline would not mend.
_HARMLESS = INFORMATIONAL | {Reason.DATA_CHANGED}


class EvidenceRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the suite at the head: what it measured, and what was made of it.

    *revision* is that of the rule that judged it; *outlier* says how its base lies outside of the
    history of the machine, empty where it does not.
    """

    check: str
    order: RunOrder
    report: RunReport
    verdict: SuiteVerdict
    revision: str
    outlier: str = ""

    @property
    def fingerprint(self) -> str:
        """The hardware that it ran on."""
        return self.report.machine.fingerprint


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The runs that count, oldest first, all of one kind of hardware, and how many are missing."""

    runs: tuple[EvidenceRun, ...] = ()

    @property
    def missing(self) -> int:
        """How many more runs it takes."""
        return max(0, REQUIRED - len(self.runs))


def counted(runs: Sequence[EvidenceRun], revision: str) -> Evidence:
    """Choose the hardware with the most runs that count; of several, what was measured last.

    A run counts by itself: it went on with no earlier one, has coins of its own, was judged by
    the rule of today, and neither failed nor lies outside of its machine's history.
    """
    groups: dict[str, dict[int, EvidenceRun]] = {}
    for run in sorted(runs, key=_finished):
        if run.revision == revision and not run.outlier and is_whole(run) and is_alone(run.order):
            groups.setdefault(run.fingerprint, {}).setdefault(run.order.seed, run)
    found = [tuple(group.values()) for group in groups.values()]
    return Evidence(
        runs=max(found, key=lambda group: (len(group), _finished(group[-1])), default=())
    )


def is_alone(order: RunOrder) -> bool:
    """Whether an order began anew, for a check: it carries nothing that was measured before."""
    continues = bool(order.earlier or order.others)
    whole = order.confirms is None and order.cases is None
    return order.purpose == "check" and whole and not continues


def is_whole(run: EvidenceRun) -> bool:
    """Whether a run measured all of head, and nothing that forbids a promotion was found."""
    evidence, kind = run.report.evidence, run.order.suite.kind
    if run.report.failure is not None or forbidding(run.verdict) is not None:
        return False
    if isinstance(evidence, BenchmarkEvidence) and kind in PAIRED_KINDS:
        return bool(head_launches(evidence)) and not evidence.failed
    return isinstance(evidence, SweepEvidence) and kind is SuiteKind.SWEEP


def forbidding(verdict: SuiteVerdict) -> Reason | None:
    """Name what in a verdict forbids its promotion: a leak first; None: nothing does.

    That a stored baseline is of other data forbids nothing: a new baseline is what mends it.
    """
    reasons = {row.reason for row in verdict.findings}
    first = (Reason.LOOK_AHEAD, Reason.MEASUREMENT_CHANGED)
    named = next((reason for reason in first if reason in reasons), None)
    if named is not None:
        return named
    ends = (Outcome.ERROR, Outcome.NO_VERDICT)
    bad = (row.reason for row in verdict.findings if row.outcome in ends)
    return next((reason for reason in bad if reason not in _HARMLESS), None)


def minutes_left(runs: Iterable[EvidenceRun], missing: int) -> int | None:
    """Estimate how long the missing runs take, in whole minutes; None: none was measured yet."""
    took = [seconds for run in runs if (seconds := _seconds(run.report)) is not None]
    return None if not took else max(1, round(missing * statistics.median(took) / 60))


def as_fields(run: EvidenceRun) -> dict[str, Any]:
    """Give a run as the evidence of a baseline file names it."""
    return {
        "run": run.order.run,
        "runner": run.report.runner,
        "fingerprint": run.fingerprint,
        "harness": run.revision,
        "seed": run.order.seed,
        "launches": launches(run),
        "measured_utc": run.report.finished_utc,
    }


def head_launches(evidence: BenchmarkEvidence) -> tuple[PairLaunch, ...]:
    """Give head's launches by the merge base's measuring files: those in pairs, and its screen."""
    return tuple(
        one for one in evidence.launches if one.side is Side.HEAD and one.purpose != "own_copy"
    )


def launches(run: EvidenceRun) -> int:
    """Count the launches of head, or the points of head's sweep."""
    evidence = run.report.evidence
    if isinstance(evidence, SweepEvidence):
        return len(evidence.head)
    return len(head_launches(evidence)) if isinstance(evidence, BenchmarkEvidence) else 0


def last_finished(runs: Sequence[EvidenceRun]) -> str:
    """Give the time at which the last of the runs ended, as its runner wrote it."""
    return max(runs, key=_finished).report.finished_utc


def moment(written: str) -> datetime | None:
    """Read a time that a runner wrote; None: it is none."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _finished(run: EvidenceRun) -> tuple[datetime, str]:
    at = moment(run.report.finished_utc)
    return at or datetime.min.replace(tzinfo=UTC), run.order.run


def _seconds(report: RunReport) -> float | None:
    begun, ended = moment(report.started_utc), moment(report.finished_utc)
    seconds = None if begun is None or ended is None else (ended - begun).total_seconds()
    return seconds if seconds is not None and seconds >= 0 else None
