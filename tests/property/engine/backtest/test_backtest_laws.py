"""What holds for every backtest, whoever runs it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.costs import Costs
from engine.backtest.results import Backtest, Dropped
from engine.backtest.risk.python_rules import Levels, Position
from engine.backtest.risk.rules import (
    DynamicTrailingStop,
    PythonRule,
    Rule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
    VolatilityScaledStopLoss,
)
from engine.backtest.signals import Signals
from tests.backtest_reference.altered import mirrored_case, raised, spliced, turns_round
from tests.backtest_reference.columns import differences
from tests.backtest_reference.engines import Engine, both
from tests.backtest_reference.panels import LONGEST, cut
from tests.backtest_reference.scenarios import Scenario, scenarios

pytestmark = both
often = settings(max_examples=60, deadline=None)
AMPLE = 1e9
NEVER: tuple[Rule, ...] = (
    StopLoss(0.99),
    TakeProfit(50.0),
    TrailingStop(0.98),
    TimeBasedExit(10 * LONGEST),
    VolatilityScaledStopLoss(1e6, bars=16, scale="current", ratchet=False),
    DynamicTrailingStop(0.97, 1e-6, 0.96),
)


def rows_of(found: Backtest, table: str, asset: int) -> dict[str, bytes]:
    """Give an asset's rows of a table but its number, as bytes a column."""
    columns = getattr(found, table)
    mine = columns.asset == asset
    return {
        name: getattr(columns, name)[mine].tobytes()
        for name in columns.__slots__
        if name != "asset"
    }


def by_bar(found: Backtest, last: int) -> dict[str, list[bytes]]:
    """Give what happened up to a bar, as bytes."""
    upto = found.fills.bar <= last
    filled = [getattr(found.fills, name)[upto].tobytes() for name in found.fills.__slots__]
    left = found.trades.exit_bar <= last
    trades = [getattr(found.trades, name)[left].tobytes() for name in found.trades.__slots__]
    known = (found.dropped.bar <= last) & (found.dropped.reason != Dropped.NEVER_FILLED)
    dropped = [getattr(found.dropped, name)[known].tobytes() for name in found.dropped.__slots__]
    equity = found.equity[: last + 1].tobytes()
    return {"fills": filled, "trades": trades, "dropped": dropped, "equity": [equity]}


@often
@given(scenario=scenarios())
def test_cash_and_marks_are_the_start_plus_profit_less_fees(
    engine: Engine, scenario: Scenario
) -> None:
    found = engine(scenario)
    fills, held = found.fills, found.open
    paid = float(np.sum(fills.quantity * fills.price)) + float(np.sum(fills.fee))
    assert found.cash_end == pytest.approx(found.cash_start - paid, rel=1e-9, abs=1e-6)
    marks = float(np.sum(held.quantity * held.mark))
    assert found.equity[-1] == pytest.approx(found.cash_end + marks, rel=1e-9, abs=1e-6)
    profit = float(np.sum(found.trades.pnl)) + float(np.sum(held.unrealised))
    assert found.equity[-1] == pytest.approx(found.cash_start + profit, rel=1e-9, abs=1e-6)


@often
@given(scenario=scenarios())
def test_quantities_of_fills_add_up_to_what_is_held(engine: Engine, scenario: Scenario) -> None:
    found = engine(scenario)
    width = scenario.case.bars.width
    traded = np.zeros(width)
    np.add.at(traded, found.fills.asset, found.fills.quantity)
    held = np.zeros(width)
    held[found.open.asset] = found.open.quantity
    assert traded == pytest.approx(held, rel=1e-9, abs=1e-6)


@often
@given(scenario=scenarios())
def test_every_fill_lies_within_its_bar(engine: Engine, scenario: Scenario) -> None:
    fills, bars = engine(scenario).fills, scenario.case.bars
    assert np.all(fills.price >= bars.low[fills.bar, fills.asset])
    assert np.all(fills.price <= bars.high[fills.bar, fills.asset])


@often
@given(scenario=scenarios(), chosen=st.sets(st.sampled_from(range(len(NEVER))), min_size=1))
def test_armed_rules_that_never_fire_change_nothing(
    engine: Engine, scenario: Scenario, chosen: set[int]
) -> None:
    unarmed = raised(scenario).with_rules()
    armed = unarmed.with_rules(*(NEVER[index] for index in sorted(chosen)))
    assert differences(engine(armed), engine(unarmed)) == []


