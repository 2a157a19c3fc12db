from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from engine.stats.order_statistics import limit_ranks, quantile_limits


@pytest.mark.parametrize(
    "count, rank", [(1, None), (2, 1), (10, 7), (20, 16), (50, 41), (200, 173)]
)
def test_the_lower_limit_of_a_90th_centile_is_this_value(count: int, rank: int | None) -> None:
    assert limit_ranks(count)[0] == rank


@pytest.mark.parametrize("count, rank", [(0, None), (28, None), (29, 29), (46, 45), (200, 188)])
def test_the_upper_limit_of_a_90th_centile_is_this_value(count: int, rank: int | None) -> None:
    assert limit_ranks(count)[1] == rank


@pytest.mark.parametrize("count", [5, 29, 100, 333])
@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_limits_hold_with_confidence_and_the_next_ones_would_not(
    count: int, quantile: float
) -> None:
    low, high = limit_ranks(count, quantile)
    below = binom(count, quantile)
    if low is not None:
        assert below.sf(low - 1) >= 0.95 > below.sf(low)
    if high is not None:
        assert below.cdf(high - 1) >= 0.95 > below.cdf(high - 2)


def test_limits_of_simulated_runs_hold_as_often_as_they_say() -> None:
    runs = np.random.default_rng(1).exponential(size=(4000, 40))
    limits = [quantile_limits(list(one)) for one in runs]
    true = math.log(10)
    assert np.mean([one.low is not None and one.low <= true for one in limits]) >= 0.945
    assert np.mean([one.high is not None and one.high >= true for one in limits]) >= 0.945


def test_limits_are_values_whatever_their_order() -> None:
    assert quantile_limits([5.0, 3.0, 9.0, 1.0, 7.0, 2.0, 8.0, 4.0, 10.0, 6.0]).low == 7.0


def test_a_run_that_never_ended_counts_as_the_slowest() -> None:
    assert quantile_limits([1.0] * 28 + [math.inf]).high == math.inf


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="nan"):
        quantile_limits([1.0, math.nan])


@pytest.mark.parametrize(
    "count, quantile, confidence", [(-1, 0.9, 0.95), (5, 1.0, 0.95), (5, 0.9, 0.0)]
)
def test_what_is_no_quantile_is_refused(count: int, quantile: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="no limits"):
        limit_ranks(count, quantile, confidence)
