"""The look-ahead canary finds strategies that read ahead, and no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from engine.backtest.bars import Bars
from engine.backtest.canary import Behaviour, altered, look_ahead
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.risk.rules import Rule, StopLoss
from engine.backtest.run import Setup, run
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


def traded(
    decide: Callable[[Bars], Signals], rules: Callable[[Bars], Sequence[Rule]] = lambda bars: ()
) -> Callable[[Bars], Behaviour]:
    def behave(bars: Bars) -> Behaviour:
        signals, setup = decide(bars), Setup(rules=RiskManager(rules(bars)).compiled(bars))
        return Behaviour(signals, run(bars, signals, setup).fills)

    return behave


def test_a_moving_average_of_the_past_does_not_leak() -> None:
    def decide(bars: Bars) -> Signals:
        sums = np.cumsum(bars.close, axis=0)
        mean = np.full(bars.close.shape, np.inf)
        mean[9:] = (sums[9:] - np.vstack([np.zeros((1, bars.width)), sums[:-10]])) / 10
        return Signals.of(bars.close > mean, bars.close < mean)

    assert look_ahead(traded(decide), walk(2), seed=1).leak is None


def test_a_strategy_that_reads_the_next_close_is_caught_with_its_first_date() -> None:
    def decide(bars: Bars) -> Signals:
        ahead = np.vstack([bars.close[1:], bars.close[-1:]])
        entries = ahead > bars.close
        entries[:120] = False
        return Signals.of(entries)

    found = look_ahead(traded(decide), walk(), seed=1)

    assert found.leak is not None
    assert found.leak.date == str(DAYS[120])
    assert found.leak.unaltered_until == found.leak.date


def test_a_leak_of_one_asset_names_it() -> None:
    def decide(bars: Bars) -> Signals:
        entries = np.zeros(bars.close.shape, dtype=bool)
        entries[:-1, 1] = bars.close[1:, 1] > bars.close[:-1, 1]
        return Signals.of(entries)

    leak = look_ahead(traded(decide), walk(3), seed=1).leak

    assert leak is not None
    assert leak.symbol == "B"


def test_a_mean_over_all_bars_leaks_even_if_only_sizes_depend_on_it() -> None:
    def decide(bars: Bars) -> Signals:
        held = np.ones(bars.close.shape)
        held[50] = bars.close.mean()
        return Signals.targets(held)

    leak = look_ahead(traded(decide), walk(), seed=1).leak

    assert leak is not None
    assert leak.date == str(DAYS[50])


def test_a_rule_that_reads_ahead_is_caught_by_its_fills() -> None:
    def decide(bars: Bars) -> Signals:
        entries = np.zeros(bars.close.shape, dtype=bool)
        entries[20::25] = True
        return Signals.of(entries)

    def rules(bars: Bars) -> Sequence[Rule]:
        return (StopLoss(0.02 if bars.close[-1, 0] > 150 else 0.06),)

    leak = look_ahead(traded(decide, rules), walk(), seed=1).leak

    assert leak is not None
    assert leak.what == "fill"
    assert look_ahead(traded(decide, lambda bars: (StopLoss(0.02),)), walk(), seed=1).leak is None


@pytest.mark.parametrize("seed", range(5))
def test_a_look_at_the_next_close_by_a_strategy_that_seldom_trades_is_caught(seed: int) -> None:
    def decide(bars: Bars) -> Signals:
        entries = np.zeros(bars.close.shape, dtype=bool)
        entries[:-1] = (bars.close[1:] > 1.019 * bars.close[:-1]) & (np.arange(299) > 20)[:, None]
        return Signals.of(entries)

    bars = walk()
    assert 0 < np.count_nonzero(decide(bars).codes) < 12
    assert look_ahead(traded(decide), bars, seed=seed).leak is not None


def test_a_size_that_is_named_is_not_the_accounts_own() -> None:
    def decide(bars: Bars) -> Signals:
        codes = np.zeros(bars.close.shape, dtype=np.uint8)
        codes[30] = 16
        named = np.zeros(bars.close.shape)
        return Signals(codes, named if bars.close[-1, 0] > 2 * bars.close[0, 0] else None)

    assert look_ahead(traded(decide), walk(), seed=1).leak is not None


def test_decisions_that_no_bar_changes_are_told_apart() -> None:
    kept: list[Signals] = []

    def decide(bars: Bars) -> Signals:
        kept.append(Signals.of(np.roll(bars.close, -1, axis=0) > bars.close))
        return kept[0]

    assert not look_ahead(traded(decide), walk(), seed=1).moved
    assert look_ahead(traded(lambda bars: Signals.of(bars.close > 100)), walk(), seed=1).moved


def test_a_strategy_that_is_not_reproducible_is_not_called_a_leak() -> None:
    calls = count()

    def decide(bars: Bars) -> Signals:
        entries = np.zeros(bars.close.shape, dtype=bool)
        entries[next(calls)] = True
        return Signals.of(entries)

    found = look_ahead(traded(decide), walk(), seed=1)

    assert found.leak is None
    assert not found.reproducible


def test_assets_without_a_bar_are_tried_as_they_are() -> None:
    whole = walk(2)
    prices = {name: getattr(whole, name).copy() for name in ("open", "high", "low", "close")}
    for column in prices.values():
        column[40:60, 1] = np.nan
    bars = replace(whole, **prices)

    found = look_ahead(traded(lambda some: Signals.of(some.close > 100)), bars, seed=1)

    assert (found.leak, found.reproducible) == (None, True)
    assert np.isnan(altered(bars, 10, 2.0, seed=1).high[40:60, 1]).all()


def test_one_bar_has_nothing_to_read_ahead() -> None:
    bars = walk().window(0, 1)

    assert look_ahead(traded(lambda some: Signals.of(some.close > 0)), bars, seed=1).cuts == 0


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_altered_bars_keep_the_past_and_the_order_of_their_prices(factor: float) -> None:
    bars = walk(2)

    other = altered(bars, 100, factor, seed=3)

    assert np.array_equal(other.close[:101], bars.close[:101])
    assert (other.close[101:] != bars.close[101:]).all()
    assert (other.high >= other.low).all()
    assert (other.high >= other.close).all()
    assert (np.minimum(other.open, other.close) >= other.low).all()
    assert (other.low > 0).all()


@pytest.mark.parametrize(
    "read",
    [
        lambda bars: bars.close > bars.open,
        lambda bars: bars.high / bars.low > 1.02,
        lambda bars: bars.close - bars.low > bars.high - bars.close,
        lambda bars: bars.volume > 1e6,
    ],
)
def test_what_lies_within_the_next_bar_is_not_to_be_read(
    read: Callable[[Bars], np.ndarray[Any, Any]],
) -> None:
    def decide(bars: Bars) -> Signals:
        ahead = np.zeros(bars.close.shape, dtype=bool)
        ahead[:-1] = read(bars)[1:]
        return Signals.of(ahead, ~ahead)

    bars = walk()
    bars = replace(bars, open=np.vstack([bars.close[:1], bars.close[:-1]]))
    bars = replace(
        bars,
        high=np.maximum(bars.high, bars.open) * 1.001,
        low=np.minimum(bars.low, bars.open) * 0.999,
    )

    assert look_ahead(traded(decide), bars, seed=1).leak is not None
    assert look_ahead(traded(lambda bars: Signals.of(read(bars))), bars, seed=1).leak is None
