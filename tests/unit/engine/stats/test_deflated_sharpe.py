from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kurtosis, norm, skew

from engine.stats.deflated_sharpe import (
    deflated_sharpe,
    effective_trials,
    expected_maximum,
    probabilistic_sharpe,
)

YEAR = 250  # days, in the paper's example


@pytest.mark.parametrize("trials, deflated", [(100, 0.9004), (46, 0.9505)])
def test_the_example_of_the_paper_comes_out(trials: int, deflated: float) -> None:
    threshold = expected_maximum(0.5 / YEAR, trials)
    found = probabilistic_sharpe(
        2.5 / math.sqrt(YEAR), threshold, days=1250, skewness=-3, kurtosis=10
    )
    assert found == pytest.approx(deflated, abs=1e-4)


def test_with_normal_returns_fewer_trials_are_needed_to_doubt() -> None:
    found = probabilistic_sharpe(
        2.5 / math.sqrt(YEAR), expected_maximum(0.5 / YEAR, 88), days=1250, skewness=0, kurtosis=3
    )
    assert found == pytest.approx(0.9505, abs=2e-3)


@pytest.mark.parametrize("trials", [10, 100, 1000])
def test_the_expected_maximum_is_that_of_simulated_trials(trials: int) -> None:
    drawn = np.random.default_rng(1).standard_normal((4000, trials)) * 0.05
    assert expected_maximum(0.05**2, trials) == pytest.approx(drawn.max(axis=1).mean(), rel=0.03)


@pytest.mark.parametrize("trials", [1, 1.0, 1.1, 1.2])
def test_of_hardly_more_than_one_trial_nothing_is_deflated(trials: float) -> None:
    assert expected_maximum(0.01, trials) == 0.0


def test_moments_are_those_of_the_returns_with_raw_kurtosis() -> None:
    returns = np.random.default_rng(2).standard_t(4, 500) * 0.01 + 0.0008
    ratio = returns.mean() / returns.std(ddof=1)
    threshold = expected_maximum(0.001, 20)
    raw = kurtosis(returns, fisher=False)
    spread = math.sqrt(1 - skew(returns) * ratio + (raw - 1) / 4 * ratio**2)
    expected = norm.cdf((ratio - threshold) * math.sqrt(499) / spread)
    assert deflated_sharpe(list(returns), 0.001, 20) == pytest.approx(expected, rel=1e-9)


def test_more_trials_make_the_winner_less_certain() -> None:
    returns = list(np.random.default_rng(3).standard_normal(500) * 0.01 + 0.001)
    found = [deflated_sharpe(returns, 0.002, trials) for trials in (1, 2, 10, 100, 1e6)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 2 * found[-1]


def test_effective_trials_follow_the_mean_correlation() -> None:
    trials = np.random.default_rng(4).standard_normal((20, 300))
    trials += 2 * trials[0]
    correlations = np.corrcoef(trials)
    mean = correlations[~np.eye(20, dtype=bool)].mean()
    assert effective_trials(trials.tolist()) == pytest.approx(mean + (1 - mean) * 20, rel=1e-9)


def test_independent_trials_count_in_full() -> None:
    trials = np.random.default_rng(5).standard_normal((30, 5000))
    assert effective_trials(trials.tolist()) == pytest.approx(30, abs=0.5)


def test_a_trial_that_never_traded_is_correlated_with_none() -> None:
    moving = [0.01, -0.01, 0.02, 0.0]
    # One pair of six correlates, in one of three pairs of trials.
    assert effective_trials([moving, moving, [0.0] * 4]) == pytest.approx(1 / 3 + 2 / 3 * 3)


@pytest.mark.parametrize("factor", [1e-300, 1e300])
def test_no_unit_overflows(factor: float) -> None:
    trials = np.random.default_rng(6).standard_normal((5, 100))
    scaled = (trials * factor).tolist()
    assert effective_trials(scaled) == pytest.approx(effective_trials(trials.tolist()))
    assert deflated_sharpe(scaled[0], 0.01, 5) == pytest.approx(
        deflated_sharpe(trials.tolist()[0], 0.01, 5)
    )


@pytest.mark.parametrize("trials", [[], [[0.1]], [[0.1, 0.2], [0.1]], [[0.1, math.nan]]])
def test_what_are_no_trials_is_refused(trials: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="trial"):
        effective_trials(trials)


@pytest.mark.parametrize(
    "returns", [[0.01] * 100, [0.01, -0.01] * 9, [0.01, math.inf] * 20, [0.0] * 30]
)
def test_what_has_no_ratio_is_refused(returns: list[float]) -> None:
    with pytest.raises(ValueError, match="the winner"):
        deflated_sharpe(returns, 0.01, 5)


@pytest.mark.parametrize(
    "variance, trials", [(-0.1, 5), (0.1, 0.5), (math.nan, 5), (0.1, math.nan), (0.1, math.inf)]
)
def test_what_is_no_number_of_trials_is_refused(variance: float, trials: float) -> None:
    with pytest.raises(ValueError, match="variance is 0 or more"):
        expected_maximum(variance, trials)
