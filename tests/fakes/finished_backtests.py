"""Finished backtests put together by hand: an equity curve, and the few columns that matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.backtest.bars import Bars
from engine.backtest.results import Backtest, DroppedOrders, Fills, OpenPositions, Trades

DAYS = np.datetime64("2024-01-01", "ns")


def bars_of(closes: Sequence[float], symbol: str = "ABC") -> Bars:
    """Give bars of one asset, whose four prices are its closes, on consecutive days."""
    prices = np.array(closes, dtype=np.float64)[:, None]
    times = DAYS + np.arange(len(closes)) * np.timedelta64(1, "D")
    return Bars(times=times, symbols=(symbol,), open=prices, high=prices, low=prices, close=prices)


def backtest(  # noqa: PLR0913 - a table each
    equity: Sequence[float],
    *,
    start: float = 100.0,
    trades: Sequence[dict[str, Any]] = (),
    fills: Sequence[dict[str, Any]] = (),
    held: Sequence[dict[str, Any]] = (),
    dropped: Sequence[dict[str, Any]] = (),
) -> Backtest:
    """Give a run with this equity; what a row leaves out is 0."""
    return Backtest(
        bars=bars_of(equity),
        cash_start=start,
        cash_end=equity[-1],
        equity=np.array(equity, dtype=np.float64),
        trades=Trades(**_columns(Trades, trades)),
        open=OpenPositions(**_columns(OpenPositions, held)),
        dropped=DroppedOrders(**_columns(DroppedOrders, dropped)),
        fills=Fills(**_columns(Fills, fills)),
    )


def _columns(table: type[Any], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    kinds = {name: _kind(str(text)) for name, text in table.__annotations__.items()}
    columns = {name: [row.get(name, 0) for row in rows] for name in kinds}
    return {name: np.array(columns[name], kind) for name, kind in kinds.items()}


def _kind(annotation: str) -> str:
    return annotation.removeprefix("NDArray[np.").removesuffix("]")
