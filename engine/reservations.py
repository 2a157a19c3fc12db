"""What a decided row is held back by: the machine, another result, launches that lack it."""

from __future__ import annotations

from engine.benchmark_findings import replaced, unjudged
from engine.findings import Finding, Reason
from engine.outcomes import COMPARED
from engine.series import Key, Series
from engine.values import Outcome, Side


def blocked(finding: Finding, one: Series | None, forbidden: Reason | None) -> Finding:
    """Take back what cannot be said: on such a machine, or of a case without a steady state."""
    if finding.outcome not in COMPARED:
        return finding
    if forbidden is None and (one is None or not one.is_unsteady):
        return finding
    return replaced(
        finding,
        outcome=Outcome.INCONCLUSIVE,
        reason=forbidden or Reason.UNSTEADY,
        further_pairs=None,
        p=None,
    )


def with_result(finding: Finding, one: Series) -> Finding:
    """Ask of a case with another result whether the work happened."""
    if not one.result_differs:
        return finding
    if finding.outcome is Outcome.IMPROVEMENT or finding.reason is Reason.NOT_WORSE:
        return replaced(finding, outcome=Outcome.INCONCLUSIVE, reason=Reason.RESULT_CHANGED)
    return replaced(finding, caveats=(*finding.caveats, "its result differs from the merge base's"))


def with_conservation(finding: Finding, *, elsewhere: bool) -> Finding:
    """Take an improvement back where the time only went to another place of the process."""
    faster = finding.outcome is Outcome.IMPROVEMENT or finding.reason is Reason.NOT_WORSE
    if not elsewhere or not faster:
        return finding
    return replaced(finding, outcome=Outcome.INCONCLUSIVE, reason=Reason.TIME_ELSEWHERE)


def with_gaps(finding: Finding, one: Series, whole: frozenset[int]) -> Finding:
    """Judge what one side measured and the other did not, in the *whole* pairs of launches.

    What head loses once in a while is no verdict, unless the rest shows a regression already.
    """
    base, head = (one.samples[side].keys() & whole for side in (Side.BASE, Side.HEAD))
    lost, gained, asked = len(base - head), len(head - base), len(base | head)
    if lost and finding.outcome is not Outcome.REGRESSION:
        missing = unjudged(Key(finding.case, finding.metric), Reason.MISSING_IN_HEAD)
        return replaced(missing, detail=f"in {lost} of {asked} pairs")
    caveats = [
        f"{side} did not measure it in {count} of {asked} pairs"
        for side, count in (("head", lost), ("the merge base", gained))
        if count
    ]
    return replaced(finding, caveats=(*finding.caveats, *caveats)) if caveats else finding
