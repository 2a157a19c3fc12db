from __future__ import annotations

import math

import numpy as np
import pytest

from engine.stats.change_points import MAX_VALUES, Step, find_steps

SEED = 20_261_120


def noisy(levels: list[tuple[int, float]], spread: float = 0.01, seed: int = SEED) -> list[float]:
    """Levels that last so many values each, with normal noise."""
    rng = np.random.default_rng(seed)
    flat = np.repeat([level for _, level in levels], [count for count, _ in levels])
    return list(map(float, flat * np.exp(spread * rng.normal(size=flat.size))))


def places(values: list[float]) -> list[int]:
    return [step.index for step in find_steps(values)]


def test_a_step_of_three_per_cent_is_found_where_it_is() -> None:
    (step,) = find_steps(noisy([(120, 1.0), (80, 1.03)]))
    assert abs(step.index - 120) <= 3
    assert step.effect == pytest.approx(0.03, abs=0.005)


def test_the_effect_is_new_over_old_less_one_in_both_directions() -> None:
    steps = find_steps([100.0] * 10 + [80.0] * 10 + [100.0] * 10)
    assert steps == (Step(10, pytest.approx(-0.2)), Step(20, pytest.approx(0.25)))


def test_many_steps_close_together_are_all_found() -> None:
    levels = [(30, 1.0 + 0.1 * (number % 2)) for number in range(40)]
    found = places(noisy(levels))
    assert len(found) == 39
    assert all(min(abs(at - 30 * n) for n in range(1, 40)) <= 1 for at in found)


def test_steps_that_pass_for_persistent_noise_are_found_at_the_second_look() -> None:
    levels = [(25, 1.0 + 0.05 * (number % 2)) for number in range(30)]
    assert len(places(noisy(levels, 0.02))) == 29


def test_a_small_step_is_found_beside_a_large_one() -> None:
    found = places(noisy([(60, 1.0), (70, 1.03), (60, 2.0), (60, 2.08)], spread=0.007))
    assert [round(at / 5) * 5 for at in found] == [60, 130, 190]


@pytest.mark.parametrize("lasting", [1, 2])
@pytest.mark.parametrize("factor", [0.01, 0.5, 2.0, 1000.0])
def test_one_or_two_outliers_are_no_step(lasting: int, factor: float) -> None:
    values = noisy([(100, 1.0)])
    values[50 : 50 + lasting] = [factor] * lasting
    assert places(values) == []


def test_scattered_outliers_are_no_steps() -> None:
    values = noisy([(200, 1.0)])
    for place in range(7, 200, 13):
        values[place] *= 3
    assert places(values) == []


@pytest.mark.parametrize("end", [slice(0, 2), slice(-2, None)])
def test_two_outliers_at_an_end_are_no_step(end: slice) -> None:
    values = noisy([(100, 1.0)])
    values[end] = [2.0, 2.0]
    assert places(values) == []


def test_a_level_of_three_values_is_one_after_a_large_step() -> None:
    assert places(noisy([(40, 1.0), (3, 2.0)])) in ([], [40])
    assert places(noisy([(40, 1.0), (6, 2.0)])) == [40]


@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, 7, 100])
def test_a_constant_has_no_steps(count: int) -> None:
    assert places([0.1] * count) == []


def test_under_six_values_nothing_is_found() -> None:
    assert places([1.0, 1.0, 1.0, 9.0, 9.0]) == []


def test_a_step_between_exact_values_is_found_to_the_commit() -> None:
    assert find_steps([7.0] * 8 + [7.14] * 8) == (Step(8, pytest.approx(0.02)),)


def test_a_step_under_one_and_a_half_per_cent_is_not_named() -> None:
    assert places([1.0] * 50 + [1.0149] * 50) == []
    assert places([1.0] * 50 + [1.0151] * 50) == [50]


@pytest.mark.parametrize("spread", [0.001, 0.01, 0.05])
def test_noise_alone_is_no_step(spread: float) -> None:
    alarms = [places(noisy([(250, 1.0)], spread, seed)) for seed in range(40)]
    assert sum(map(len, alarms)) <= 1  # of 10,000 commits


def test_autocorrelated_noise_is_no_step() -> None:
    rng = np.random.default_rng(SEED)
    alarms = 0
    for _ in range(40):
        noise = rng.normal(size=250)
        for place in range(1, 250):
            noise[place] += 0.6 * noise[place - 1]
        alarms += len(places(list(map(float, np.exp(0.01 * noise)))))
    assert alarms <= 3  # of 10,000 commits


def test_a_clock_of_two_values_makes_no_steps() -> None:
    rng = np.random.default_rng(SEED)
    alarms = sum(
        len(places([100.0 + 2.0 * float(one) for one in rng.random(250) < 0.3])) for _ in range(40)
    )
    assert alarms <= 15  # of 10,000 commits; each jump alone would be thousands


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_level_is_refused_by_its_place(value: float) -> None:
    with pytest.raises(ValueError, match=r"value 3 is .*: levels are above 0 and finite"):
        find_steps([1.0, 1.0, 1.0, value, 1.0, 1.0, 1.0])


def test_too_long_a_history_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 50000 values; found 50001"):
        find_steps([1.0] * (MAX_VALUES + 1))


def test_values_whose_quotient_is_no_number_are_refused() -> None:
    with pytest.raises(ValueError, match="too far apart"):
        find_steps([1e-308] * 6 + [1e308] * 6)


@pytest.mark.parametrize("level", [5e-324, 1e-300, 1e300])
def test_any_unit_of_a_float_is_looked_at(level: float) -> None:
    assert places([level] * 10 + [level * 2] * 10) == [10]


@pytest.mark.parametrize("before, after", [(3, 3), (8, 40), (200, 5)])
def test_a_large_step_is_found_soon(before: int, after: int) -> None:
    assert places(noisy([(before, 1.0), (after, 2.0)], 0.003)) == [before]


def test_a_passing_level_of_eight_commits_is_two_steps() -> None:
    assert places(noisy([(40, 1.0), (8, 1.1), (40, 1.0)], 0.005)) == [40, 48]
