from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.stats.deflated_sharpe import deflated_sharpe, effective_trials
from engine.stats.multiplicity import benjamini_hochberg, holm
from engine.stats.order_statistics import quantile_limits
from engine.stats.proportions import at_most, lower_limit, mcnemar, upper_limit
from engine.stats.signed_rank import signed_rank

SHARE = st.integers(0, 400).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs)))
P_VALUES = st.lists(st.floats(0, 1), max_size=30)
LEVEL = st.floats(0.001, 0.2)
CHANGES = st.lists(st.integers(-20, 20).map(float), max_size=60)


@given(SHARE)
def test_the_share_lies_between_its_limits(share: tuple[int, int]) -> None:
    successes, runs = share
    assert lower_limit(successes, runs) * runs <= successes <= upper_limit(successes, runs) * runs


@given(SHARE)
def test_failures_have_the_mirrored_limits(share: tuple[int, int]) -> None:
    successes, runs = share
    mirrored = 1 - lower_limit(runs - successes, runs)
    assert upper_limit(successes, runs) == pytest.approx(mirrored, abs=1e-9)


@given(SHARE, st.floats(0, 1))
def test_a_rate_is_doubted_exactly_when_it_is_over_the_upper_limit(
    share: tuple[int, int], rate: float
) -> None:
    limit = upper_limit(*share)
    if not math.isclose(rate, limit, abs_tol=1e-9):
        assert (at_most(*share, rate) < 0.05) == (rate > limit)


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_takes_no_side(one: int, other: int) -> None:
    assert mcnemar(one, other) == mcnemar(other, one)
    assert 0 < mcnemar(one, other) <= 1


@given(P_VALUES, LEVEL)
def test_what_holm_turns_red_is_on_the_advisory_list(p_values: list[float], level: float) -> None:
    red, advisory = holm(p_values, level), benjamini_hochberg(p_values, level)
    assert all(listed for fallen, listed in zip(red, advisory, strict=True) if fallen)


@given(P_VALUES, LEVEL, st.randoms())
def test_the_order_of_hypotheses_does_not_matter(
    p_values: list[float], level: float, shuffler: st.Random
) -> None:
    order = list(range(len(p_values)))
    shuffler.shuffle(order)
    shuffled = [p_values[place] for place in order]
    for procedure in (holm, benjamini_hochberg):
        found = procedure(p_values, level)
        assert procedure(shuffled, level) == tuple(found[place] for place in order)


@given(P_VALUES, LEVEL, st.integers(0, 50))
def test_a_larger_family_never_falls_more(p_values: list[float], level: float, more: int) -> None:
    small, large = holm(p_values, level), holm(p_values, level, len(p_values) + more)
    assert sum(large) <= sum(small)


@given(CHANGES)
def test_the_signed_rank_test_takes_no_side(changes: list[float]) -> None:
    assert signed_rank(changes) == signed_rank([-one for one in changes])
    assert 0 < signed_rank(changes) <= 1


@given(CHANGES, st.floats(1e-6, 1e6))
def test_the_signed_rank_test_has_no_unit(changes: list[float], factor: float) -> None:
    assert signed_rank([factor * one for one in changes]) == signed_rank(changes)


@given(st.lists(st.floats(0, 1e6), max_size=300), st.floats(0.05, 0.95))
def test_limits_of_a_quantile_are_values_in_order(values: list[float], quantile: float) -> None:
    low, high = quantile_limits(values, quantile)
    assert all(limit is None or limit in values for limit in (low, high))
    if low is not None and high is not None:
        assert low <= high


@given(st.integers(1, 12), st.integers(0, 2**32))
def test_trials_count_for_one_at_least_and_for_all_at_most(trials: int, seed: int) -> None:
    shuffled = [
        [math.sin(seed * (row + 1) * (day + 1)) for day in range(30)] for row in range(trials)
    ]
    assert 1 - 1e-12 <= effective_trials(shuffled) <= trials


@given(st.floats(0, 0.1), st.floats(1, 1e6), st.floats(1, 1e6))
def test_more_trials_never_raise_the_deflated_ratio(
    variance: float, one: float, other: float
) -> None:
    returns = [0.012, -0.008, 0.001] * 50
    few, many = sorted((one, other))
    assert deflated_sharpe(returns, variance, few) >= deflated_sharpe(returns, variance, many)
