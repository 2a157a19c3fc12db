from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.stats.change_points import MIN_EFFECT, find_steps

level = st.floats(1e-3, 1e3)
anything = st.lists(level, max_size=60)


@st.composite
def stepped(draw: st.DrawFn) -> list[float]:
    """Noisy levels that last a while each."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lasting = draw(st.lists(st.integers(3, 40), min_size=1, max_size=4))
    heights = draw(st.lists(st.floats(0.5, 2.0), min_size=len(lasting), max_size=len(lasting)))
    spread = draw(st.sampled_from([0.0, 0.003, 0.02]))
    flat = np.repeat(heights, lasting)
    return list(map(float, flat * np.exp(spread * rng.normal(size=flat.size))))


histories = st.one_of(anything, stepped())


@given(histories)
@settings(max_examples=150, deadline=None)
def test_every_level_lasts_three_values_and_every_step_is_large_enough(
    values: list[float],
) -> None:
    steps = find_steps(values)
    ends = [0, *(step.index for step in steps), len(values)]
    assert not steps or min(after - before for before, after in pairwise(ends)) >= 3
    assert all(abs(step.effect) >= MIN_EFFECT for step in steps)


@given(histories)
@settings(max_examples=100, deadline=None)
def test_an_effect_is_the_quotient_of_the_medians(values: list[float]) -> None:
    steps = find_steps(values)
    ends = [0, *(step.index for step in steps), len(values)]
    logs = [float(np.median(np.log(values[a:b]))) for a, b in pairwise(ends)] if values else []
    found = [math.log1p(step.effect) for step in steps]
    assert np.allclose(found, np.diff(logs), atol=1e-9)


@given(histories, st.integers(-40, 40))
@settings(max_examples=100, deadline=None)
def test_the_unit_does_not_matter(values: list[float], power: int) -> None:
    scaled = find_steps([value * 2.0**power for value in values])
    found = find_steps(values)
    # Logarithms of scaled values are rounded anew, so only ties may fall otherwise.
    assert abs(len(scaled) - len(found)) <= 1


@given(stepped(), st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_one_more_outlier_alone_makes_no_step_of_a_constant(values: list[float], at: int) -> None:
    constant = [values[0]] * len(values)
    constant[at % len(values)] *= 50
    assert find_steps(constant) == ()


@given(histories)
@settings(max_examples=50, deadline=None)
def test_asking_again_gives_the_same(values: list[float]) -> None:
    assert find_steps(values) == find_steps(list(values))
