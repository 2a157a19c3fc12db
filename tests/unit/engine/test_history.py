from __future__ import annotations

import pytest

from engine.history import series
from engine.history_steps import REACH, hypotheses
from engine.values import Better
from tests.fakes.histories import commit, point, points_of_levels

COMMITS = [commit(number) for number in range(40)]
STEPPED = [1.0] * 15 + [1.1] * 15


def test_a_series_goes_along_the_history_whatever_order_its_points_were_measured_in() -> None:
    (found,) = series([point(2, 3.0), point(0, 1.0), point(1, 2.0)], COMMITS)
    assert [one.commit for one in found.levels] == COMMITS[:3]
    assert [one.level for one in found.levels] == pytest.approx([1.0, 2.0, 3.0])


def test_commits_of_other_branches_are_left_out() -> None:
    assert series([point(99, 1.0)], COMMITS) == ()


def test_one_bad_session_of_a_commit_is_outvoted() -> None:
    runs = [point(0, level, run=f"c{number}-1") for number, level in enumerate((1.0, 1.02, 9.0))]
    (found,) = series(runs, COMMITS)
    assert found.levels[0].level == pytest.approx(1.02)
    assert (found.levels[0].runs, found.levels[0].launches) == (3, 36)


def test_hardware_metrics_and_suites_are_series_of_their_own() -> None:
    others = ({"fingerprint": "e" * 16}, {"metric": "cpu"}, {"suite": "other"}, {"case": "price"})
    assert len(series([point(0, 1.0), *(point(0, 1.0, **one) for one in others)], COMMITS)) == 5


def test_what_null_runs_do_not_know_of_a_series_is_taken_from_checks() -> None:
    (found,) = series([point(0, 1.0, unit="", better=None), point(1, 1.0)], COMMITS)
    assert (found.unit, found.better) == ("s", Better.LOWER)


@pytest.mark.parametrize("level", [0.0, -1.0, float("inf"), float("nan"), 1e-200])
def test_levels_that_no_measurement_is_are_left_out(level: float) -> None:
    assert series([point(0, level)], COMMITS) == ()


def test_a_step_is_suspected_between_the_last_old_and_the_first_new_commit() -> None:
    (found,) = series(points_of_levels(STEPPED), COMMITS)
    (step,) = hypotheses(found)
    assert (step.before, step.after) == (commit(14), commit(15))
    assert step.effect == pytest.approx(0.10, abs=0.005)


def test_the_wide_bracket_reaches_as_far_as_the_search_may_miss() -> None:
    (found,) = series(points_of_levels(STEPPED), COMMITS)
    (step,) = hypotheses(found)
    assert step.wide is not None
    assert (step.wide.before, step.wide.after) == (commit(14 - REACH), commit(15 + REACH))


def test_commits_that_were_not_measured_lie_between_the_two() -> None:
    spread = [point(number * 3, one.level) for number, one in enumerate(points_of_levels(STEPPED))]
    (found,) = series(spread, [commit(number) for number in range(100)])
    (step,) = hypotheses(found)
    assert (step.before, step.after) == (commit(42), commit(45))


def test_a_flat_history_has_no_hypothesis() -> None:
    (found,) = series(points_of_levels([1.0] * 30), COMMITS)
    assert hypotheses(found) == ()
