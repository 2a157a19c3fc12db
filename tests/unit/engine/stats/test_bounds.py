from __future__ import annotations

import math

import pytest

from engine.stats.bounds import bound_outcome, t_interval
from engine.values import Better, Outcome


def test_one_value_has_no_interval() -> None:
    with pytest.raises(ValueError, match="two values"):
        t_interval([1.0])


@pytest.mark.parametrize(
    "levels, outcome",
    [
        ([0.080] * 12, Outcome.REGRESSION),
        ([0.070] * 12, Outcome.PASS),
        ([0.060] * 12, Outcome.PASS),
        ([0.069, 0.072] * 6, Outcome.INCONCLUSIVE),
        ([0.080] * 4, Outcome.INCONCLUSIVE),
    ],
)
def test_an_absolute_bound_is_judged_by_the_interval_of_heads_mean(
    levels: list[float], outcome: Outcome
) -> None:
    assert bound_outcome(levels, 0.070) is outcome


@pytest.mark.parametrize("scale", [1e-149, 1e-9, 1e9, 1e150])
@pytest.mark.parametrize(
    "part, outcome", [(0.5, Outcome.PASS), (1.0, Outcome.PASS), (1.2, Outcome.REGRESSION)]
)
def test_a_bound_is_judged_alike_at_any_scale(scale: float, part: float, outcome: Outcome) -> None:
    levels = [part * scale / 1.2] * 6
    assert bound_outcome(levels, scale / 1.2) is outcome


def test_levels_far_beyond_a_bound_do_not_overflow() -> None:
    assert bound_outcome([1.7e308, 1e200, 1e300, 1e305, 1.6e308], 5e-324) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "levels, outcome",
    [
        ([80.0] * 12, Outcome.PASS),
        ([70.0] * 12, Outcome.PASS),
        ([60.0] * 12, Outcome.REGRESSION),
        ([69.0, 72.0] * 6, Outcome.INCONCLUSIVE),
    ],
)
def test_where_higher_is_better_the_bound_is_a_lower_one(
    levels: list[float], outcome: Outcome
) -> None:
    assert bound_outcome(levels, 70.0, Better.HIGHER) is outcome


@pytest.mark.parametrize("numbers", [([math.nan] * 5, 1.0), ([1.0] * 5, math.inf)])
def test_a_bound_of_what_is_not_finite_is_refused(numbers: tuple[list[float], float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        bound_outcome(*numbers)
