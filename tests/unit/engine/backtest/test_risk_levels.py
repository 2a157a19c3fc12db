"""Levels at the fill and after it, worked out by hand; the faults of earlier designs."""

from __future__ import annotations

import numpy as np
import pytest

from engine.backtest.costs import Costs
from engine.backtest.results import Reason
from engine.backtest.risk.python_rules import Decision, Exit, Levels, Position
from engine.backtest.risk.rules import (
    DynamicTrailingStop,
    PythonRule,
    RegimeDependentRule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
    VolatilityScaledStopLoss,
)
from tests.backtest_reference.by_hand import MISSING, Row, fills, story, trades
from tests.backtest_reference.engines import Engine, both

STILL = (100.0, 101.0, 99.0, 100.0)
CRASH = (100.0, 100.0, 50.0, 50.0)
RALLY = (100.0, 200.0, 100.0, 200.0)
WIDE = (100.0, 106.0, 94.0, 100.0)
SLIPPED = Costs(slippage=0.01)

pytestmark = both


def exit_of(found_trades: list[tuple[object, ...]]) -> tuple[object, ...]:
    """Give exit bar, price and reason of the only trade."""
    (trade,) = found_trades
    return trade[2:]


@pytest.mark.parametrize("word, last, level", [("L", CRASH, 98.0), ("S", RALLY, 102.0)])
def test_the_tightest_stop_is_met_first_on_either_side(
    engine: Engine, word: str, last: Row, level: float
) -> None:
    """A known fault: a tightest-merge that takes every position for a long one."""
    rows = [(100.0,) * 4, (100.0,) * 4, last]
    fixed = engine(story(rows, word, StopLoss(0.02), TrailingStop(0.125)))
    assert exit_of(trades(fixed)) == (2, level, Reason.STOP_LOSS)
    trailing = engine(story(rows, word, StopLoss(0.125), TrailingStop(0.02)))
    assert exit_of(trades(trailing)) == (2, level, Reason.TRAILING_STOP)


def test_equal_stops_are_named_after_the_fixed_one(engine: Engine) -> None:
    found = engine(story([STILL, (100, 100, 90, 95)], "L", TrailingStop(0.05), StopLoss(0.05)))
    assert exit_of(trades(found)) == (1, 95.0, Reason.STOP_LOSS)


@pytest.mark.parametrize(
    "word, crash, level", [("L", CRASH, 100 - 1.5 * 2), ("S", RALLY, 100 + 1.5 * 2)]
)
def test_a_volatility_stop_rests_on_the_range_at_the_signal(
    engine: Engine, word: str, crash: Row, level: float
) -> None:
    rule = VolatilityScaledStopLoss(1.5, bars=2)
    found = engine(story([STILL, STILL, STILL, WIDE[:1] * 4, crash], f"- - {word}", rule))
    assert exit_of(trades(found)) == (4, level, Reason.VOLATILITY_STOP)


def test_a_volatility_stop_without_a_known_range_does_not_rest(engine: Engine) -> None:
    rule = VolatilityScaledStopLoss(1.5, bars=2)
    assert trades(engine(story([STILL, STILL, STILL, CRASH], "- L", rule))) == []


@pytest.mark.parametrize("word, last", [("L", CRASH), ("S", RALLY)])
def test_a_ratcheted_stop_does_not_loosen_when_the_range_widens(
    engine: Engine, word: str, last: Row
) -> None:
    """A known fault: a stop of the current range that loosened unasked."""
    calm = (100.0, 100.5, 99.5, 100.0)
    wide = (100.0, 102.0, 98.0, 100.0)
    rows = [calm, calm, calm, calm, wide, wide, last]
    ratcheted = VolatilityScaledStopLoss(3.0, bars=1, scale="current")
    stop = 100 - 3.0 if word == "L" else 100 + 3.0
    found = engine(story(rows, f"- - {word}", ratcheted))
    assert exit_of(trades(found)) == (6, stop, Reason.VOLATILITY_STOP)
    breathing = VolatilityScaledStopLoss(3.0, bars=1, scale="current", ratchet=False)
    wider = 100 - 12.0 if word == "L" else 100 + 12.0
    found = engine(story(rows, f"- - {word}", breathing))
    assert exit_of(trades(found)) == (6, wider, Reason.VOLATILITY_STOP)


@pytest.mark.parametrize("word", ["L", "S"])
def test_a_trailing_stop_does_not_loosen_when_the_price_comes_back(
    engine: Engine, word: str
) -> None:
    """A known fault: a stop that follows the last price and not the best."""
    up = [STILL, STILL, (100, 128, 100, 128), (128, 128, 124, 124), (124, 124, 110, 110)]
    down = [STILL, STILL, (100, 100, 64, 64), (64, 66, 64, 66), (66, 90, 66, 90)]
    rows, level = (up, 120.0) if word == "L" else (down, 68.0)
    found = engine(story(rows, word, TrailingStop(0.0625)))
    assert exit_of(trades(found)) == (4, level, Reason.TRAILING_STOP)


