"""The tables of a run: names instead of numbers, times instead of bars, money rounded."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.columns import tables_of
from engine.backtest.holding import bought_and_held
from engine.backtest.money import rounded_money
from engine.backtest.results import Backtest, Dropped, Reason, Trades
from tests.fakes.finished_backtests import backtest, bars_of

TRADE = {
    "side": -1,
    "quantity": 2.5,
    "entry_bar": 1,
    "entry_price": 10.123456,
    "exit_bar": 2,
    "exit_price": 9.0,
    "fees": 0.126,
    "pnl": 2.5678,
    "mfe": 0.125,
    "mae": 0.0625,
    "bars_held": 1,
    "reason": Reason.TRAILING_STOP,
    "flags": 3,
}


def test_a_trade_is_told_in_words_and_times() -> None:
    (row,) = tables_of(backtest([100.0] * 3, trades=[TRADE]), 2).trades.to_pylist()
    days = {row.pop(name).strftime("%F %Z") for name in ("entry_time", "exit_time")}
    assert days == {"2024-01-02 UTC", "2024-01-03 UTC"}
    assert row == {
        "symbol": "ABC",
        "side": "short",
        "quantity": 2.5,
        "entry_price": 10.123456,
        "exit_price": 9.0,
        "fees": 0.13,
        "pnl": 2.57,
        "mfe": 0.125,
        "mae": 0.0625,
        "bars_held": 1,
        "exit_reason": "trailing_stop",
        "ambiguous": True,
        "gap": True,
    }


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_of_an_exit_has_its_name(reason: Reason) -> None:
    run = backtest([100.0], trades=[{"side": 1, "reason": reason}])
    assert tables_of(run, 2).trades["exit_reason"].to_pylist() == [reason.name.lower()]


def test_fills_are_in_the_order_of_their_happening() -> None:
    fills = [
        {"bar": 1, "quantity": 3.0, "price": 10.0, "fee": 0.015},
        {"bar": 1, "quantity": -3.0, "price": 11.0, "fee": 0.025},
    ]
    table = tables_of(backtest([100.0] * 2, fills=fills), 2).fills
    assert table["quantity"].to_pylist() == [3.0, -3.0]
    assert table["fee"].to_pylist() == [0.02, 0.02]  # halves to even


def test_equity_is_rounded_and_its_drawdown_is_not() -> None:
    table = tables_of(backtest([90.004, 120.0, 60.0], start=100.0), 2).equity
    assert table["equity"].to_pylist() == [90.0, 120.0, 60.0]
    assert table["drawdown"].to_pylist() == [1 - 90.004 / 100, 0.0, 0.5]


def test_positions_are_what_is_held_at_the_end() -> None:
    held = [{"quantity": -4.0, "entry_price": 5.0, "mark": 4.0, "unrealised": 4.0}]
    (row,) = tables_of(backtest([100.0], held=held), 2).positions.to_pylist()
    assert (row["side"], row["quantity"], row["unrealised"]) == ("short", 4.0, 4.0)


@pytest.mark.parametrize("reason", list(Dropped))
def test_dropped_orders_say_why(reason: Dropped) -> None:
    table = tables_of(backtest([100.0], dropped=[{"reason": reason}]), 2).dropped
    assert table["reason"].to_pylist() == [reason.name.lower()]


def test_a_row_of_no_bar_is_refused() -> None:
    with pytest.raises(IndexError, match="1 to 7 of 3"):
        tables_of(backtest([100.0] * 3, fills=[{"bar": 1}, {"bar": 7}]), 2)


def test_a_negative_bar_is_no_bar_from_the_end() -> None:
    with pytest.raises(IndexError):
        tables_of(backtest([100.0] * 3, fills=[{"bar": -1}]), 2)


def test_money_without_digits_behind_the_point_stays_what_it_is() -> None:
    money = np.array([2.0**60, -1e300, 0.5, 1.5])
    assert rounded_money(money, 0).tolist() == [2.0**60, -1e300, 0.0, 2.0]


def test_a_million_trades_are_columns_within_seconds() -> None:
    started = time.perf_counter()

    table = tables_of(_with_trades(1_000_000), 2).trades

    assert table.num_rows == 1_000_000
    assert time.perf_counter() - started < 5


def _with_trades(count: int) -> Backtest:
    run = backtest([100.0] * 3, trades=[TRADE])
    columns = {
        name: np.repeat(getattr(run.trades, name), count) for name in Trades.__dataclass_fields__
    }
    return replace(run, trades=Trades(**columns))


def test_what_is_bought_and_held_moves_with_the_close() -> None:
    held = bought_and_held(bars_of([50.0, 100.0, 25.0]), 1000.0)
    assert held is not None
    assert held.tolist() == [1000.0, 2000.0, 500.0]


def test_a_missing_close_keeps_the_last_one_and_before_the_first_there_is_cash() -> None:
    held = bought_and_held(bars_of([np.nan, 50.0, np.nan, 75.0]), 1000.0)
    assert held is not None
    assert held.tolist() == [1000.0, 1000.0, 1000.0, 1500.0]


def test_nobody_says_what_to_hold_of_several_assets() -> None:
    bars = bars_of([50.0, 100.0])
    prices = np.hstack([bars.close, bars.close])
    assert bought_and_held(replace(bars, symbols=("A", "B"), close=prices), 1000.0) is None
