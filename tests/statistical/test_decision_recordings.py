"""The decision on launches recorded on a dedicated machine, base against base."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.draws import Draws
from benchmarks.accuracy.recordings import Nights, again, fresh, recorded, tips
from engine.stats import constants as c
from engine.stats.guard import IMPROVEMENT, PASS, REGRESSION, decide_all
from engine.stats.proportions import lower_limit, upper_limit

pytestmark = pytest.mark.needs_shared

BUDGET = 0.03
QUIET = 0.015
HISTORIES = ["certificate", "none"]


@pytest.fixture(scope="module")
def nights(shared: Path) -> Nights:
    found = recorded(shared / "data" / "stats", np.random.default_rng(1))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def resampled(nights: Nights) -> Draws:
    return again(nights, np.random.default_rng(2), 2, 36)


def counted(draws: Draws, effect: float, *outcomes: int) -> tuple[int, int]:
    found = decide_all(draws.slower(effect).comparisons(BUDGET), c.SHORT)
    return int(np.isin(found.outcome, outcomes).sum()), len(found.outcome)


@pytest.mark.parametrize("history", [*HISTORIES, "robust"])
def test_of_unchanged_benchmarks_hardly_one_is_called(resampled: Draws, history: str) -> None:
    draws = resampled.histories()[history]
    assert lower_limit(*counted(draws, 0.0, REGRESSION, IMPROVEMENT), 0.999) <= 0.001


def test_of_pairs_that_share_no_launch_hardly_one_is_called(nights: Nights) -> None:
    draws = fresh(nights, np.random.default_rng(3), 2)
    found = decide_all(draws.comparisons(BUDGET), c.path_of(12))
    alarms = int(np.isin(found.outcome, (REGRESSION, IMPROVEMENT)).sum())
    assert lower_limit(alarms, len(found.outcome), 0.999) <= 0.001


@pytest.mark.parametrize("history", HISTORIES)
def test_a_loss_over_the_budget_is_red_where_launches_are_quiet(
    resampled: Draws, history: str
) -> None:
    quiet = resampled.of(resampled.spread <= QUIET).histories()[history]
    assert upper_limit(*counted(quiet, 0.04, REGRESSION), 0.999) >= 0.99


@pytest.mark.parametrize("history", HISTORIES)
def test_what_is_unchanged_is_called_a_pass_where_launches_are_quiet(
    resampled: Draws, history: str
) -> None:
    quiet = resampled.of(resampled.spread <= QUIET).histories()[history]
    assert upper_limit(*counted(quiet, 0.0, PASS), 0.999) >= 0.99


def test_a_loss_over_the_budget_is_hardly_ever_called_a_pass(resampled: Draws) -> None:
    assert lower_limit(*counted(resampled, 0.04, PASS), 0.999) <= 0.01


def test_what_the_neighbouring_nights_agree_on_is_not_contradicted(nights: Nights) -> None:
    draws, truth = tips(nights)
    found = decide_all(draws.comparisons(BUDGET), c.path_of(25)).outcome
    unchanged, slower, faster = np.abs(truth) <= 0.005, truth >= 0.04, truth <= -0.04
    assert not np.isin(found[unchanged], (REGRESSION, IMPROVEMENT)).any()
    assert not np.isin(found[slower], (PASS, IMPROVEMENT)).any()
    assert not np.isin(found[faster], (PASS, REGRESSION)).any()
