from __future__ import annotations

import msgspec
import pytest

from engine.budgets import BenchmarkBudget, MetricBudget, budget_for, idle_keys

WALL = ("wall", "s")


def limit(worsening: float = 0.2) -> MetricBudget:
    return MetricBudget(max_worsening=worsening)


def path(budgets: BenchmarkBudget, case: str) -> tuple[str, ...]:
    return budget_for(budgets, case, *WALL).path


def holds(pattern: str, case: str) -> bool:
    return bool(path(BenchmarkBudget(cases={pattern: {"time": limit()}}), case))


@pytest.mark.parametrize(
    "pattern, case",
    [
        ("bench.py::test_x[10]", "bench.py::test_x[10]"),
        ("test_x[10]", "bench.py::test_x[10]"),
        ("test_x", "bench.py::test_x[10]"),
        ("test_x", "bench.py::TestAll::test_x[a::b]"),
        ("test_x[a::b]", "bench.py::TestAll::test_x[a::b]"),
        ("test_x[*]", "bench.py::test_x[10]"),
        ("bench.py::*", "bench.py::test_x"),
        ("*::test_x*", "b.py::test_x"),
        ("test_[xy]", "bench.py::test_x"),
        ("test_x*", "bench.py::test_x[10]"),
        ("]odd[", "bench.py::]odd["),
    ],
)
def test_a_key_holds_for_a_case_by_any_of_its_names(pattern: str, case: str) -> None:
    assert holds(pattern, case)


@pytest.mark.parametrize(
    "pattern, case",
    [
        ("test_x[10]", "bench.py::test_x[11]"),
        ("test_x", "bench.py::test_xy"),
        ("test", "bench.py::test_x"),
        ("bench.py", "bench.py::test_x"),
    ],
)
def test_a_key_of_another_case_does_not_hold(pattern: str, case: str) -> None:
    assert not holds(pattern, case)


def test_a_cases_own_name_goes_before_a_glob_that_stands_above_it() -> None:
    budgets = BenchmarkBudget(cases={"test_*": {"time": limit()}, "test_x[1]": {"time": limit()}})

    assert path(budgets, "b.py::test_x[1]") == ("cases", "test_x[1]", "time")


def test_the_longer_name_goes_before_the_shorter_one() -> None:
    budgets = BenchmarkBudget(cases={"test_x": {"time": limit()}, "test_x[1]": {"time": limit()}})

    assert path(budgets, "b.py::test_x[1]") == ("cases", "test_x[1]", "time")


def test_the_first_of_several_globs_holds() -> None:
    budgets = BenchmarkBudget(cases={"test_*": {"time": limit()}, "*_x": {"time": limit()}})

    assert path(budgets, "test_x") == ("cases", "test_*", "time")


def test_a_key_without_the_metric_leaves_it_to_the_next() -> None:
    budgets = BenchmarkBudget(cases={"test_x": {"memory": limit()}, "test_*": {"time": limit()}})

    assert path(budgets, "test_x") == ("cases", "test_*", "time")


@pytest.mark.parametrize("where", ["default", "cases"])
def test_a_metrics_own_name_goes_before_its_axis(where: str) -> None:
    metrics = {"time": limit(0.1), "wall": limit(0.5)}
    budgets = BenchmarkBudget(**{where: metrics if where == "default" else {"a": metrics}})

    assert path(budgets, "a")[-1] == "wall"


def test_where_nothing_is_written_the_default_of_the_program_holds() -> None:
    found = budget_for(BenchmarkBudget(), "a", *WALL)

    assert (found.path, found.budget.max_worsening) == ((), 0.03)


@pytest.mark.parametrize(
    "budgets, idle",
    [
        (BenchmarkBudget(default={"tiem": limit()}), ("default.tiem",)),
        (BenchmarkBudget(default={"time": limit()}), ()),
        (BenchmarkBudget(default={"wall": limit(), "cpu": limit()}), ("default.cpu",)),
        (BenchmarkBudget(cases={"test_y": {"time": limit()}}), ("cases.test_y",)),
        (BenchmarkBudget(cases={"test_x": {"tiem": limit()}}), ("cases.test_x.tiem",)),
        (BenchmarkBudget(cases={"b.py::*": {"time": limit()}, "test_x": {"time": limit()}}), ()),
        (BenchmarkBudget(cases={"only_listed": {"time": limit()}}), ()),
    ],
)
def test_keys_that_hold_for_nothing_are_named(
    budgets: BenchmarkBudget, idle: tuple[str, ...]
) -> None:
    assert idle_keys(budgets, [("b.py::test_x[1]", *WALL)], ["only_listed"]) == idle


@pytest.mark.parametrize("key", ["time", "memory", "wall", "cpu"])
@pytest.mark.parametrize("where", ["default", "cases"])
def test_a_bound_on_a_time_or_size_needs_its_unit(key: str, where: str) -> None:
    metrics = {key: {"max_value": 70}}
    document = {where: metrics if where == "default" else {"test_x": metrics}}
    expected = "default" if where == "default" else "cases.test_x"

    with pytest.raises(msgspec.ValidationError, match=rf"{expected}\.{key}\.max_value is 70 with"):
        msgspec.convert(document, BenchmarkBudget)


def test_a_bound_on_another_metric_is_a_number() -> None:
    found = msgspec.convert({"default": {"rate": {"max_value": 70}}}, BenchmarkBudget)

    assert found.default["rate"].max_value == 70


@pytest.mark.parametrize(
    "value", [-3, 0, 0.0, "0ms", float("inf"), float("nan"), "1e999ms", "-3ms"]
)
def test_a_bound_that_nothing_can_keep_is_refused(value: str | float) -> None:
    with pytest.raises(ValueError, match=r"max_value must be|too large|is not a quantity"):
        MetricBudget(max_value=value)
