"""Single cases that failed while the others were measured: a row each, in place of any other."""

from __future__ import annotations

from collections.abc import Iterable

from engine.findings import Finding, Reason
from engine.orders import CaseFailure
from engine.values import Outcome, Side

_SHOWN = 300


def by_case(failures: Iterable[CaseFailure]) -> dict[str, CaseFailure]:
    """Give the failure that counts of each case: the merge base's before head's, then the first.

    A case that fails on the merge base too is not the pull request's fault.
    """
    found: dict[str, CaseFailure] = {}
    for one in sorted(failures, key=lambda failure: failure.side is Side.HEAD):
        found.setdefault(one.case, one)
    return found


def failed_row(failure: CaseFailure, *, measuring_changed: bool) -> Finding:
    """Give the row of a failed case: an error of head's, of the merge base's no verdict.

    Where head changes the measuring files, that it does not run with the base's decides nothing.
    """
    outcome, reason = Outcome.ERROR, Reason.FAILED
    if failure.side is Side.BASE:
        outcome, reason = Outcome.NO_VERDICT, Reason.BASE_FAILED
    elif measuring_changed:
        outcome, reason = Outcome.NO_VERDICT, Reason.MEASUREMENT_CHANGED
    return Finding(
        case=failure.case,
        metric="",
        outcome=outcome,
        reason=reason,
        step=f"case {failure.case}",
        ending=failure.ending,
        side=failure.side,
        detail="" if reason is Reason.MEASUREMENT_CHANGED else _last_line(failure.tail),
    )


def tails(failures: Iterable[CaseFailure]) -> str:
    """Give what failed cases said, one after the other."""
    said = (f"case {one.case} on {one.side}:\n{one.tail}" for one in failures if one.tail)
    return "\n\n".join(said)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1][:_SHOWN]
