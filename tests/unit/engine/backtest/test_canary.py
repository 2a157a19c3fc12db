"""The look-ahead canary finds strategies that read ahead, and no others."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from engine.backtest.bars import Bars
from engine.backtest.canary import altered, look_ahead
from engine.backtest.signals import Signals

DAYS = np.datetime64("2020-01-01") + np.arange(300)


def walk(assets: int = 1) -> Bars:
    random = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(0.01 * random.standard_normal((DAYS.size, assets)), axis=0))
    wide = np.abs(0.01 * random.standard_normal(close.shape))
    return Bars(
        times=DAYS.astype("datetime64[ns]"),
        symbols=tuple("ABCDE"[:assets]),
        open=close,
        high=close * (1 + wide),
        low=close * (1 - wide),
        close=close,
        volume=np.full(close.shape, 1e6),
    )


def test_a_moving_average_of_the_past_does_not_leak() -> None:
    def decide(bars: Bars) -> Signals:
        sums = np.cumsum(bars.close, axis=0)
        mean = np.full(bars.close.shape, np.inf)
        mean[9:] = (sums[9:] - np.vstack([np.zeros((1, bars.width)), sums[:-10]])) / 10
        return Signals.of(bars.close > mean, bars.close < mean)

    assert look_ahead(decide, walk(2), seed=1).leak is None


def test_a_strategy_that_reads_the_next_close_is_caught_with_its_first_date() -> None:
    def decide(bars: Bars) -> Signals:
        ahead = np.vstack([bars.close[1:], bars.close[-1:]])
        entries = ahead > bars.close
        entries[:120] = False
        return Signals.of(entries)

    found = look_ahead(decide, walk(), seed=1)

    assert found.leak is not None
    assert found.leak.date == str(DAYS[120])
    assert found.leak.unaltered_until == found.leak.date


def test_a_leak_of_one_asset_names_it() -> None:
    def decide(bars: Bars) -> Signals:
        entries = np.zeros(bars.close.shape, dtype=bool)
        entries[:-1, 1] = bars.close[1:, 1] > bars.close[:-1, 1]
        return Signals.of(entries)

    leak = look_ahead(decide, walk(3), seed=1).leak

    assert leak is not None
    assert leak.symbol == "B"


def test_a_mean_over_all_bars_leaks_even_if_only_sizes_depend_on_it() -> None:
    def decide(bars: Bars) -> Signals:
        held = np.ones(bars.close.shape)
        held[50] = bars.close.mean()
        return Signals.targets(held)

    leak = look_ahead(decide, walk(), seed=1).leak

    assert leak is not None
    assert leak.date == str(DAYS[50])


def test_a_strategy_that_is_not_reproducible_is_not_called_a_leak() -> None:
    calls = count()

    def decide(bars: Bars) -> Signals:
        entries = np.zeros(bars.close.shape, dtype=bool)
        entries[next(calls)] = True
        return Signals.of(entries)

    found = look_ahead(decide, walk(), seed=1)

    assert found.leak is None
    assert not found.reproducible


def test_one_bar_has_nothing_to_read_ahead() -> None:
    bars = walk().window(0, 1)

    assert look_ahead(lambda some: Signals.of(some.close > 0), bars, seed=1).cuts == 0


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_altered_bars_keep_the_past_and_the_order_of_their_prices(factor: float) -> None:
    bars = walk(2)

    other = altered(bars, 100, factor, seed=3)

    assert np.array_equal(other.close[:101], bars.close[:101])
    assert (other.close[101:] != bars.close[101:]).all()
    assert (other.high >= other.low).all()
    assert (other.high >= other.close).all()
