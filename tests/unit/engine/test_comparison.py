from __future__ import annotations

import pytest

from engine import compare_results
from engine.baselines import BaselineSummary
from engine.comparison import PerfBudget, exceeds
from engine.current import CurrentSummary, Timing
from engine.determinism import judge_determinism
from engine.errors import UserError
from engine.findings import Reason
from engine.values import Mode
from tests.fakes.sweeps import baseline, budget, current


def reasons(*arguments: object) -> list[Reason]:
    verdict = compare_results(*arguments)  # type: ignore[arg-type]
    return [failure.reason for failure in verdict.failures]


def test_an_equal_sweep_passes() -> None:
    assert compare_results(current(), baseline(), budget()).passed


@pytest.mark.parametrize("before", [1.25, 0.3, 0.75, 1.1, 2.05, 100.05, -0.4])
def test_a_drop_of_exactly_the_limit_passes_without_any_epsilon(before: float) -> None:
    now = round(before - 0.05, 10)
    assert compare_results(current(now), baseline(before), budget(epsilon_abs=0.0)).passed


def test_a_drop_of_the_limit_and_epsilon_passes() -> None:
    assert compare_results(current(1.199999), baseline(1.25), budget()).passed


def test_a_drop_above_the_limit_and_epsilon_fails() -> None:
    assert reasons(current(1.1999989), baseline(1.25), budget()) == [Reason.METRIC_DROP]


def test_an_improvement_passes() -> None:
    assert compare_results(current(3.0), baseline(1.25), budget()).passed


@pytest.mark.parametrize("now, passed", [(0.25, True), (0.2500011, False), (0.1, True)])
def test_in_mode_min_a_rise_is_the_drop(now: float, passed: bool) -> None:
    verdict = compare_results(
        current(now, mode=Mode.MIN), baseline(0.2, mode=Mode.MIN), budget(mode=Mode.MIN)
    )
    assert verdict.passed is passed


def test_the_metric_is_the_budgets_not_a_hard_coded_sharpe() -> None:
    limits = budget(metric="sortino", max_drops={"sharpe": 9.0, "sortino": 0.1})
    found = reasons(current(1.0, metric="sortino"), baseline(1.25, metric="sortino"), limits)
    assert found == [Reason.METRIC_DROP]


@pytest.mark.parametrize("side", ["current", "baseline"])
def test_another_metric_than_the_budgets_is_an_error(side: str) -> None:
    now = current(metric="sortino" if side == "current" else "sharpe")
    before = baseline(metric="sortino" if side == "baseline" else "sharpe")
    with pytest.raises(UserError, match="'sortino' in the " + side):
        compare_results(now, before, budget())


def test_another_mode_than_the_budgets_is_an_error() -> None:
    with pytest.raises(UserError, match="mode is 'max' in the budget and 'min'"):
        compare_results(current(mode=Mode.MIN), baseline(), budget())


def test_in_sample_is_never_compared_with_out_of_sample() -> None:
    inside = CurrentSummary(best_metric=1.25, success_rate=1.0, total_runs=4, sample="is")
    outside = BaselineSummary(best_metric=1.25, success_rate=1.0, total_runs=4, sample="oos")
    with pytest.raises(UserError, match="'is' now and of 'oos'"):
        compare_results(current(summary=inside), baseline(summary=outside), budget())


def test_a_sweep_without_a_value_fails() -> None:
    found = reasons(current(None, rate=0.0, timing=None), baseline(), budget())
    assert found == [Reason.NOT_MEASURED, Reason.NOT_MEASURED, Reason.SUCCESS_UNDER]


@pytest.mark.parametrize("p90, passed", [(60.0, True), (60.001, False)])
def test_the_time_fails_above_its_bound_alone(p90: float, passed: bool) -> None:
    now = current(timing=Timing(p50=1.0, p90=p90))
    assert compare_results(now, baseline(), budget()).passed is passed


@pytest.mark.parametrize("rate, passed", [(0.75, True), (0.7499, False)])
def test_the_success_rate_fails_below_its_bound_alone(rate: float, passed: bool) -> None:
    assert compare_results(current(rate=rate), baseline(), budget()).passed is passed


def test_bounds_that_were_not_set_do_not_bind() -> None:
    limits = budget(min_success_rate=None, max_p90_elapsed_s=None)
    slow = current(rate=0.1, timing=Timing(p50=9e3, p90=9e5))
    assert compare_results(slow, baseline(), limits).passed


def test_a_sweep_that_is_not_deterministic_fails() -> None:
    shaky = judge_determinism("sharpe", 1.25, (1.25, 1.26))
    found = reasons(current(determinism=shaky), baseline(), budget())
    assert found == [Reason.NOT_DETERMINISTIC]


def test_each_failure_names_its_key_of_the_budget() -> None:
    now = current(1.0, rate=0.5, timing=Timing(p50=1.0, p90=61.0))
    verdict = compare_results(now, baseline(), budget())
    assert [failure.key for failure in verdict.failures] == [
        "max_sharpe_drop",
        "max_p90_elapsed_s",
        "min_success_rate",
    ]


def test_deltas_are_current_minus_baseline_as_on_paper() -> None:
    verdict = compare_results(current(1.2, rate=0.75), baseline(1.25), budget())
    assert (verdict.metric_delta, verdict.success_rate_delta) == (-0.05, -0.25)


@pytest.mark.parametrize("field", ["min_success_rate", "max_p90_elapsed_s", "epsilon_abs"])
def test_a_budget_refuses_a_bound_that_is_no_number(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        budget(**{field: float("nan")})


def test_a_budget_without_an_allowance_for_its_metric_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="max_sortino_drop is missing"):
        PerfBudget(metric="sortino", mode=Mode.MAX, max_drops={"sharpe": 0.05})


def test_numbers_of_other_float_types_compare_alike() -> None:
    numpy = pytest.importorskip("numpy")
    assert not exceeds(numpy.float64(1.25), numpy.float64(1.2), allowed=0.05, epsilon=0.0)


@pytest.mark.parametrize(
    "fields",
    [
        {"max_drops": {"sharpe": -3.0}},
        {"min_success_rate": -2.0},
        {"min_success_rate": 1.5},
        {"max_p90_elapsed_s": -1.0},
        {"epsilon_abs": -1e-6},
    ],
)
def test_a_budget_out_of_range_cannot_be_made(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        budget(**fields)


def test_the_largest_metrics_have_a_difference() -> None:
    verdict = compare_results(current(-1e150), baseline(1e150), budget())
    assert verdict.metric_delta == -2e150
