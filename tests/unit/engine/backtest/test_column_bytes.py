"""Columns as bytes: what was written is read back, and equal behaviour has an equal signature."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from engine.backtest.bars import Bars
from engine.backtest.column_bytes import (
    Lengths,
    backtest_of,
    bytes_of,
    lengths_of,
    returns_bytes,
    returns_from,
    signature_of,
    size_of,
)
from engine.backtest.results import Backtest, DroppedOrders, Fills, OpenPositions, Trades


def table(kind: type[Any], rows: int) -> Any:
    whole = {"asset": np.int32, "side": np.int8, "reason": np.uint8, "flags": np.uint8}
    made = {}
    for place, field in enumerate(fields(kind)):
        is_bar = field.name.endswith("bar") or field.name == "bars_held"
        dtype = np.int32 if is_bar else whole.get(field.name, np.float64)
        made[field.name] = (np.arange(rows) + place).astype(dtype)
    return kind(**made)


def run_of(length: int = 5, rows: int = 3) -> Backtest:
    prices = np.ones((length, 2))
    bars = Bars(
        times=np.arange(length).astype("datetime64[D]"),
        symbols=("A", "B"),
        open=prices,
        high=prices,
        low=prices,
        close=prices,
    )
    return Backtest(
        bars=bars,
        cash_start=100.0,
        cash_end=101.5,
        equity=np.linspace(100, 110, length),
        trades=table(Trades, rows),
        open=table(OpenPositions, 1),
        dropped=table(DroppedOrders, 2),
        fills=table(Fills, 2 * rows),
    )


def read_again(run: Backtest) -> Backtest:
    cash = (run.cash_start, run.cash_end)
    return backtest_of(memoryview(bytes_of(run)), run.bars, lengths_of(run), cash)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_every_column_is_read_back_as_it_was(rows: int) -> None:
    run = run_of(rows=rows)
    again = read_again(run)
    for name in ("trades", "open", "dropped", "fills"):
        for field in fields(getattr(run, name)):
            one, other = (getattr(getattr(it, name), field.name) for it in (run, again))
            assert one.dtype == other.dtype, field.name
            assert one.tolist() == other.tolist(), field.name
    assert again.equity.tolist() == run.equity.tolist()


def test_what_is_read_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        read_again(run_of()).equity[0] = 1.0


def test_another_number_of_bytes_is_refused() -> None:
    run = run_of()
    with pytest.raises(ValueError, match="bytes instead of"):
        backtest_of(memoryview(bytes_of(run)[:-1]), run.bars, lengths_of(run), (1.0, 1.0))


def test_the_size_is_known_before_reading() -> None:
    run = run_of()
    assert size_of(run.bars.length, lengths_of(run)) == len(bytes_of(run))
    assert lengths_of(run) == Lengths(trades=3, open=1, dropped=2, fills=6)


def test_the_signature_is_of_trades_and_equity_alone() -> None:
    run = run_of()
    others = replace(run, cash_end=0.0, fills=table(Fills, 0), dropped=table(DroppedOrders, 0))
    assert signature_of([run]) == signature_of([others])


@pytest.mark.parametrize("column", [field.name for field in fields(Trades)])
def test_any_column_of_the_trades_changes_the_signature(column: str) -> None:
    run = run_of()
    changed = getattr(run.trades, column).copy()
    changed[1] += 1
    other = replace(run, trades=replace(run.trades, **{column: changed}))
    assert signature_of([run]) != signature_of([other])


def test_one_bit_of_the_equity_changes_the_signature() -> None:
    run = run_of()
    equity = run.equity.copy()
    equity[2] = np.nextafter(equity[2], np.inf)
    assert signature_of([run]) != signature_of([replace(run, equity=equity)])


def test_a_negative_zero_is_a_zero() -> None:
    run = run_of()
    plus, minus = (
        replace(run, trades=replace(run.trades, pnl=np.array([zero, 1.0, 2.0])))
        for zero in (0.0, -0.0)
    )
    assert signature_of([plus]) == signature_of([minus])


def test_the_signature_does_not_depend_on_the_order_of_bytes_of_an_array() -> None:
    run = run_of()
    swapped = run.equity.astype(">f8")
    assert signature_of([run]) == signature_of([replace(run, equity=swapped)])


def test_a_row_cannot_move_from_the_trades_to_the_equity() -> None:
    one, other = run_of(length=5, rows=0), run_of(length=4, rows=0)
    assert signature_of([one, other]) != signature_of([other, one])


def test_returns_are_read_back() -> None:
    run = run_of()
    found = returns_from(returns_bytes(run), run.bars.length)
    assert found is not None
    assert found.tolist() == (run.equity[1:] / run.equity[:-1] - 1.0).tolist()


def test_returns_of_a_ruined_account_are_none() -> None:
    run = run_of()
    ruined = replace(run, equity=np.array([100.0, 0.0, 0.0, 1.0, 1.0]))
    assert returns_from(returns_bytes(ruined), run.bars.length) is None


def test_returns_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="are not the returns"):
        returns_from(b"12345678", 5)
