from __future__ import annotations

import msgspec
import pytest

from bot import history_watch
from bot.history_watch import StepSearch, questions, steps_among, watch
from engine.history import Series, StepHypothesis, series
from engine.history_steps import hypotheses
from engine.values import CommitSha, RepositoryName
from tests.fakes.histories import commit, points_of_levels

LEVELS = [0.010] * 12 + [0.011] * 12
COMMITS = tuple(commit(number) for number in range(len(LEVELS)))
NAME = RepositoryName("o/r")


def test_a_series_that_has_not_changed_is_not_searched_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched: list[str] = []

    def counted(found: Series) -> tuple[StepHypothesis, ...]:
        searched.append(found.case)
        return hypotheses(found)

    monkeypatch.setattr(history_watch, "hypotheses", counted)
    search = StepSearch()
    (same,) = series(points_of_levels(LEVELS), COMMITS)
    (grown,) = series(points_of_levels(LEVELS)[:-1], COMMITS)
    assert search.steps(same) == search.steps(same) != ()
    assert len(searched) == 1
    search.steps(grown)
    assert len(searched) == 2


def test_steps_before_a_commit_are_left_out_and_their_series_stay() -> None:
    watched = watch(points_of_levels(LEVELS), COMMITS, ())
    assert [len(one.standings) for one in steps_among(watched, COMMITS[12:])] == [1]
    assert [len(one.standings) for one in steps_among(watched, COMMITS[13:])] == [0]


def test_all_cases_of_one_pair_of_commits_are_one_question() -> None:
    points = points_of_levels(LEVELS)
    more = [msgspec.structs.replace(one, case="price") for one in points]
    (asked,) = questions(NAME, CommitSha(COMMITS[-1]), watch([*points, *more], COMMITS, ()))
    assert [one.case for one in asked.hypotheses] == ["parse", "price"]
    assert (asked.bracket.before, asked.bracket.after) == (COMMITS[11], COMMITS[12])
