"""How often the Sharpe test is wrong, by simulation; the long version is benchmarks/accuracy's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.stats.sharpe import hac_difference
from engine.stats.sharpe_bootstrap import bootstrap_difference, sharpe_difference

YEAR = math.sqrt(252)
SHARPE = 1.5  # a year, of the base
REPEATS = 1000


def clustered(generator: np.random.Generator, days: int, count: int) -> np.ndarray:
    """Draw series of unit variance with Student's tails and volatility that clusters: GARCH."""
    shocks = generator.standard_t(6, (200 + days, count)) * math.sqrt(4 / 6)
    variance = np.ones(count)
    for day in range(1, len(shocks)):
        variance = 0.1 + 0.08 * shocks[day - 1] ** 2 + 0.82 * variance
        shocks[day] *= np.sqrt(variance)
    return np.asarray(shocks[200:])


def pairs(seed: int, days: int, correlation: float, worse: float) -> list[np.ndarray]:
    """Draw (base, head), head *worse* by so many annual Sharpe units."""
    generator = np.random.default_rng(seed)
    gap = math.sqrt(1 - correlation**2)
    base, other = (clustered(generator, days, REPEATS).T for _ in range(2))
    head = correlation * base + gap * other
    drifts = np.array([SHARPE, SHARPE - worse])[:, None] / YEAR
    return list(0.01 * (np.stack([base, head], axis=1) + drifts))


@pytest.mark.parametrize("correlation", [0.9, 0.99, 0.999, 0.9999])
@pytest.mark.parametrize("days", [252, 756])
def test_of_equal_strategies_about_one_in_twenty_is_called_different(
    days: int, correlation: float
) -> None:
    found = [hac_difference(*one).p <= 0.05 for one in pairs(1, days, correlation, 0.0)]
    assert 0.025 <= np.mean(found) <= 0.07


@pytest.mark.parametrize("correlation", [0.9, 0.999])
@pytest.mark.parametrize("days", [252, 756])
def test_the_interval_holds_the_true_difference_nineteen_times_in_twenty(
    days: int, correlation: float
) -> None:
    worse = 0.7 * math.sqrt(1 - correlation**2)
    found = [hac_difference(*one) for one in pairs(2, days, correlation, worse)]
    assert 0.93 <= np.mean([one.low <= -worse <= one.high for one in found]) <= 0.97


def test_with_resampling_where_it_is_close_the_level_holds() -> None:
    found = [sharpe_difference(*one, seed=1).p <= 0.05 for one in pairs(3, 252, 0.999, 0.0)]
    assert 0.025 <= np.mean(found) <= 0.06


def test_resampling_alone_holds_the_level_of_one_percent() -> None:
    found = [
        bootstrap_difference(*one, seed=1, resamples=999).p <= 0.01
        for one in pairs(4, 252, 0.99, 0.0)
    ]
    assert np.mean(found) <= 0.02


def test_a_loss_that_is_large_for_its_noise_is_seen() -> None:
    found = [hac_difference(*one).high < 0 for one in pairs(5, 756, 0.99, 0.5)]
    assert np.mean(found) >= 0.95


def test_a_plain_rule_of_a_small_drop_fires_on_strategies_that_are_equal() -> None:
    found = [hac_difference(*one).difference < -0.05 for one in pairs(6, 252, 0.99, 0.0)]
    assert np.mean(found) >= 0.13
