from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest

from engine.stats.sharpe import annualised_sharpe, hac_difference
from engine.stats.sharpe_bootstrap import (
    MAX_RESAMPLED_DAYS,
    bootstrap_difference,
    sharpe_difference,
)

YEAR = math.sqrt(252)


def strategies(
    seed: int, gap: float = 0.0, days: int = 250, drift: float = 0.1
) -> tuple[list[float], list[float]]:
    generator = np.random.default_rng(seed)
    base, other = generator.standard_t(5, (2, days))
    head = 0.99 * base + math.sqrt(1 - 0.99**2) * other
    return list(0.01 * (drift + base)), list(0.01 * (drift - gap + head))


def ratio(returns: np.ndarray) -> float:
    return float(returns.mean() / returns.std())


def influences(returns: np.ndarray) -> np.ndarray:
    units = (returns - returns.mean()) / returns.std()
    return np.asarray(units - ratio(returns) / 2 * (units**2 - 1))


def resampled_one_by_one(base: list[float], head: list[float], resamples: int) -> np.ndarray:
    """The paper's algorithm, day by day, with draws of its own."""
    generator = np.random.default_rng(99)
    both = np.array([base, head])
    days = both.shape[1]
    observed = ratio(both[1]) - ratio(both[0])
    found = []
    for _ in range(resamples):
        starts = generator.integers(days, size=days // 5)
        drawn = both[:, ((starts[:, None] + np.arange(5)) % days).ravel()]
        parts = influences(drawn[1]) - influences(drawn[0])
        blocks = parts.reshape(-1, 5).sum(axis=1) / math.sqrt(5)
        error = math.sqrt(np.mean(blocks**2) / drawn.shape[1])
        found.append(abs(ratio(drawn[1]) - ratio(drawn[0]) - observed) / error)
    return np.sort(found)


@pytest.mark.parametrize("gap, drift", [(0.01, 0.1), (0.02, 0.1), (0.0, 3.0), (0.2, -1.0)])
def test_it_is_the_studentised_block_bootstrap(gap: float, drift: float) -> None:
    base, head = strategies(1, gap, drift=drift)
    found = bootstrap_difference(base, head, seed=1)
    distances = resampled_one_by_one(base, head, 2000)
    distance = abs(found.difference) / found.standard_error
    assert found.p == pytest.approx(np.mean(distances >= distance), abs=0.025)
    critical = (found.high - found.difference) / found.standard_error
    assert critical == pytest.approx(distances[1900], abs=0.15)


def test_difference_and_error_are_those_of_the_normal_limit() -> None:
    base, head = strategies(2)
    limit, found = hac_difference(base, head), bootstrap_difference(base, head, seed=1)
    assert (found.difference, found.standard_error) == (limit.difference, limit.standard_error)


def test_the_interval_excludes_zero_where_p_is_small_and_only_there() -> None:
    found = [bootstrap_difference(*strategies(seed, 0.013), seed=1) for seed in range(30)]
    agreeing = [(one.p <= 0.05) == (one.low > 0 or one.high < 0) for one in found]
    assert all(agreeing)
    assert len({one.p <= 0.05 for one in found}) == 2


def test_the_same_seed_gives_the_same_answer() -> None:
    base, head = strategies(3)
    assert bootstrap_difference(base, head, 7) == bootstrap_difference(base, head, 7)
    assert bootstrap_difference(base, head, 7) != bootstrap_difference(base, head, 8)


def test_close_to_the_line_it_decides() -> None:
    close = [
        (limit.p, sharpe_difference(base, head, 1).resamples)
        for seed in range(40)
        for base, head in [strategies(seed, 0.013)]
        for limit in [hac_difference(base, head)]
    ]
    assert all((resamples > 0) == (0.005 <= p <= 0.10) for p, resamples in close)
    assert {bool(resamples) for _, resamples in close} == {True, False}


def test_of_very_many_days_the_normal_limit_is_left_to_decide() -> None:
    base, head = next(
        (base, head)
        for seed in range(100)
        for base, head in [strategies(seed, days=MAX_RESAMPLED_DAYS + 1)]
        if 0.005 <= hac_difference(base, head).p <= 0.10
    )
    assert sharpe_difference(base, head, 1).resamples == 0


def test_the_same_strategy_differs_by_nothing() -> None:
    base, _ = strategies(4)
    assert astuple(bootstrap_difference(base, base, 1, 999)) == (0.0, 0.0, 0.0, 1.0, 0.0, 999)


def test_resamples_without_a_day_that_differs_count_against() -> None:
    base, _ = strategies(5)
    head = [one - 0.02 * (day == 100) for day, one in enumerate(base)]
    found = bootstrap_difference(base, head, 1)
    assert found.p > 0.3
    assert found.high < found.difference + 11 * found.standard_error


def test_a_strategy_of_one_trade_has_finite_limits() -> None:
    base = [0.05 * (day == 50) for day in range(250)]
    head = [0.04 * (day == 51) - 0.01 * (day == 9) for day in range(250)]
    found = bootstrap_difference(base, head, 1, 999)
    assert all(map(math.isfinite, astuple(found)))
    # Some 36 % of the resamples miss the base's only trade, and say nothing.
    assert found.p > 0.36


def test_too_few_resamples_are_refused() -> None:
    with pytest.raises(ValueError, match="999"):
        bootstrap_difference(*strategies(6), seed=1, resamples=998)


def test_the_interval_is_about_the_annual_difference() -> None:
    base, head = strategies(7)
    found = bootstrap_difference(base, head, 1)
    expected = annualised_sharpe(head) - annualised_sharpe(base)
    assert (found.low + found.high) / 2 == pytest.approx(expected, rel=1e-9)
