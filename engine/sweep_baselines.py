"""The plain rule of sweeps, best against best: of the merge base and of stored baselines."""

from __future__ import annotations

from collections.abc import Mapping

from engine.baselines import BaselineData, create_new_baseline
from engine.comparison import ComparisonVerdict, PerfBudget, compare_results
from engine.current import CurrentData
from engine.errors import UserError
from engine.findings import BesideLine
from engine.quality import PlainRule
from engine.sweep.leaderboard import SweepSummary, to_current


def as_baseline(summary: SweepSummary, commit: str, created_utc: str) -> BaselineData:
    """Take a sweep as the baseline that it would be.

    Raises:
        UserError: it has no level that anything could be compared with.
    """
    return create_new_baseline(to_current(summary), git_sha=commit, created_utc=created_utc)


def plain_rule(
    base: SweepSummary, head: SweepSummary, verdict: ComparisonVerdict
) -> PlainRule | None:
    """Say what the plain rule makes of head against the merge base."""
    best = base.summary.best_metric
    if best is None:
        return None
    return PlainRule(
        passed=verdict.passed,
        base=best,
        head=head.summary.best_metric,
        problems=tuple(failure.message for failure in verdict.failures),
    )


def beside(
    head: SweepSummary, baselines: Mapping[str, BaselineData], budget: PerfBudget
) -> tuple[BesideLine, ...]:
    """Apply the plain rule against each stored baseline, by name."""
    current = to_current(head)
    return tuple(_line(name, current, one, budget) for name, one in sorted(baselines.items()))


def _line(name: str, head: CurrentData, stored: BaselineData, budget: PerfBudget) -> BesideLine:
    try:
        verdict = compare_results(head, stored, budget)
        passed, problems = verdict.passed, tuple(failure.message for failure in verdict.failures)
    except UserError as error:
        passed, problems = None, (str(error),)
    return BesideLine(
        name=name,
        metric=budget.metric,
        passed=passed,
        stored=stored.summary.best_metric,
        head=head.summary.best_metric,
        limit=budget.max_drop,
        git_sha=stored.git_sha,
        problems=problems,
    )
