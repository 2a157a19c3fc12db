from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from engine.stats.multiplicity import benjamini_hochberg, holm


def test_holm_steps_down_until_one_stands() -> None:
    # 0.01/4, 0.01/3, 0.01/2: the third stands, and so does the fourth.
    assert holm((0.0024, 0.0033, 0.0051, 0.0052), 0.01) == (True, True, False, False)


def test_holm_judges_each_p_where_it_is_listed() -> None:
    assert holm((0.9, 0.001, 0.04, 0.002), 0.05) == (False, True, False, True)


def test_hypotheses_that_are_not_listed_count() -> None:
    assert holm((0.004,), 0.01) == (True,)
    assert holm((0.004,), 0.01, family=2) == (True,)
    assert holm((0.004,), 0.01, family=3) == (False,)


def test_a_p_at_its_limit_falls() -> None:
    assert holm((0.005, 0.01), 0.01) == (True, True)


def test_a_family_smaller_than_its_list_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold 2"):
        holm((0.1, 0.2), 0.01, family=1)


def test_holm_keeps_the_family_level_on_uniform_p_values() -> None:
    drawn = np.random.default_rng(1).uniform(size=(4000, 10))
    wrong = np.mean([any(holm(list(one), 0.05)) for one in drawn])
    assert wrong == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize("seed", range(5))
def test_benjamini_and_hochberg_list_those_whose_adjusted_p_is_small(seed: int) -> None:
    drawn = np.random.default_rng(seed).beta(0.3, 1.0, 60)
    expected = tuple(false_discovery_control(drawn) <= 0.05)
    assert benjamini_hochberg(list(drawn), 0.05) == expected
    assert 0 < sum(expected) < 60


def test_a_small_p_takes_larger_ones_along() -> None:
    assert benjamini_hochberg((0.03, 0.04, 0.045), 0.05) == (True, True, True)


def test_of_nothing_nothing_falls() -> None:
    assert (holm((), 0.01), benjamini_hochberg((), 0.05)) == ((), ())


@pytest.mark.parametrize("bad", [math.nan])
def test_nan_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="nan"):
        holm((0.001, bad), 0.01)
    with pytest.raises(ValueError, match="nan"):
        benjamini_hochberg((0.001, bad), 0.05)
