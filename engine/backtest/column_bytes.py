"""A backtest's columns as bytes, in one fixed layout: little-endian, -0.0 as 0.0, one NaN."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.metric_sums import returns_of
from engine.backtest.results import Backtest, DroppedOrders, Fills, OpenPositions, Trades

Column = NDArray[Any]
_INT, _SIDE, _FLAGS, _FLOAT = "<i4", "<i1", "<u1", "<f8"

TRADES = {
    "asset": _INT,
    "side": _SIDE,
    "quantity": _FLOAT,
    "entry_bar": _INT,
    "entry_price": _FLOAT,
    "exit_bar": _INT,
    "exit_price": _FLOAT,
    "fees": _FLOAT,
    "pnl": _FLOAT,
    "mfe": _FLOAT,
    "mae": _FLOAT,
    "bars_held": _INT,
    "reason": _FLAGS,
    "flags": _FLAGS,
}
OPEN = {
    "asset": _INT,
    "quantity": _FLOAT,
    "entry_bar": _INT,
    "entry_price": _FLOAT,
    "fees": _FLOAT,
    "mark": _FLOAT,
    "unrealised": _FLOAT,
    "mfe": _FLOAT,
    "mae": _FLOAT,
}
DROPPED = {"bar": _INT, "asset": _INT, "reason": _FLAGS}
FILLS = {"bar": _INT, "asset": _INT, "quantity": _FLOAT, "price": _FLOAT, "fee": _FLOAT}
EQUITY = {"equity": _FLOAT}
TABLES = {"trades": TRADES, "open": OPEN, "dropped": DROPPED, "fills": FILLS}


class Lengths(NamedTuple):
    """How many rows each table of a backtest has."""

    trades: int
    open: int
    dropped: int
    fills: int


def signature_of(runs: Iterable[Backtest]) -> str:
    """Give the SHA-256 of the trades and equity of *runs*: equal for equal behaviour alone.

    >>> signature_of([]) == hashlib.sha256().hexdigest()
    True
    """
    whole = hashlib.sha256()
    for run in runs:
        trades = _table_bytes(run.trades, TRADES)
        equity = _column_bytes(run.equity, _FLOAT)
        for part in (trades, equity):
            whole.update(len(part).to_bytes(8, "little"))
            whole.update(part)
    return whole.hexdigest()


def lengths_of(run: Backtest) -> Lengths:
    """Count the rows of each table."""
    return Lengths(len(run.trades), len(run.open.asset), len(run.dropped.bar), len(run.fills.bar))


def bytes_of(run: Backtest) -> bytes:
    """Write all columns of *run*: its equity, then each table of ``TABLES``, column by column."""
    tables = (_table_bytes(getattr(run, name), columns) for name, columns in TABLES.items())
    return _column_bytes(run.equity, _FLOAT) + b"".join(tables)


def returns_bytes(run: Backtest) -> bytes:
    """Write the T - 1 returns of *run* from close to close."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _column_bytes(returns_of(run.equity), _FLOAT)


def returns_from(data: bytes, length: int) -> NDArray[np.float64] | None:
    """Read what :func:`returns_bytes` wrote for *length* bars; None: an equity was not positive.

    Raises:
        ValueError: there are more or fewer bytes than these bars take.
    """
    if len(data) != (length - 1) * np.dtype(_FLOAT).itemsize:
        message = f"{len(data)} bytes are not the returns of {length} bars"
        raise ValueError(message)
    returns = np.frombuffer(data, _FLOAT).astype(np.float64)
    return returns if bool(np.isfinite(returns).all()) else None


def size_of(length: int, lengths: Lengths) -> int:
    """Say how many bytes :func:`bytes_of` gives for *length* bars and so many rows."""
    rows = lengths._asdict()
    widths = {name: _width(columns) for name, columns in TABLES.items()}
    tables: int = sum(rows[name] * width for name, width in widths.items())
    return length * _width(EQUITY) + tables


def backtest_of(
    data: memoryview, bars: Bars, lengths: Lengths, cash: tuple[float, float]
) -> Backtest:
    """Read what :func:`bytes_of` wrote; *cash* at the start and at the end are not in it.

    Nothing but the number of bytes is checked: whoever wrote them may have written anything.

    Raises:
        ValueError: there are more or fewer bytes than these bars and lengths take.
    """
    if len(data) != size_of(bars.length, lengths):
        message = f"{len(data)} bytes instead of {size_of(bars.length, lengths)}"
        raise ValueError(message)
    reader = _Reader(data)
    equity = reader.columns(EQUITY, bars.length)["equity"]
    return Backtest(
        bars=bars,
        cash_start=cash[0],
        cash_end=cash[1],
        equity=equity,
        trades=Trades(**reader.columns(TRADES, lengths.trades)),
        open=OpenPositions(**reader.columns(OPEN, lengths.open)),
        dropped=DroppedOrders(**reader.columns(DROPPED, lengths.dropped)),
        fills=Fills(**reader.columns(FILLS, lengths.fills)),
    )


class _Reader:
    """Takes column after column from the front of *data*."""

    def __init__(self, data: memoryview) -> None:
        self._rest = data

    def columns(self, layout: Mapping[str, str], rows: int) -> dict[str, Column]:
        return {name: self._column(np.dtype(kind), rows) for name, kind in layout.items()}

    def _column(self, kind: np.dtype[Any], rows: int) -> Column:
        part, self._rest = self._rest[: rows * kind.itemsize], self._rest[rows * kind.itemsize :]
        native = np.frombuffer(part, kind).astype(kind.newbyteorder("="))
        native.setflags(write=False)
        return native


def _width(columns: Mapping[str, str]) -> int:
    width: int = sum(np.dtype(kind).itemsize for kind in columns.values())
    return width


def _table_bytes(table: object, columns: Mapping[str, str]) -> bytes:
    return b"".join(_column_bytes(getattr(table, name), kind) for name, kind in columns.items())


def _column_bytes(column: Column, kind: str) -> bytes:
    values = np.asarray(column)
    if kind == _FLOAT:
        values = np.where(np.isnan(values), np.nan, values + 0.0)  # -0.0 + 0.0 is 0.0
    return values.astype(kind).tobytes()
