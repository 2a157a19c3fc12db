"""The ratchet: what is surely further from the accepted level than it may be."""

from __future__ import annotations

from typing import Any

import pytest

from engine.configuration import Ratchet
from engine.findings import Finding, Reason
from engine.ratchet import Course, Level, courses
from engine.values import Better, Outcome, SuiteKind
from tests.fakes.findings import row, suite_of


def red(**fields: Any) -> Finding:
    """Make a regression of +12 %, surely beyond half of its budget of 3 %."""
    values = {"change": 0.12, "low": 0.10, "high": 0.14, **fields}
    return row(Reason.OVER_BUDGET, Outcome.REGRESSION, **values)


def course(finding: Finding, ratchet: float | None = None, **fields: Any) -> Course:
    limit = None if ratchet is None else Ratchet(max_cumulative_drop=ratchet)
    (found,) = courses(suite_of(finding, fingerprint="f" * 16, **fields), limit)
    return found


def test_without_a_ratchet_the_rows_own_budget_holds() -> None:
    found = course(red())

    assert (found.level, found.limit) == (Level.OVER, 0.03)


@pytest.mark.parametrize("ratchet, level", [(0.10, Level.OVER), (0.15, Level.WITHIN)])
def test_a_declared_ratchet_takes_the_budgets_place(ratchet: float, level: Level) -> None:
    assert course(red(), ratchet).level is level


def test_what_is_over_but_may_be_less_than_half_of_it_is_neither_over_nor_within() -> None:
    assert course(red(low=0.03), 0.10).level is Level.UNKNOWN


def test_a_loss_that_may_still_be_over_the_ratchet_is_not_won_back() -> None:
    near = red(change=0.098, low=0.08, high=0.116)
    below = red(change=0.08, low=0.065, high=0.095)

    assert (course(near, 0.10).level, course(below, 0.10).level) == (Level.UNKNOWN, Level.WITHIN)


def test_a_real_loss_within_its_budget_may_be_over_a_narrower_ratchet() -> None:
    small = row(Reason.REAL_BUT_SMALL, Outcome.PASS, change=0.025, low=0.02, high=0.03)

    assert course(small, 0.01).level is Level.OVER


def test_what_the_pairs_cannot_tell_is_unknown() -> None:
    assert course(row(Reason.CANNOT_TELL), 0.01).level is Level.UNKNOWN


def test_where_more_is_better_a_fall_is_the_loss() -> None:
    fall = red(change=-0.12, low=-0.14, high=-0.10, better=Better.HIGHER)
    rise = red(better=Better.HIGHER)

    assert (course(fall).level, course(rise).level) == (Level.OVER, Level.WITHIN)


def test_an_improvement_is_within() -> None:
    better = row(Reason.BETTER, Outcome.IMPROVEMENT, change=-0.2, low=-0.22, high=-0.18)

    assert course(better).level is Level.WITHIN


@pytest.mark.parametrize(
    "repeating", [{"whole_suite": True}, {"statistic": "mean"}, {"case": ""}, {"change": None}]
)
def test_rows_that_repeat_others_or_hold_no_change_are_no_series(repeating: dict[str, Any]) -> None:
    suite = suite_of(red(**repeating), fingerprint="f" * 16)

    assert courses(suite, None) == ()


def test_a_time_is_one_series_whichever_clock_decided() -> None:
    nights = [red(metric="cpu", clock="cpu"), red(metric="wall", clock="wall")]

    assert {course(one).metric for one in nights} == {"time"}
    assert course(red(metric="wall", clock=None)).metric == "wall"


def test_only_cases_with_an_accepted_level_can_drift_from_it() -> None:
    suite = suite_of(red(), red(case="new"), fingerprint="f" * 16)

    assert [one.case for one in courses(suite, None, {"decay"})] == ["decay"]


def test_a_sweeps_drop_is_a_difference_and_exact() -> None:
    fields = {
        "low": None,
        "high": None,
        "metric": "sharpe",
        "better": Better.HIGHER,
        "case": "core",
    }
    drop = row(Reason.METRIC_DROP, Outcome.REGRESSION, **{**fields, "change": -0.2, "limit": 0.05})

    found = course(drop, 0.15, kind=SuiteKind.SWEEP)

    assert (found.level, found.low, found.high) == (Level.OVER, -0.2, -0.2)
    assert course(drop, 0.25, kind=SuiteKind.SWEEP).level is Level.WITHIN
