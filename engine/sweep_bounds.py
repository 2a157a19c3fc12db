"""Success rate and elapsed time of a sweep, held to absolute bounds by exact counts."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from engine.comparison import P90_KEY, SUCCESS_KEY, PerfBudget, difference
from engine.findings import Finding, Reason
from engine.stats.proportions import at_most
from engine.sweep.leaderboard import SweepSummary
from engine.values import Better, Outcome

P90 = 0.9


@dataclass(frozen=True, slots=True)
class Bounded:
    """A row, and the one-sided p that head keeps its bound; what is red is for the family to say.

    ``beyond``: head's own number lies beyond the bound, which chance may have done.
    """

    row: Finding
    p: float
    beyond: bool
    red: Reason

    def settled(self, *, held: bool) -> tuple[Finding, ...]:
        """Make a row beyond its bound a regression where its p *held* in the family."""
        if not self.beyond:
            return (self.row,)
        outcome = Outcome.REGRESSION if held else Outcome.INCONCLUSIVE
        reason = self.red if held else Reason.CANNOT_TELL
        return (msgspec.structs.replace(self.row, outcome=outcome, reason=reason),)


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides' sweeps of a suite."""

    suite: str
    base: SweepSummary
    head: SweepSummary


def success(sides: Sides, budget: PerfBudget) -> Bounded | None:
    """Hold how many of head's runs succeeded to the least share; None: there is no such bound.

    p = P(X <= k) of so many runs that each succeed with the budget's probability.
    """
    bound = budget.min_success_rate
    if bound is None:
        return None
    before, after = sides.base.summary.success_rate, sides.head.summary.success_rate
    runs = sides.head.summary.total_runs
    passed = round(after * runs)
    p = at_most(passed, runs, bound)
    row = Finding(
        case=sides.suite,
        metric="success rate",
        outcome=Outcome.PASS,
        reason=Reason.WITHIN_BUDGET,
        better=Better.HIGHER,
        base=before,
        head=after,
        change=difference(after, before),
        bound=bound,
        budget_path=(SUCCESS_KEY,),
        detail=f"{passed} of {runs} runs succeeded, p = {p:.2g}",
    )
    return Bounded(row, p, after < bound, Reason.SUCCESS_UNDER)


def elapsed(sides: Sides, budget: PerfBudget) -> Bounded | None:
    """Hold the 90 % quantile of head's elapsed seconds to the most; None: no bound, or no runs.

    p = P(X <= k) where k of n runs kept the bound and each would with 90 % probability: it is 5 %
    or less exactly where the lower 95 % limit by order statistics lies over the bound.
    """
    bound, before, after = budget.max_p90_elapsed_s, sides.base.timing, sides.head.timing
    if bound is None or before is None or after is None:
        return None
    runs = len(sides.head.elapsed)
    over = sum(seconds > bound for seconds in sides.head.elapsed)
    p = at_most(runs - over, runs, P90)
    both = before.p90 > bound and after.p90 > bound
    row = Finding(
        case=sides.suite,
        metric="p90 time of a point",
        outcome=Outcome.PASS,
        reason=Reason.WITHIN_BUDGET,
        unit="s",
        better=Better.LOWER,
        base=before.p90,
        head=after.p90,
        change=difference(after.p90, before.p90),
        bound=bound,
        budget_path=(P90_KEY,),
        caveats=("the merge base is over it too",) if both else (),
        detail=f"{over} of {runs} runs were over it, p = {p:.2g}",
    )
    return Bounded(row, p, after.p90 > bound, Reason.P90_OVER)
