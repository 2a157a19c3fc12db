from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from engine.stats.clock import choose_clock
from engine.stats.levels import level, mean, worst_of_twenty
from engine.stats.prospects import further_pairs, smallest_visible
from engine.values import Better


def test_a_launch_without_samples_has_no_level() -> None:
    with pytest.raises(ValueError, match="found 0"):
        level((), Better.LOWER)


@pytest.mark.parametrize("reduce", [mean, lambda values: level(values, Better.LOWER)])
def test_a_sample_that_is_not_finite_gives_no_level(
    reduce: Callable[[tuple[float, ...]], float],
) -> None:
    with pytest.raises(ValueError, match="finite"):
        reduce((1.0, math.nan))


def test_on_a_dedicated_machine_the_mean_of_the_better_half_is_the_level() -> None:
    assert level((5.0, 1.0, 2.0, 3.0, 9.0), Better.LOWER, dedicated=True) == 2.0
    assert level((5.0, 1.0, 2.0, 3.0, 9.0), Better.HIGHER, dedicated=True) == pytest.approx(17 / 3)


def test_the_95th_centile_counts_from_the_better_end() -> None:
    twenty = [float(n) for n in range(1, 21)]

    assert worst_of_twenty(twenty, Better.LOWER) == 19.0
    assert worst_of_twenty(twenty, Better.HIGHER) == 2.0


@pytest.mark.parametrize(
    "base, head, clock",
    [
        ([1.0, 0.98], [0.99, 1.0], "cpu"),
        ([1.0, 0.97], [0.99, 1.0], "wall"),
        ([1.0, 1.0], [0.6, 0.6], "wall"),
        ([1.0, 1.0], [0.984, 0.984], "wall"),
        ([1.9, 1.9], [1.9, 1.9], "cpu"),
        ([1.0, math.nan], [1.0, 1.0], "wall"),
        ([], [1.0], "wall"),
    ],
)
def test_cpu_time_decides_only_where_both_sides_compute_all_the_time(
    base: list[float], head: list[float], clock: str
) -> None:
    assert choose_clock(base, head, max_worsening=0.03) == clock


def test_the_smallest_visible_change_shrinks_with_the_root_of_the_pairs() -> None:
    assert smallest_visible(0.02, 36) == pytest.approx(smallest_visible(0.02, 9) / 2)


@pytest.mark.parametrize(
    "sd, pairs, further",
    [(0.01, 5, 3), (0.03, 18, 9), (0.03, 36, 4), (0.03, 60, None), (0.06, 36, 65), (1e9, 5, None)],
)
def test_further_pairs_are_rounded_up_to_a_look(sd: float, pairs: int, further: int | None) -> None:
    assert further_pairs(sd, 0.0296, pairs) == further