@often
@given(scenario=scenarios(widths=(2, 6)), at=st.integers(1, 5))
def test_assets_split_over_two_runs_trade_as_in_one(
    engine: Engine, scenario: Scenario, at: int
) -> None:
    scenario = with_cash(scenario, AMPLE)
    case, signals = scenario.case, scenario.signals
    assume(at < case.bars.width and case.terms.sizing is not Sizing.FRACTION)
    together = engine(scenario)
    gained = 0.0
    for part in (slice(0, at), slice(at, case.bars.width)):
        bars = cut(case.bars, case.bars.length, part)
        alone = engine(Scenario(replace(case, bars=bars), assets_of(signals, part)))
        gained += alone.equity[-1] - AMPLE
        for asset in range(bars.width):
            for table in ("fills", "trades", "dropped", "open"):
                whole = rows_of(together, table, asset + part.start)
                assert rows_of(alone, table, asset) == whole
    assert together.equity[-1] - AMPLE == pytest.approx(gained, abs=1e-4)


@often
@given(scenario=scenarios(), power=st.integers(-8, 8))
def test_prices_in_another_unit_leave_the_returns_as_they_are(
    engine: Engine, scenario: Scenario, power: int
) -> None:
    scale = 2.0**power
    plain, scaled = engine(scenario), engine(in_unit(scenario, scale))
    assert (scaled.equity / scale).tobytes() == plain.equity.tobytes()
    assert scaled.fills.quantity.tobytes() == plain.fills.quantity.tobytes()
    assert scaled.trades.mfe.tobytes() == plain.trades.mfe.tobytes()
    assert (scaled.trades.pnl / scale).tobytes() == plain.trades.pnl.tobytes()


@settings(max_examples=250, deadline=None)
@given(scenario=scenarios(), last=st.integers(0, LONGEST), seed=st.integers(0, 2**32 - 1))
def test_later_bars_and_signals_change_nothing_before_them(
    engine: Engine, scenario: Scenario, last: int, seed: int
) -> None:
    last = min(last, scenario.case.bars.length - 1)
    other = spliced(scenario, last, seed)
    assert by_bar(engine(other), last) == by_bar(engine(scenario), last)


@often
@given(scenario=scenarios(), multiple=st.sampled_from([0.5, 1.0, 2.0]), limit=st.integers(1, 9))
def test_long_is_short_in_the_mirror(
    engine: Engine, scenario: Scenario, multiple: float, limit: int
) -> None:
    """Distances in money mirror exactly: p -> 2c - p with the sides exchanged."""

    def eight_away(position: Position) -> Levels:
        distance = position.side * 8.0
        return Levels(position.entry_price - distance, position.entry_price + distance)

    assume(turns_round(scenario))
    current = VolatilityScaledStopLoss(multiple, bars=1, scale="current")
    rules = (current, TimeBasedExit(limit), PythonRule(eight_away))
    terms = AccountTerms(cash=AMPLE, sizing=Sizing.UNITS, size=8.0)
    case = replace(scenario.case, terms=terms, costs=Costs(), rules=rules)
    there = Scenario(case, Signals(scenario.signals.codes & 15))
    found, turned = engine(there), engine(mirrored_case(there, sides=True))
    assert turned.equity.tobytes() == found.equity.tobytes()
    assert np.array_equal(-turned.trades.side, found.trades.side)
    for name in ("asset", "quantity", "entry_bar", "exit_bar", "pnl", "reason", "flags"):
        assert np.array_equal(getattr(turned.trades, name), getattr(found.trades, name))


def with_cash(scenario: Scenario, cash: float) -> Scenario:
    """Give the run with other cash."""
    terms = structs.replace(scenario.case.terms, cash=cash)
    return replace(scenario, case=replace(scenario.case, terms=terms))


def assets_of(signals: Signals, part: slice) -> Signals:
    """Give the signals of some assets."""
    size = None if signals.size is None else np.ascontiguousarray(signals.size[:, part])
    return Signals(np.ascontiguousarray(signals.codes[:, part]), size)


def in_unit(scenario: Scenario, scale: float) -> Scenario:
    """Give the same run with money counted in another unit."""
    bars, terms, costs = scenario.case.bars, scenario.case.terms, scenario.case.costs
    of_sizes = scale if terms.sizing is Sizing.VALUE else 1.0
    size = scenario.signals.size
    signals = replace(scenario.signals, size=None if size is None else size * of_sizes)
    prices = {name: getattr(bars, name) * scale for name in ("open", "high", "low", "close")}
    case = replace(
        scenario.case,
        bars=replace(bars, **prices),
        terms=structs.replace(terms, cash=terms.cash * scale, size=terms.size * of_sizes),
        costs=structs.replace(costs, fee_fixed=costs.fee_fixed * scale),
    )
    return Scenario(case, signals)