@pytest.mark.parametrize("word", ["L", "S"])
def test_adding_at_a_worse_price_loosens_no_level(engine: Engine, word: str) -> None:
    """A known fault: levels set anew from an averaged price although that loosens them."""
    side = 1.0 if word == "L" else -1.0
    dip = 96.0 if word == "L" else 104.0
    last = (dip, dip, 50.0, 50.0) if word == "L" else (dip, 200.0, dip, 200.0)
    rows = [STILL, STILL, (dip, dip, dip, dip), last]
    found = engine(story(rows, "T T", StopLoss(0.05), sizes=[side * 10, side * 20]))
    assert exit_of(trades(found)) == (3, 95.0 if word == "L" else 105.0, Reason.STOP_LOSS)


@pytest.mark.parametrize("word", ["L", "S"])
def test_adding_at_a_better_price_tightens_the_stop(engine: Engine, word: str) -> None:
    side = 1.0 if word == "L" else -1.0
    better = 104.0 if word == "L" else 96.0
    last = (better, better, 50.0, 50.0) if word == "L" else (better, 200.0, better, 200.0)
    rows = [STILL, STILL, (better, better, better, better), last]
    found = engine(story(rows, "T T", StopLoss(0.0625), sizes=[side * 10, side * 20]))
    averaged = (100.0 * 10 + better * 10) / 20
    assert exit_of(trades(found))[1] == averaged * (1 - side * 0.0625)


@pytest.mark.parametrize("units", [1.0, 10.0, 1_000.0])
def test_trailing_does_not_depend_on_the_quantity(engine: Engine, units: float) -> None:
    """A known fault: an excursion divided by the quantity, and then divided again."""
    rows = [STILL, (100, 128, 100, 127), (126, 127, 121, 123), (123, 124, 119, 119.5)]
    found = engine(story(rows, "T", TrailingStop(0.0625), sizes=[units]))
    assert exit_of(trades(found)) == (3, 120.0, Reason.TRAILING_STOP)
    assert found.trades.mfe.tolist() == [0.28]


def test_a_dynamic_trail_tightens_with_bars_held_to_its_floor(engine: Engine) -> None:
    rule = DynamicTrailingStop(start=0.25, tighten=0.0625, floor=0.125)
    flat = (128.0, 128.0, 128.0, 128.0)
    falls = (128.0, 128.0, 10.0, 10.0)
    exits = [
        exit_of(trades(engine(story([flat] * held + [falls], "L", rule))))[1]
        for held in (1, 2, 3, 4, 5)
    ]
    assert exits == [96.0, 96.0, 104.0, 112.0, 112.0]


def test_a_missing_bar_leaves_levels_and_bars_are_counted_by_index(engine: Engine) -> None:
    rule = DynamicTrailingStop(start=0.25, tighten=0.0625, floor=0.125)
    flat, falls = (128.0, 128.0, 128.0, 128.0), (128.0, 128.0, 10.0, 10.0)
    found = engine(story([flat, flat, MISSING, MISSING, falls], "L", rule))
    assert exit_of(trades(found)) == (4, 96.0, Reason.DYNAMIC_TRAILING_STOP)


def regimes(labels: list[int], **how: object) -> RegimeDependentRule:
    """Give 1 %, 10 % and no stop in the regimes 0, 1 and 2."""
    rules = {0: (StopLoss(0.01),), 1: (StopLoss(0.125),)}
    return RegimeDependentRule(np.array(labels, dtype=np.int64), rules, **how)  # type: ignore[arg-type]


def test_the_regime_of_the_entry_signal_stays(engine: Engine) -> None:
    rule = regimes([1, 0, 0, 0])
    found = engine(story([(100.0,) * 4] * 3 + [CRASH], "L", rule))
    assert exit_of(trades(found)) == (3, 87.5, Reason.STOP_LOSS)


def test_a_tighter_regime_tightens_from_the_next_bar_on(engine: Engine) -> None:
    rule = regimes([1, 1, 0, 0], switch="current")
    found = engine(story([(100.0,) * 4] * 3 + [CRASH], "L", rule))
    assert exit_of(trades(found)) == (3, 99.0, Reason.STOP_LOSS)


@pytest.mark.parametrize("label", [1, 2])
def test_a_looser_regime_loosens_nothing(engine: Engine, label: int) -> None:
    """A known fault: a stop that loosens unasked, when the regime changes."""
    rule = regimes([0, 0, label, label], switch="current")
    found = engine(story([(100.0,) * 4] * 3 + [CRASH], "L", rule))
    assert exit_of(trades(found)) == (3, 99.0, Reason.STOP_LOSS)


