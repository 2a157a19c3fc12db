from __future__ import annotations

import math

import pytest
from scipy.stats import binomtest

from engine.stats.proportions import at_most, lower_limit, mcnemar, upper_limit

SHARES = [(0, 10), (1, 10), (5, 10), (9, 10), (10, 10), (3, 1000), (0, 1)]


def by_counting(successes: int, runs: int, rate: float) -> float:
    return math.fsum(
        math.comb(runs, one) * rate**one * (1 - rate) ** (runs - one)
        for one in range(successes + 1)
    )


@pytest.mark.parametrize("successes, runs", SHARES)
@pytest.mark.parametrize("rate", [0.0, 0.01, 0.75, 1.0])
def test_at_most_is_the_sum_of_the_binomial(successes: int, runs: int, rate: float) -> None:
    assert at_most(successes, runs, rate) == pytest.approx(by_counting(successes, runs, rate))


@pytest.mark.parametrize("successes, runs", SHARES)
def test_limits_are_those_of_clopper_and_pearson(successes: int, runs: int) -> None:
    # A two-sided 90 % interval has the one-sided 95 % limits.
    expected = binomtest(successes, runs).proportion_ci(0.90, method="exact")
    found = lower_limit(successes, runs), upper_limit(successes, runs)
    assert found == pytest.approx((expected.low, expected.high), rel=1e-9)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_at_a_limit_the_tail_is_what_confidence_leaves(confidence: float) -> None:
    high, low = upper_limit(3, 40, confidence), lower_limit(3, 40, confidence)
    assert at_most(3, 40, high) == pytest.approx(1 - confidence)
    assert 1 - at_most(2, 40, low) == pytest.approx(1 - confidence)


def test_of_no_runs_nothing_is_known() -> None:
    assert (lower_limit(0, 0), upper_limit(0, 0)) == (0.0, 1.0)


@pytest.mark.parametrize("only_base, only_head", [(6, 0), (0, 6), (8, 1), (3, 3), (0, 1), (20, 7)])
def test_mcnemar_is_the_exact_sign_test_of_those_that_changed(
    only_base: int, only_head: int
) -> None:
    expected = binomtest(only_base, only_base + only_head, 0.5).pvalue
    assert mcnemar(only_base, only_head) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("successes, runs, rate", [(-1, 5, 0.5), (6, 5, 0.5), (1, 5, 1.5)])
def test_what_is_no_share_is_refused(successes: int, runs: int, rate: float) -> None:
    for function in (at_most, lower_limit, upper_limit):
        with pytest.raises(ValueError, match="is no share"):
            function(successes, runs, rate)


def test_a_rate_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="is no share"):
        at_most(1, 5, math.nan)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="is no share"):
        mcnemar(-1, 3)
