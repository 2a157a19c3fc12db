"""Faults that earlier designs of risk rules had: each would fail one of these."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.results import Backtest, Reason
from engine.backtest.risk.python_rules import Levels, Position
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.risk.rules import (
    PythonRule,
    RegimeDependentRule,
    Rule,
    StopLoss,
    TrailingStop,
    VolatilityScaledStopLoss,
)
from engine.backtest.run import Setup, run
from engine.backtest.signals import Signals

LONG, SHORT = 1, -1
QUIET = (100.0, 101.0, 99.0, 100.0)
MIRROR = 200.0


def bars(rows: Sequence[tuple[float, float, float, float]], side: int = LONG) -> Bars:
    """Make bars of (open, high, low, close); for a short position mirrored at 100."""
    prices = np.array(rows, dtype=np.float64)
    if side == SHORT:
        prices = MIRROR - prices[:, [0, 2, 1, 3]]
    columns = (np.ascontiguousarray(prices[:, [k]]) for k in range(4))
    named = dict(zip(("open", "high", "low", "close"), columns, strict=True))
    times = np.datetime64("2020-01-01") + np.arange(len(rows))
    return Bars(times=times, symbols=("A",), **named)


def opened_at(bar: int, length: int, side: int) -> Signals:
    entries = np.arange(length) == bar
    never = np.zeros(length, dtype=bool)
    if side == LONG:
        return Signals.of(entries, never)
    return Signals.of(never, never, short_entries=entries, short_exits=never)


def backtest(
    given: Bars, rules: Sequence[Rule], *, side: int, units: float = 1.0, signal: int = 0
) -> Backtest:
    setup = Setup(
        terms=AccountTerms(cash=1e9, sizing=Sizing.UNITS, size=units),
        costs=Costs(),
        profile=PROFILES[ProfileName.OURS],
        rules=RiskManager(rules).compiled(given),
    )
    return run(given, opened_at(signal, given.length, side), setup)


def only_exit(result: Backtest, side: int) -> tuple[float, int]:
    """Give the exit price as a long position would have it, and the exit bar."""
    assert len(result.trades) == 1
    price = float(result.trades.exit_price[0])
    return (price if side == LONG else MIRROR - price), int(result.trades.exit_bar[0])


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_trailing_stop_stays_where_the_best_price_put_it(side: int) -> None:
    rows = [QUIET, QUIET, (100, 110, 100, 109), (109, 109, 106, 107), (107, 107, 90, 91)]

    price, bar = only_exit(backtest(bars(rows, side), [TrailingStop(0.05)], side=side), side)

    best = 110.0 if side == LONG else MIRROR - 110.0
    level = best * (1 - 0.05 * side)
    assert (price, bar) == (level if side == LONG else MIRROR - level, 4)


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("ratchet,expected_bar", [(True, 5), (False, None)])
def test_a_stop_of_the_current_range_loosens_only_when_it_is_asked_to(
    side: int, ratchet: bool, expected_bar: int | None
) -> None:
    # The range is 2, jumps to 22 at bar 4, and bar 5 falls through 100 - 2 * 2 alone.
    wild = (100.0, 111.0, 97.0, 100.0)
    rows = [QUIET, QUIET, QUIET, QUIET, wild, (100, 101, 90, 100), QUIET]
    rule = VolatilityScaledStopLoss(2.0, bars=1, scale="current", ratchet=ratchet)

    result = backtest(bars(rows, side), [rule], side=side, signal=2)

    assert result.trades.exit_bar.tolist() == ([] if expected_bar is None else [expected_bar])


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("may_loosen,expected_bar", [(False, 3), (True, 4)])
def test_a_regime_widens_a_stop_only_when_it_is_asked_to(
    side: int, may_loosen: bool, expected_bar: int
) -> None:
    rows = [QUIET, QUIET, QUIET, (100, 101, 94, 100), (100, 101, 80, 100)]
    rule = RegimeDependentRule(
        labels=np.array([0, 0, 1, 1, 1]),
        rules={0: (StopLoss(0.05),), 1: (StopLoss(0.15),)},
        switch="current",
        may_loosen=may_loosen,
    )

    _, bar = only_exit(backtest(bars(rows, side), [rule], side=side), side)

    assert bar == expected_bar


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_rule_of_ones_own_cannot_loosen_a_stop(side: int) -> None:
    rows = [QUIET, QUIET, QUIET, (100, 101, 90, 100)]
    farther = PythonRule(lambda held: Levels(stop=held.entry_price * (1 - 0.2 * held.side)))

    price, _ = only_exit(backtest(bars(rows, side), [StopLoss(0.05), farther], side=side), side)

    assert price == pytest.approx(95.0, rel=1e-12)


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("loose_first", [True, False])
def test_the_tightest_of_several_stops_is_that_of_the_positions_side(
    side: int, loose_first: bool
) -> None:
    rows = [QUIET, QUIET, (100, 101, 90, 100), (100, 101, 80, 100)]
    stops: list[Rule] = [StopLoss(0.08), TrailingStop(0.03)]

    result = backtest(bars(rows, side), stops if loose_first else stops[::-1], side=side)

    assert result.trades.reason.tolist() == [Reason.TRAILING_STOP]
    assert only_exit(result, side)[0] > 92.0


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("units", [1.0, 1000.0])
def test_excursions_and_trails_do_not_depend_on_the_quantity(side: int, units: float) -> None:
    rows = [QUIET, QUIET, (100, 108, 98, 107), (107, 107, 90, 91)]

    result = backtest(bars(rows, side), [TrailingStop(0.05)], side=side, units=units)

    trades = result.trades
    assert trades.quantity[0] == units
    assert trades.mfe[0] == pytest.approx(0.08, rel=1e-12)
    assert trades.mae[0] == pytest.approx(0.02, rel=1e-12)
    level = 108 * 0.95 if side == LONG else MIRROR - 92 * 1.05
    assert only_exit(result, side)[0] == pytest.approx(level, rel=1e-12)


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_rule_of_ones_own_sees_the_excursions_as_shares_of_the_entry_price(side: int) -> None:
    rows = [QUIET, QUIET, (100, 108, 98, 107)]
    seen: list[Position] = []
    rule = PythonRule(seen.append)

    backtest(bars(rows, side), [rule], side=side, units=50.0)

    last = seen[-1]
    assert (last.quantity, last.side, last.bars_held) == (50.0, side, 1)
    assert (last.mfe, last.mae) == pytest.approx((0.08, 0.02), rel=1e-12)
    assert last.peak == (108.0 if side == LONG else 92.0)


def test_a_rule_of_ones_own_is_asked_at_the_closes_of_held_bars_alone() -> None:
    rows = [QUIET, QUIET, QUIET, (100, 101, 90, 91), QUIET, QUIET]
    asked: list[tuple[int, int]] = []
    rule = PythonRule(lambda held: asked.append((held.asset, held.bar)))

    backtest(bars(rows), [rule, StopLoss(0.05)], side=LONG)

    assert asked == [(0, 1), (0, 2)]


def test_what_a_rule_of_ones_own_is_told_as_absent_is_none() -> None:
    seen: list[Position] = []

    backtest(bars([QUIET, QUIET]), [PythonRule(seen.append)], side=LONG)

    assert (seen[0].stop, seen[0].target) == (None, None)
    assert not math.isnan(seen[0].peak)
