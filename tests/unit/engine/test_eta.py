from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.eta import MOST_S, counted, sane_s, typical_s, waiting_s

SPANS = st.lists(st.floats(0, 10_000), max_size=6)


def test_nobody_knows_how_long_something_takes_that_was_never_measured() -> None:
    assert typical_s(()) is None


def test_one_slow_run_says_little_of_the_next() -> None:
    assert typical_s((60.0, 62.0, 61.0, 3600.0, 59.0)) == 61.0


@pytest.mark.parametrize("done,total", [(-1, 4), (5, 4), (0, 0), (1, 10**7)])
def test_a_count_that_cannot_be_true_is_none(done: int, total: int) -> None:
    assert counted(done, total) is None


@pytest.mark.parametrize("seconds", [None, float("nan"), float("inf"), -1.0, MOST_S + 1])
def test_a_time_that_makes_no_sense_is_none(seconds: float | None) -> None:
    assert sane_s(seconds) is None


def test_a_free_runner_takes_it_at_once() -> None:
    assert waiting_s([100.0], [], 30.0, 2) == 30.0


def test_without_a_runner_nobody_knows() -> None:
    assert waiting_s([], [], 30.0, 0) is None


@pytest.mark.parametrize("busy,ahead,own", [([None], [], 1.0), ([], [None], 1.0), ([], [], None)])
def test_what_is_not_known_of_one_is_known_of_none_behind_it(
    busy: list[float | None], ahead: list[float | None], own: float | None
) -> None:
    assert waiting_s(busy, ahead, own, 1) is None


@given(SPANS, SPANS, st.floats(0, 10_000), st.integers(1, 5))
def test_another_runner_makes_nobody_wait_longer(
    busy: list[float], ahead: list[float], own: float, runners: int
) -> None:
    working = busy[:runners]
    fewer, more = (waiting_s(working, ahead, own, count) for count in (runners, runners + 1))
    assert fewer is not None
    assert more is not None
    assert own <= more <= fewer <= sum(working) + sum(ahead) + own + 1e-6
