from __future__ import annotations

from typing import Any

import pytest

from engine import compare_results, create_new_baseline
from engine.current import CurrentData, CurrentSummary, Timing, require_consistent
from engine.determinism import judge_determinism
from engine.errors import UserError
from engine.values import Mode
from tests.fakes.sweeps import baseline, budget, current


def row(**fields: Any) -> dict[str, Any]:
    return {"rank": 1, "config_id": "a", "metric": 1.25, "is": 1.5, "oos": 1.25, **fields}


def summary(sample: Any) -> CurrentSummary:
    return CurrentSummary(best_metric=1.25, success_rate=1.0, total_runs=4, sample=sample)


CONTRADICTIONS = [
    (current(determinism=judge_determinism("sortino", 1.25, (1.25,))), "checked of 'sortino'"),
    (current(determinism=judge_determinism("sharpe", 1.2, (1.2,))), "of 1.2, best_metric is 1.25"),
    (current(leaderboard=(row(oos=1.3),)), "best_metric is 1.25, yet 'oos'"),
    (current(summary=summary("is"), leaderboard=(row(),)), "yet 'is'"),
    (current(leaderboard=(row(rank=2), row(oos=1.3))), "yet 'oos'"),
    (current(leaderboard=({"rank": 1, "metric": 1.3},)), "yet 'metric'"),
    (current(None, rate=0.5, leaderboard=(row(),)), "best_metric is None"),
    (current(timing=None), "measured nothing: its runs succeeded"),
    (current(0.0, timing=Timing(p50=0.0, p90=0.0)), "measured nothing: its best metric"),
]


@pytest.mark.parametrize("found, problem", CONTRADICTIONS)
def test_a_sweep_that_contradicts_itself_is_not_compared(found: CurrentData, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        compare_results(found, baseline(), budget(max_p90_elapsed_s=None))


@pytest.mark.parametrize(
    "found", [one for one, _ in CONTRADICTIONS if one.timing and one.summary.best_metric]
)
def test_a_sweep_that_contradicts_itself_becomes_no_baseline(found: CurrentData) -> None:
    with pytest.raises(UserError):
        create_new_baseline(found, git_sha="a" * 40, created_utc="2026-01-05T12:00:00Z")


def test_an_all_zero_sweep_of_what_is_minimised_never_passes() -> None:
    zero = current(0.0, mode=Mode.MIN, timing=Timing(p50=0.0, p90=0.0))

    with pytest.raises(UserError, match="measured nothing"):
        compare_results(zero, baseline(mode=Mode.MIN), budget(mode=Mode.MIN))


@pytest.mark.parametrize(
    "found",
    [
        current(),
        current(0.0),
        current(None, rate=0.0, timing=None),
        current(leaderboard=(row(),)),
        current(leaderboard=(row(oos=1.25 + 1e-10),)),
        current(leaderboard=(row(rank=None, oos=9.0),)),
        current(leaderboard=(row(oos=None, metric=None),)),
        current(summary=summary("is"), leaderboard=(row(**{"is": 1.25, "oos": None}),)),
        current(determinism=judge_determinism("sharpe", 1.25 + 1e-10, (1.25,))),
    ],
)
def test_a_sweep_whose_parts_agree_is_accepted(found: CurrentData) -> None:
    require_consistent(found)


@pytest.mark.parametrize(
    "fields, problem",
    [
        ({"success_rate": 7.0}, "success_rate must be from 0 to 1, found 7.0"),
        ({"success_rate": -0.1}, "success_rate must be"),
        ({"best_metric": 1.7e308}, "best_metric must be from -1e\\+150 to 1e\\+150"),
        ({"best_metric": float("nan")}, "best_metric must be a finite number"),
        ({"total_runs": 0}, "total_runs is 0"),
    ],
)
def test_a_summary_out_of_range_cannot_be_made(fields: dict[str, Any], problem: str) -> None:
    values: dict[str, Any] = {"best_metric": 1.0, "success_rate": 1.0, "total_runs": 1, **fields}
    with pytest.raises(ValueError, match=problem):
        CurrentSummary(**values)


def test_a_time_below_zero_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="p90 must be at least 0"):
        Timing(p50=0.0, p90=-1.0)
