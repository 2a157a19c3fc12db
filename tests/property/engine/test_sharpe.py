from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.stats.sharpe import SharpeDifference, hac_difference
from engine.stats.sharpe_bootstrap import bootstrap_difference, sharpe_difference

Sides = tuple[list[float], list[float]]


@st.composite
def strategies(draw: st.DrawFn) -> Sides:
    """Daily returns of two strategies of any likeness, drift and tails, on 20 to 300 days."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    days = draw(st.integers(20, 300))
    gap = draw(st.sampled_from([1.0, 0.3, 0.03, 1e-3, 1e-6]))
    base, other = generator.standard_t(draw(st.sampled_from([3, 5, 50])), (2, days))
    base = base + draw(st.floats(-0.5, 0.5))
    head = base + gap * (other + draw(st.floats(-0.5, 0.5)))
    return list(0.01 * base), list(0.01 * head)


@given(strategies())
def test_swapping_the_sides_mirrors_the_test(sides: Sides) -> None:
    base, head = sides
    there, back = sharpe_difference(base, head, 1), sharpe_difference(head, base, 1)
    mirrored = SharpeDifference(
        -back.difference, -back.high, -back.low, back.p, back.standard_error, back.resamples
    )
    assert astuple(there) == pytest.approx(astuple(mirrored), rel=1e-9)


@given(strategies(), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_leverage_of_either_side_changes_nothing(sides: Sides, one: float, two: float) -> None:
    base, head = sides
    plain = hac_difference(base, head)
    scaled = hac_difference([one * day for day in base], [two * day for day in head])
    assert astuple(scaled) == pytest.approx(astuple(plain), rel=1e-6, abs=1e-9)


@given(strategies())
def test_turning_both_strategies_round_mirrors_the_test(sides: Sides) -> None:
    base, head = sides
    there = hac_difference(base, head)
    short = hac_difference([-day for day in base], [-day for day in head])
    assert short.difference == pytest.approx(-there.difference, rel=1e-9)
    assert short.p == pytest.approx(there.p, rel=1e-9)


@given(strategies())
def test_the_interval_holds_the_difference_and_p_is_a_probability(sides: Sides) -> None:
    found = sharpe_difference(*sides, seed=1)
    assert found.low <= found.difference <= found.high
    assert 0 <= found.p <= 1


@given(strategies())
def test_zero_is_outside_the_interval_where_p_is_below_five_percent(sides: Sides) -> None:
    found = sharpe_difference(*sides, seed=1)
    assert (found.low > 0 or found.high < 0) == (found.p <= 0.05)


@given(strategies(), st.integers(0, 2**63))
def test_any_seed_gives_an_answer_close_to_any_other(sides: Sides, seed: int) -> None:
    one, other = (bootstrap_difference(*sides, seed=key, resamples=999) for key in (0, seed))
    assert one.p == pytest.approx(other.p, abs=0.12)
