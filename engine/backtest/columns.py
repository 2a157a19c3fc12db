"""A run's trades, fills, equity, open positions and dropped orders as Arrow tables.

Rows are never made into objects. Prices and quantities are exact; money is rounded to the digits
of the account's currency. Importing this imports pyarrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.backtest.money import rounded_money
from engine.backtest.results import Backtest, Dropped, Flag, Reason

Floats = NDArray[np.float64]
Table = Any
_arrow: Any = pa  # its annotations leave its functions out

TIME = _arrow.timestamp("ns", "UTC")


@dataclass(frozen=True, slots=True)
class Tables:
    """One table each, named as its file; all times are UTC.

    trades: round trips in the order of their exits. fills: in the order of their happening, > 0
    buys. equity: at each close, with the part of the highest equity so far that is lost.
    positions: what is held after the last bar. dropped: orders not carried out, or not whole.
    """

    trades: Table
    fills: Table
    equity: Table
    positions: Table
    dropped: Table


def tables_of(result: Backtest, currency_digits: int) -> Tables:
    """Give the tables of *result*, its money rounded to *currency_digits*.

    Raises:
        IndexError: a bar or an asset of a row is not among the result's bars.
    """
    make = _Columns(result, currency_digits)
    return Tables(
        trades=make.trades(),
        fills=make.fills(),
        equity=make.equity(),
        positions=make.positions(),
        dropped=make.dropped(),
    )


class _Columns:
    def __init__(self, result: Backtest, digits: int) -> None:
        self._result = result
        self._digits = digits
        self._times = result.bars.times.astype("datetime64[ns]")
        self._symbols = _arrow.array(result.bars.symbols, _arrow.string())

    def trades(self) -> Table:
        trades = self._result.trades
        columns = {
            "symbol": self._symbol(trades.asset),
            "side": _side(trades.side > 0),
            "quantity": trades.quantity,
            "entry_time": self._time(trades.entry_bar),
            "entry_price": trades.entry_price,
            "exit_time": self._time(trades.exit_bar),
            "exit_price": trades.exit_price,
            "fees": self._money(trades.fees),
            "pnl": self._money(trades.pnl),
            "mfe": trades.mfe,
            "mae": trades.mae,
            "bars_held": trades.bars_held,
            "exit_reason": _named(Reason, trades.reason),
            "ambiguous": (trades.flags & Flag.AMBIGUOUS) != 0,
            "gap": (trades.flags & Flag.GAP) != 0,
        }
        return _arrow.table(columns)

    def fills(self) -> Table:
        fills = self._result.fills
        columns = {
            "time": self._time(fills.bar),
            "symbol": self._symbol(fills.asset),
            "quantity": fills.quantity,
            "price": fills.price,
            "fee": self._money(fills.fee),
        }
        return _arrow.table(columns)

    def equity(self) -> Table:
        columns = {
            "time": _arrow.array(self._times, TIME),
            "equity": self._money(self._result.equity),
            "drawdown": drawdowns(self._result.equity, self._result.cash_start),
        }
        return _arrow.table(columns)

    def positions(self) -> Table:
        held = self._result.open
        columns = {
            "symbol": self._symbol(held.asset),
            "side": _side(held.quantity > 0),
            "quantity": np.abs(held.quantity),
            "entry_time": self._time(held.entry_bar),
            "entry_price": held.entry_price,
            "mark": held.mark,
            "fees": self._money(held.fees),
            "unrealised": self._money(held.unrealised),
            "mfe": held.mfe,
            "mae": held.mae,
        }
        return _arrow.table(columns)

    def dropped(self) -> Table:
        dropped = self._result.dropped
        columns = {
            "time": self._time(dropped.bar),
            "symbol": self._symbol(dropped.asset),
            "reason": _named(Dropped, dropped.reason),
        }
        return _arrow.table(columns)

    def _time(self, bars: NDArray[np.int32]) -> Any:
        _require_below(bars, len(self._times))
        return _arrow.array(self._times[bars], TIME)

    def _symbol(self, assets: NDArray[np.int32]) -> Any:
        _require_below(assets, len(self._symbols))
        return self._symbols.take(_arrow.array(assets))

    def _money(self, money: Floats) -> Floats:
        return rounded_money(money, self._digits)


def drawdowns(equity: Floats, start: float) -> Floats:
    """Give at each close what part of the highest equity so far, or of *start*, is lost.

    >>> drawdowns(np.array([90.0, 120.0, 60.0]), 100.0).round(6).tolist()
    [0.1, 0.0, 0.5]
    """
    return np.asarray(1.0 - equity / np.maximum(np.maximum.accumulate(equity), start))


def _require_below(indices: NDArray[Any], end: int) -> None:
    if len(indices) and not 0 <= int(indices.min()) <= int(indices.max()) < end:
        message = f"a row names {int(indices.min())} to {int(indices.max())} of {end}"
        raise IndexError(message)


def _side(long: NDArray[np.bool_]) -> Any:
    return _arrow.array(["short", "long"]).take(_arrow.array(long.astype(np.int8)))


def _named(names: type[IntEnum], numbers: NDArray[np.uint8]) -> Any:
    _require_below(numbers, len(names))
    return _arrow.array([one.name.lower() for one in names]).take(_arrow.array(numbers))
