from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from engine.stats.change_points import _agreed
from engine.stats.history_noise import HistoryNoise, history_noise, pulled_in
from engine.stats.rank_pelt import least_squares_partition, rank_pelt
from engine.stats.step_fit import step_fit
from engine.stats.t_windows import t_windows

QUIET = HistoryNoise(0.01, 1.0)


def brute_force(values: np.ndarray, penalty: float) -> tuple[int, ...]:
    """Try every partition into segments of three values and more."""
    best = {0: (-penalty, ())}
    for end in range(3, values.size + 1):
        tried = []
        for start, (cost, points) in best.items():
            if end - start >= 3:
                part = values[start:end]
                within = float(((part - part.mean()) ** 2).sum())
                tried.append((cost + within + penalty, (*points, start) if start else ()))
        best[end] = min(tried)
    return best[values.size][1]


@pytest.mark.parametrize("seed", range(20))
def test_the_partition_is_the_best_there_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=30) + np.repeat(rng.normal(size=3) * 3, 10)
    assert least_squares_partition(values, 8.0) == brute_force(values, 8.0)


def test_rank_pelt_sees_the_order_alone() -> None:
    rng = np.random.default_rng(1)
    values = np.concatenate((rng.normal(size=40), 3 + rng.normal(size=40)))
    assert rank_pelt(np.exp(values), 1.0) == rank_pelt(rankdata(values), 1.0) == (40,)


@pytest.mark.parametrize("lasting", [1, 2, 3])
def test_a_step_fit_does_not_follow_a_burst(lasting: int) -> None:
    logs = np.zeros(60)
    logs[30 : 30 + lasting] = 5.0
    assert step_fit(logs, QUIET) == ()


def test_a_step_fit_asks_more_where_noise_persists() -> None:
    logs = np.concatenate((np.zeros(8), np.full(8, 0.03)))
    assert step_fit(logs, QUIET) == (8,)
    assert step_fit(logs, HistoryNoise(0.01, 6.0)) == ()


def test_t_windows_find_a_small_step_over_many_values() -> None:
    rng = np.random.default_rng(3)
    logs = 0.02 * rng.normal(size=200)
    logs[100:] += 0.03
    (point,) = t_windows(logs, HistoryNoise(0.02, 1.0))
    assert abs(point - 100) <= 8


def test_t_windows_ask_more_where_noise_persists() -> None:
    logs = np.concatenate((np.zeros(8), np.full(8, 0.03)))
    assert t_windows(logs, QUIET) == (8,)
    assert t_windows(logs, HistoryNoise(0.01, 6.0)) == ()


def test_a_step_leaves_the_measured_noise_alone() -> None:
    rng = np.random.default_rng(4)
    noise = 0.01 * rng.normal(size=300)
    stepped = noise + np.repeat([0.0, 0.1, 0.3], 100)
    assert history_noise(stepped, stepped).spread == pytest.approx(0.01, rel=0.15)
    assert history_noise(stepped, stepped).inflation < 2


def test_persistent_noise_is_measured_as_such() -> None:
    rng = np.random.default_rng(5)
    noise = 0.01 * rng.normal(size=2000)
    for place in range(1, 2000):
        noise[place] += 0.7 * noise[place - 1]
    assert history_noise(noise, noise).inflation > 2.5


def test_outliers_are_pulled_in_and_steps_stay() -> None:
    logs = np.concatenate((np.zeros(20), np.ones(20)))
    logs[10] = 9.0
    assert pulled_in(logs, 0.01).tolist() == [*[0.0] * 10, 0.03, *[0.0] * 9, *[1.0] * 20]


def test_one_voice_alone_is_no_step() -> None:
    assert list(_agreed(((10,), (50,), (90,)))) == []


def test_one_method_naming_two_near_points_has_one_voice() -> None:
    assert list(_agreed(((10, 13), (), ()))) == []


def test_the_ends_of_a_short_level_are_not_taken_for_one_step() -> None:
    assert list(_agreed(((40, 44), (40, 44), (41, 44)))) == [(40, 41), (44, 44)]
