"""What the null runs of a night say of themselves in their check runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.certificates import NullComparison, NullSession
from engine.reports.check import CheckText
from engine.reports.escape import code
from engine.reports.wording import SHA, plural
from engine.stats.certificate import ALARMS


def nulls_measured() -> CheckText:
    """Say that null runs are on their way."""
    return CheckText(
        title="Measuring null runs",
        summary="Each runner measures this commit against itself: every change is a false alarm.",
    )


def null_ended(session: NullSession | None) -> CheckText:
    """Say how one null run ended; None: nothing was compared."""
    if session is None:
        return CheckText(
            title="Null run: nothing compared",
            summary="The run was lost or failed, so the runner's certificate stays as it was.",
        )
    alarms, count = _alarms([session]), len(session.comparisons)
    summary = (
        f"{code(session.suite)} on {code(session.runner)}: {session.commit[:SHA]} was measured "
        f"against itself, so that every change is a false alarm. "
        f"There {'was' if alarms == 1 else 'were'} {alarms} in {plural(count, 'comparison')}."
    )
    return CheckText(title=_counted(alarms, count), summary=summary)


def nulls_ended(sessions: Sequence[NullSession], runs: int) -> CheckText:
    """Say how the null runs of a night ended, of which *runs* were ordered."""
    alarms, count = _alarms(sessions), sum(len(one.comparisons) for one in sessions)
    summary = f"{len(sessions)} of {plural(runs, 'null run')} compared something."
    return CheckText(title=_counted(alarms, count), summary=summary)


def _counted(alarms: int, comparisons: int) -> str:
    word = "alarm" if alarms == 1 else "alarms"
    return f"Null runs: {alarms} false {word} in {plural(comparisons, 'comparison')}"


def _alarms(sessions: Iterable[NullSession]) -> int:
    rows: Iterable[NullComparison] = (row for one in sessions for row in one.comparisons)
    return sum(row.outcome in ALARMS for row in rows)
