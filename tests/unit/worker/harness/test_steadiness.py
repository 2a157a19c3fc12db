from __future__ import annotations

from random import Random

import pytest

from worker.harness.steadiness import warm_up_left


def noise(count: int, sd: float, seed: int) -> list[float]:
    draw = Random(seed)
    return [1 + draw.gauss(0, sd) for _ in range(count)]


@pytest.mark.parametrize("factor", [1.3, 0.7])
@pytest.mark.parametrize("before", [2, 5, 7])
def test_an_early_step_is_found_where_it_is(before: int, factor: float) -> None:
    samples = noise(15, 0.005, seed=before)
    stepped = [one * factor for one in samples[:before]] + samples[before:]
    assert warm_up_left(stepped) == before


def test_a_late_step_is_no_warm_up() -> None:
    samples = noise(15, 0.005, seed=1)
    assert warm_up_left(samples[:11] + [one * 0.7 for one in samples[11:]]) is None


def test_a_level_that_falls_to_the_end_is_not_steady() -> None:
    assert warm_up_left([1.0 - 0.01 * place for place in range(15)]) is not None


def test_a_small_step_does_not_matter() -> None:
    assert warm_up_left([1.015] * 5 + [1.0] * 10) is None


def test_noise_is_rarely_taken_for_warm_up() -> None:
    found = sum(warm_up_left(noise(15, 0.05, seed)) is not None for seed in range(1000))
    assert found < 10


@pytest.mark.parametrize("samples", [[], [1.0], [1.0, 2.0], [0.0] * 15, [1.0] * 15])
def test_few_or_equal_samples_are_steady(samples: list[float]) -> None:
    assert warm_up_left(samples) is None
