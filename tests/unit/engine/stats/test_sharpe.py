from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest
from scipy.stats import norm

from engine.stats.sharpe import (
    annualised_sharpe,
    hac_difference,
    hac_error,
    long_run_variance,
    paired_returns,
)

DAYS = 252


def strategies(seed: int, correlation: float) -> tuple[list[float], list[float]]:
    gap = math.sqrt(1 - correlation**2)
    base, other = np.random.default_rng(seed).standard_t(5, (2, DAYS))
    head = correlation * base + gap * other
    return list(0.01 * (0.1 + base)), list(0.01 * (0.1 - 0.1 * gap + head))


def parzen(part: float) -> float:
    return 1 - 6 * part**2 + 6 * part**3 if part <= 0.5 else 2 * (1 - part) ** 3


def error_by_the_matrix(base: list[float], head: list[float]) -> float:
    """The paper's own order: four moments, their 4 x 4 long-run covariance, the gradient.

    The bandwidth is that of the one combination in question.
    """
    returns = np.array([base, head]).T
    means, seconds = returns.mean(axis=0), (returns**2).mean(axis=0)
    cubes = (seconds - means**2) ** 1.5
    gradient = np.array([*-seconds / cubes, *means / cubes / 2]) * [1, -1, 1, -1]
    moments = np.hstack([returns - means, returns**2 - seconds])
    total = moments @ gradient
    slope, _ = np.polyfit(total[:-1], total[1:], 1)
    width = 2.6614 * (4 * slope**2 / (1 - slope) ** 4 * len(base)) ** 0.2
    covariance = moments.T @ moments / len(base)
    for lag in range(1, math.ceil(width)):
        lagged = moments[lag:].T @ moments[:-lag] / len(base)
        covariance += parzen(lag / width) * (lagged + lagged.T)
    covariance *= len(base) / (len(base) - 4)
    return math.sqrt(gradient @ covariance @ gradient / len(base))


@pytest.mark.parametrize("correlation", [0.5, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_error_is_that_of_the_four_moments(seed: int, correlation: float) -> None:
    base, head = strategies(seed, correlation)
    error = hac_error(paired_returns(base, head))
    assert error == pytest.approx(error_by_the_matrix(base, head), rel=1e-8)


def test_the_difference_is_that_of_the_annualised_ratios() -> None:
    base, head = strategies(4, 0.9)
    expected = annualised_sharpe(head) - annualised_sharpe(base)
    assert hac_difference(base, head).difference == pytest.approx(expected, rel=1e-12)


def test_a_sharpe_ratio_is_annualised_by_252_days() -> None:
    base, _ = strategies(5, 0.9)
    expected = np.mean(base) / np.std(base, ddof=1) * math.sqrt(252)
    assert annualised_sharpe(base) == pytest.approx(expected, rel=1e-12)


def test_interval_and_p_are_those_of_the_normal_limit() -> None:
    found = hac_difference(*strategies(6, 0.9))
    half = 1.959964 * found.standard_error
    assert (found.low, found.high) == pytest.approx(
        (found.difference - half, found.difference + half), rel=1e-6
    )
    assert found.p == pytest.approx(2 * norm.sf(abs(found.difference) / found.standard_error))


def test_independent_days_have_the_error_of_their_mean() -> None:
    values = np.random.default_rng(7).standard_normal(100_000)
    assert long_run_variance(values - values.mean()) == pytest.approx(1.0, abs=0.03)


def test_dependent_days_have_the_long_run_variance_of_their_law() -> None:
    shocks = np.random.default_rng(8).standard_normal(100_000)
    values = np.zeros_like(shocks)
    for day in range(1, len(values)):
        values[day] = 0.5 * values[day - 1] + shocks[day]
    # 1 / (1 - 0.5)²
    assert long_run_variance(values - values.mean()) == pytest.approx(4.0, rel=0.05)


def test_a_trend_has_a_variance_all_the_same() -> None:
    assert 0 < long_run_variance(np.arange(252.0) - 125.5) < math.inf


def test_the_same_strategy_differs_by_nothing() -> None:
    base, _ = strategies(9, 0.9)
    assert astuple(hac_difference(base, base)) == (0.0, 0.0, 0.0, 1.0, 0.0, 0)


def test_the_same_strategy_with_leverage_differs_by_nothing() -> None:
    base, _ = strategies(9, 0.9)
    found = hac_difference(base, [3 * one for one in base])
    assert (found.difference, found.p) == (0.0, 1.0)


def test_strategies_that_hardly_differ_have_an_error_as_small_as_their_difference() -> None:
    errors = [
        hac_difference(*strategies(10, math.sqrt(1 - gap**2))).standard_error / gap
        for gap in (1e-2, 1e-4, 1e-6)
    ]
    assert errors == pytest.approx([errors[0]] * 3, rel=0.05)


def test_a_fee_on_every_day_is_a_certain_loss() -> None:
    base, _ = strategies(11, 0.9)
    found = hac_difference(base, [one - 0.0005 for one in base])
    assert found.high < 0
    assert found.p < 1e-6


def test_one_day_that_differs_is_no_evidence() -> None:
    base, _ = strategies(12, 0.9)
    assert hac_difference(base, [base[0] - 0.02, *base[1:]]).p > 0.2


def test_a_difference_without_spread_has_no_error() -> None:
    base = [0.01, -0.005] * 30
    with pytest.raises(ValueError, match="the same on every day"):
        hac_difference(base, [one + 0.001 for one in base])


@pytest.mark.parametrize("factor", [1e-300, 1e-9, 1e300])
def test_no_unit_overflows(factor: float) -> None:
    base, head = strategies(13, 0.9)
    plain = hac_difference(base, head)
    scaled = hac_difference([factor * one for one in base], [factor * one for one in head])
    assert astuple(scaled) == pytest.approx(astuple(plain), rel=1e-9)


@pytest.mark.parametrize(
    "base, head, message",
    [
        ([0.01, -0.01] * 10, [0.01, -0.01] * 11, "found 20 of base, 22 of head"),
        ([0.01] * 19, [0.01, *[0.0] * 18], "takes 20 days or more: base has 19"),
        ([0.01, -0.01] * 10, [0.01, math.nan] * 10, "head has nan at index 1"),
        ([math.inf, -0.01] * 10, [0.01, -0.01] * 10, "base has inf at index 0"),
        ([0.01, -0.01] * 10, [0.003] * 20, "all returns of head are the same"),
        ([0.0] * 20, [0.01, -0.01] * 10, "all returns of base are the same"),
        ([0.1, 0.1 + 1e-16] * 10, [0.01, -0.01] * 10, "all returns of base are the same"),
        ([0.1, 0.1 + 1e-9] * 10, [0.01, -0.01] * 10, "all returns of base are the same"),
        ([], [], "base has 0"),
    ],
)
def test_what_cannot_be_tested_is_refused(
    base: list[float], head: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        hac_difference(base, head)
