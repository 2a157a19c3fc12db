from __future__ import annotations

from typing import Any

import pytest

from engine.errors import UserError
from engine.sweep.leaderboard import (
    SweepSummary,
    percentile,
    reported_value,
    summarise,
    to_current,
)
from engine.sweep.rows import SweepRow, signed
from engine.values import Mode
from tests.fakes.sweeps import failed_row, row


def summed(*rows: SweepRow, mode: Mode = Mode.MAX) -> SweepSummary:
    return summarise(rows, "sharpe", mode)


def ranking(found: SweepSummary) -> list[tuple[int | None, str]]:
    return [(entry.rank, entry.config_id) for entry in found.leaderboard]


def test_in_sample_selects_and_out_of_sample_reports() -> None:
    found = summed(row("a", 1.0, 9.0), row("b", 2.0, 0.5))
    assert (ranking(found)[0], found.summary.best_metric) == ((1, "b"), 0.5)


def test_in_mode_min_the_smallest_is_first() -> None:
    found = summed(row("a", 1.0, 9.0), row("b", 2.0, 0.5), mode=Mode.MIN)
    assert (ranking(found)[0], found.summary.best_metric) == ((1, "a"), 9.0)


def test_ties_are_ranked_by_id_whatever_the_order_of_the_rows() -> None:
    assert ranking(summed(row("b"), row("a"))) == ranking(summed(row("a"), row("b")))


def test_flat_metrics_are_in_sample_and_said_to_be() -> None:
    found = summed(row(metrics={"sharpe": 1.5}))
    assert (found.summary.best_metric, found.summary.sample) == (1.5, "is")


def test_metrics_out_of_sample_are_said_to_be() -> None:
    assert summed(row()).summary.sample == "oos"


def test_the_metric_is_the_one_asked_for() -> None:
    rows = [row(metrics={"is": {"sharpe": 9.0, "sortino": 2.0}})]
    assert summarise(rows, "sortino", Mode.MAX).summary.best_metric == 2.0


def test_a_failed_run_counts_and_is_listed_last() -> None:
    found = summed(failed_row("a"), row("b"))
    assert ranking(found) == [(1, "b"), (None, "a")]
    assert (found.summary.success_rate, found.summary.total_runs) == (0.5, 2)


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"is": {}, "oos": {"sharpe": 1.0}},
        {"oos": {"sharpe": 1.0}},
        {"is": {"sharpe": 1.0}, "oos": {}},
        {"is": {"sharpe": None}},
        {"is": {"sharpe": float("nan")}},
        {"is": {"sharpe": 1.0}, "oos": {"sharpe": float("inf")}},
        {"is": {"sharpe": "1.0"}},
        {"is": {"sharpe": True}},
        {"is": {"sharpe": 1e200}},
        {"is": {"sharpe": 10**400}},
        {"is": 1.0},
        {"sortino": 1.0},
    ],
)
def test_a_run_without_a_number_for_the_metric_is_a_failure(metrics: dict[str, Any]) -> None:
    found = summed(row("a", metrics=metrics), row("b"))
    assert [error.config_id for error in found.errors] == ["a"]
    assert found.summary.success_rate == 0.5


def test_an_error_says_what_was_found() -> None:
    found = summed(row(metrics={"is": {"sharpe": None}}), failed_row("x", "boom"))
    assert [error.error for error in found.errors] == [
        "metric sharpe has no in-sample number: found None",
        "boom",
    ]


def test_a_sweep_in_which_everything_failed_has_no_best_value() -> None:
    found = summed(failed_row("a"), failed_row("b", None))
    assert (found.best, found.summary.best_metric, found.timing) == (None, None, None)
    assert found.summary.success_rate == 0.0


def test_folds_are_averaged() -> None:
    found = summed(row("a", 1.0, 0.0, fold=0), row("a", 2.0, 1.0, fold=1))
    entry = found.leaderboard[0]
    assert (entry.is_, entry.oos, entry.metric, entry.elapsed_s) == (1.5, 0.5, 0.5, 2.0)