def test_a_looser_regime_loosens_where_it_may(engine: Engine) -> None:
    rule = regimes([0, 0, 1, 1], switch="current", may_loosen=True)
    found = engine(story([(100.0,) * 4] * 3 + [CRASH], "L", rule))
    assert exit_of(trades(found)) == (3, 87.5, Reason.STOP_LOSS)


def test_a_regime_without_rules_takes_levels_away_where_it_may(engine: Engine) -> None:
    rule = regimes([0, 0, 2, 2], switch="current", may_loosen=True)
    assert trades(engine(story([(100.0,) * 4] * 3 + [CRASH], "L", rule))) == []


def test_rules_beside_those_of_a_regime_stay_in_force(engine: Engine) -> None:
    rule = regimes([2, 2, 2, 2])
    found = engine(story([(100.0,) * 4] * 3 + [CRASH], "L", rule, StopLoss(0.25)))
    assert exit_of(trades(found)) == (3, 75.0, Reason.STOP_LOSS)


def test_the_lower_priority_number_stands_before_the_tighter_rule(engine: Engine) -> None:
    rules = StopLoss(0.01, priority=2), StopLoss(0.125, priority=1)
    found = engine(story([(100.0,) * 4] * 2 + [CRASH], "L", *rules))
    assert exit_of(trades(found)) == (2, 87.5, Reason.STOP_LOSS)


def test_a_rule_of_ones_own_leaves_at_the_next_open(engine: Engine) -> None:
    def after_two(position: Position) -> Decision | None:
        return Exit("enough") if position.bars_held >= 2 else None

    found = engine(story([STILL] * 6, "L", PythonRule(after_two)))
    assert exit_of(trades(found)) == (4, 100.0, Reason.PYTHON_RULE)


@pytest.mark.parametrize("word, last", [("L", CRASH), ("S", RALLY)])
def test_levels_of_ones_own_tighten_and_never_loosen(engine: Engine, word: str, last: Row) -> None:
    """A known fault: a tightest-merge that takes the higher stop for the tighter one of a short."""
    side = 1 if word == "L" else -1
    asked = {1: 100 - side * 4.0, 2: 100 - side * 2.0, 3: 100 - side * 3.0}

    def stops(position: Position) -> Decision | None:
        return Levels(stop=asked[position.bar]) if position.bar in asked else None

    rules = PythonRule(stops), StopLoss(0.125)
    found = engine(story([(100.0,) * 4] * 4 + [last], word, *rules))
    assert exit_of(trades(found)) == (4, 100 - side * 2.0, Reason.PYTHON_RULE)


@pytest.mark.parametrize("word, last", [("L", CRASH), ("S", RALLY)])
def test_of_two_opinions_the_tightest_for_the_side_holds(
    engine: Engine, word: str, last: Row
) -> None:
    def higher(position: Position) -> Decision:
        return Levels(stop=100 - position.side * 5.0)

    def nearer(position: Position) -> Decision:
        return Levels(stop=100 - position.side * 2.0)

    rules = PythonRule(higher, name="wide"), PythonRule(nearer, name="near")
    found = engine(story([(100.0,) * 4] * 4 + [last], word, *rules))
    level = 98.0 if word == "L" else 102.0
    assert exit_of(trades(found)) == (4, level, Reason.PYTHON_RULE)


def test_a_rule_of_ones_own_sees_the_position_as_it_stands(engine: Engine) -> None:
    seen: list[Position] = []

    def look(position: Position) -> None:
        seen.append(position)

    rows = [STILL, (100, 128, 96, 121), (121, 122, 120.5, 121)]
    engine(story(rows, "L", PythonRule(look), TrailingStop(0.0625), TakeProfit(0.5)))
    first = seen[0]
    assert (first.bar, first.bars_held, first.side, first.quantity) == (1, 0, 1, 10.0)
    assert (first.entry_price, first.peak, first.stop, first.target) == (100, 128, 120, 150)
    assert (first.mfe, first.mae) == (0.28, 0.04)
    assert (first.open, first.high, first.low, first.close) == rows[1]
    assert [position.bar for position in seen] == [1, 2]


def test_slippage_moves_the_fill_and_the_levels_that_rest_from_it(engine: Engine) -> None:
    rows = [STILL, (100, 102, 99, 100), (100, 101, 49, 60)]
    found = engine(story(rows, "L", StopLoss(0.5), costs=SLIPPED))
    assert fills(found) == [(1, 10.0, 101.0), (2, -10.0, 50.5 * 0.99)]


def test_the_earliest_of_two_time_exits_leaves(engine: Engine) -> None:
    found = engine(story([STILL] * 8, "L", TimeBasedExit(5), TimeBasedExit(2)))
    assert exit_of(trades(found)) == (4, 100.0, Reason.TIME)
