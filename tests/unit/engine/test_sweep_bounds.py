"""Success and time held to their bounds, alone and in the family of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from engine.comparison import PerfBudget
from engine.findings import Finding, Reason
from engine.sweep.leaderboard import summarise
from engine.sweep.rows import PointResult
from engine.sweep_bounds import Bounded, Sides, elapsed, success
from engine.values import Mode, Outcome
from tests.fakes.evidence import perf_budget, points
from tests.fakes.sweep_verdicts import judged

BUDGET = perf_budget(min_success_rate=0.75)


def sides(head: Sequence[PointResult]) -> Sides:
    base = points((1.0,) * 10)
    return Sides("core", summarise(base, "sharpe", Mode.MAX), summarise(head, "sharpe", Mode.MAX))


def successes(passed: int, runs: int, budget: PerfBudget = BUDGET) -> Bounded:
    found = success(sides(points([1.0] * passed + [None] * (runs - passed))), budget)
    assert found is not None
    return found


def timed(*seconds: float) -> Bounded:
    rows = [
        msgspec.structs.replace(row, elapsed_s=elapsed_s)
        for row, elapsed_s in zip(points([1.0] * len(seconds)), seconds, strict=True)
    ]
    found = elapsed(sides(rows), BUDGET)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "passed, runs, p",
    [(5, 10, 0.0781), (4, 10, 0.0197), (8, 10, 0.7560), (2, 4, 0.2617)],
)
def test_p_is_that_of_the_exact_binomial(passed: int, runs: int, p: float) -> None:
    assert successes(passed, runs).p == pytest.approx(p, abs=1e-4)


def test_a_share_at_the_minimum_is_not_beyond_it() -> None:
    assert (successes(3, 4).beyond, successes(2, 4).beyond) == (False, True)


@pytest.mark.parametrize(
    "held, outcome, reason",
    [
        (True, Outcome.REGRESSION, Reason.SUCCESS_UNDER),
        (False, Outcome.INCONCLUSIVE, Reason.CANNOT_TELL),
    ],
)
def test_what_is_beyond_its_bound_is_red_where_the_family_holds_it(
    outcome: Outcome, reason: Reason, *, held: bool
) -> None:
    (row,) = successes(2, 10).settled(held=held)

    assert (row.outcome, row.reason) == (outcome, reason)


def test_what_keeps_its_bound_passes_whatever_its_p() -> None:
    (row,) = successes(10, 10).settled(held=True)

    assert row.outcome is Outcome.PASS


def test_no_bound_is_no_row() -> None:
    none = perf_budget(min_success_rate=None, max_p90_elapsed_s=None)

    assert (success(sides(points((1.0,))), none), elapsed(sides(points((1.0,))), none)) == (
        None,
        None,
    )


@pytest.mark.parametrize("over, surely", [(4, True), (3, False)])
def test_time_is_red_where_the_seventh_smallest_of_ten_is_over(over: int, *, surely: bool) -> None:
    found = timed(*[1.0] * (10 - over), *[61.0] * over)

    assert (found.beyond, found.p <= 0.05) == (True, surely)


def row_of(name: str, **budget: Any) -> Finding:
    """Judge a sweep of ten points of which four succeed: p is 0.02."""
    bad = points([1.0] * 4 + [None] * 6)
    verdict = judged(points([1.0] * 10), bad, perf_budget=perf_budget(**budget))
    (found,) = [row for row in verdict.findings if row.metric == name]
    return found


def test_the_success_rate_is_held_together_with_the_rule_and_the_time() -> None:
    assert row_of("success rate").outcome is Outcome.INCONCLUSIVE  # 0.02 > 0.05 / 3
    assert row_of("success rate", max_p90_elapsed_s=None).outcome is Outcome.REGRESSION
