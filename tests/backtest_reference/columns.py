"""The reference's records as the engine's columns, and the comparison of two runs bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from engine.backtest.bars import Bars
from engine.backtest.results import Backtest, DroppedOrders, Fills, OpenPositions, Trades
from tests.backtest_reference.account import Account

TYPES = {
    "asset": np.int32,
    "bar": np.int32,
    "entry_bar": np.int32,
    "exit_bar": np.int32,
    "bars_held": np.int32,
    "side": np.int8,
    "reason": np.uint8,
    "flags": np.uint8,
}


def columns(table: type, rows: Sequence[Any]) -> Any:
    """Give records as one array a field."""
    made = {}
    for one in fields(table):
        values = [getattr(row, one.name) for row in rows]
        made[one.name] = np.array(values, dtype=TYPES.get(one.name, np.float64))
    return table(**made)


def backtest(bars: Bars, account: Account, equity: list[float]) -> Backtest:
    """Give the run as the engine would."""
    held = [account.held[n] for n in sorted(account.held)]
    marks = [account.marks[one.asset] for one in held]
    excursions = [one.excursions() for one in held]
    unrealised = [
        (mark - one.entry_price) * one.quantity * one.side - one.fees
        for one, mark in zip(held, marks, strict=True)
    ]
    return Backtest(
        bars=bars,
        cash_start=account.terms.cash,
        cash_end=account.cash,
        equity=np.array(equity, dtype=np.float64),
        trades=columns(Trades, account.trades),
        open=OpenPositions(
            asset=np.array([one.asset for one in held], dtype=np.int32),
            quantity=np.array([one.side * one.quantity for one in held], dtype=np.float64),
            entry_bar=np.array([one.entry_bar for one in held], dtype=np.int32),
            entry_price=np.array([one.entry_price for one in held], dtype=np.float64),
            fees=np.array([one.fees for one in held], dtype=np.float64),
            mark=np.array(marks, dtype=np.float64),
            unrealised=np.array(unrealised, dtype=np.float64),
            mfe=np.array([best for best, _ in excursions], dtype=np.float64),
            mae=np.array([worst for _, worst in excursions], dtype=np.float64),
        ),
        dropped=columns(DroppedOrders, account.dropped),
        fills=columns(Fills, account.fills),
    )


def differences(one: Backtest, other: Backtest) -> list[str]:
    """Name every column in which two runs differ in a bit, or in length or type."""
    found = []
    if one.cash_end.hex() != other.cash_end.hex():
        found.append(f"cash_end: {one.cash_end!r} against {other.cash_end!r}")
    if one.equity.tobytes() != other.equity.tobytes():
        found.append(f"equity: {one.equity.tolist()} against {other.equity.tolist()}")
    for table in ("fills", "trades", "open", "dropped"):
        mine, theirs = getattr(one, table), getattr(other, table)
        for column in fields(mine):
            here, there = getattr(mine, column.name), getattr(theirs, column.name)
            if here.dtype != there.dtype or here.tobytes() != there.tobytes():
                found.append(
                    f"{table}.{column.name}: {here.tolist()} against {there.tolist()}"
                    f" ({here.dtype}, {there.dtype})"
                )
    return found