def test_a_configuration_with_a_failed_fold_is_not_ranked() -> None:
    broken = row("a", 9.0, 9.0, fold=1, status="error", error="boom")
    found = summed(row("a", 9.0, 9.0, fold=0), broken, row("b", fold=0), row("b", fold=1))
    assert ranking(found) == [(1, "b"), (None, "a")]


def test_a_fold_that_another_configuration_has_and_this_one_lacks_failed() -> None:
    found = summed(row("a", 9.0, 9.0, fold=0), row("b", fold=0), row("b", fold=1))

    assert ranking(found) == [(1, "b"), (None, "a")]
    assert (found.summary.success_rate, found.summary.total_runs) == (0.75, 4)
    assert [(one.config_id, one.fold, one.error) for one in found.errors] == [
        ("a", 1, "has no fold 1, which other configurations have")
    ]


def test_a_configuration_without_folds_among_folds_is_not_ranked() -> None:
    found = summed(row("a", 9.0, 9.0), row("b", fold=0))

    assert found.best is None
    assert [(one.config_id, one.fold) for one in found.errors] == [("a", 0), ("b", None)]


def test_times_are_those_of_the_runs_that_succeeded() -> None:
    rows = [row(str(n), elapsed_s=float(n)) for n in range(1, 12)]
    found = summed(*rows, row("slow", elapsed_s=900.0, status="error", error="timeout"))
    assert found.timing is not None
    assert (found.timing.p50, found.timing.p90) == (6.0, 10.0)


@pytest.mark.parametrize("share,expected", [(0.0, 1.0), (0.5, 2.0), (0.9, 2.8), (1.0, 3.0)])
def test_centiles_interpolate_between_the_values(share: float, expected: float) -> None:
    assert percentile([3.0, 1.0, 2.0], share) == pytest.approx(expected)


def test_the_centile_of_one_value_is_that_value() -> None:
    assert percentile([0.1], 0.9) == 0.1


@pytest.mark.parametrize(
    "rows,problem",
    [
        ([], "has no rows"),
        ([row(), row(elapsed_s=2.0)], "two rows have id 'a', fold None and seed 1"),
        ([row(fold=0), row(fold=1, params={"x": 1})], "differ in their parameters"),
        ([row(elapsed_s=float("nan"))], "elapsed_s nan"),
        ([row(elapsed_s=-1.0)], "elapsed_s -1.0"),
    ],
)
def test_rows_that_are_no_sweep_are_refused(rows: list[SweepRow], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        summed(*rows)


def test_rows_and_their_signed_form_sum_up_alike() -> None:
    rows = [row("a", returns=(("2026-01-05", 0.01),)), failed_row()]
    assert summed(*rows) == summarise([signed(one) for one in rows], "sharpe", Mode.MAX)


def test_a_summary_becomes_the_side_that_is_judged() -> None:
    found = to_current(summed(row("a", 1.5, 1.25)))
    assert (found.metric, found.summary.best_metric) == ("sharpe", 1.25)
    assert found.leaderboard[0] == {
        "rank": 1,
        "config_id": "a",
        "params": {"name": "a"},
        "metric": 1.25,
        "is": 1.5,
        "oos": 1.25,
        "elapsed_s": 1.0,
        "status": "ok",
    }


@pytest.mark.parametrize(
    "one,value",
    [
        (row("a", 1.5, 1.25), 1.25),
        (row(metrics={"sharpe": 1.5}), 1.5),
        (failed_row(), None),
        (row("a", 1.0, float("nan")), None),
    ],
)
def test_the_reported_value_of_a_row_is_out_of_sample_where_there_is_one(
    one: SweepRow, value: float | None
) -> None:
    assert reported_value(one, "sharpe") == value
