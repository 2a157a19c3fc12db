"""What a run has recorded, as the columns of its result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.kernels import layout
from engine.backtest.kernels.fills import excursion
from engine.backtest.kernels.layout import NEVER_FILLED, NOTHING, Book
from engine.backtest.results import Backtest, DroppedOrders, Fills, OpenPositions, Trades


def backtest_of(bars: Bars, cash_start: float, book: Book) -> Backtest:
    """Give the run that *book* has recorded; its arrays are views where the book holds arrays."""
    return Backtest(
        bars=bars,
        cash_start=cash_start,
        cash_end=float(book.cash[0]),
        equity=np.asarray(book.equity, dtype=np.float64),
        trades=trades_of(book),
        open=_open_positions(book),
        dropped=_dropped(book, bars.length),
        fills=_fills(book),
    )


def trades_of(book: Book) -> Trades:
    """Give the trades recorded so far."""
    count = int(book.counts[layout.TRADES])
    money, whole = book.money, book.whole
    why = _part(whole[layout.TRADE_WHY], count, np.int32)
    return Trades(
        asset=_part(whole[layout.TRADE_ASSET], count, np.int32),
        side=np.where(why >= layout.SHORT_FACTOR, np.int8(-1), np.int8(1)),
        quantity=_part(money[layout.TRADE_QUANTITY], count),
        entry_bar=_part(whole[layout.TRADE_ENTRY_BAR], count, np.int32),
        entry_price=_part(money[layout.TRADE_ENTRY], count),
        exit_bar=_part(whole[layout.TRADE_EXIT_BAR], count, np.int32),
        exit_price=_part(money[layout.TRADE_EXIT], count),
        fees=_part(money[layout.TRADE_FEES], count),
        pnl=_part(money[layout.TRADE_PNL], count),
        mfe=_part(money[layout.TRADE_MFE], count),
        mae=_part(money[layout.TRADE_MAE], count),
        bars_held=_part(whole[layout.TRADE_BARS], count, np.int32),
        reason=(why % layout.FLAG_FACTOR).astype(np.uint8),
        flags=(why % layout.SHORT_FACTOR // layout.FLAG_FACTOR).astype(np.uint8),
    )


def _part(column: Any, count: int, kind: Any = np.float64) -> NDArray[Any]:
    return np.asarray(column[:count], dtype=kind)


def _fills(book: Book) -> Fills:
    count = int(book.counts[layout.FILLS])
    return Fills(
        bar=_part(book.whole[layout.FILL_BAR_OF], count, np.int32),
        asset=_part(book.whole[layout.FILL_ASSET], count, np.int32),
        quantity=_part(book.money[layout.FILL_QUANTITY], count),
        price=_part(book.money[layout.FILL_PRICE], count),
        fee=_part(book.money[layout.FILL_FEE], count),
    )


def _dropped(book: Book, length: int) -> DroppedOrders:
    """Give the dropped orders, those behind them that are still queued after the last bar."""
    count = int(book.counts[layout.DROPS])
    waiting = [n for n, kind in enumerate(book.pending) if kind != NOTHING]
    bar = _part(book.whole[layout.DROP_BAR], count, np.int32)
    asset = _part(book.whole[layout.DROP_ASSET], count, np.int32)
    reason = _part(book.whole[layout.DROP_REASON], count, np.uint8)
    if waiting:
        bar = np.append(bar, np.full(len(waiting), length - 1, dtype=np.int32))
        asset = np.append(asset, np.array(waiting, dtype=np.int32))
        reason = np.append(reason, np.full(len(waiting), NEVER_FILLED, dtype=np.uint8))
    return DroppedOrders(bar=bar, asset=asset, reason=reason)


def _open_positions(book: Book) -> OpenPositions:
    quantity = np.asarray(book.quantity, dtype=np.float64)
    held = np.flatnonzero(quantity)
    cold = np.asarray(book.cold, dtype=np.float64)[held]
    entry, fees = cold[:, layout.ENTRY].copy(), cold[:, layout.FEES].copy()
    mark = np.asarray(book.mark, dtype=np.float64)[held]
    side = np.sign(quantity[held])
    best = np.array([excursions(book, n) for n in held], dtype=np.float64).reshape(-1, 2)
    return OpenPositions(
        asset=held.astype(np.int32),
        quantity=quantity[held],
        entry_bar=cold[:, layout.FILL_BAR].astype(np.int32),
        entry_price=entry,
        fees=fees,
        mark=mark,
        unrealised=(mark - entry) * np.abs(quantity[held]) * side - fees,
        mfe=best[:, 0].copy(),
        mae=best[:, 1].copy(),
    )


def excursions(book: Book, n: Any) -> tuple[float, float]:
    """Give the best and worst excursion of a held asset so far."""
    entry = book.cold[n, layout.ENTRY]
    up = excursion(book.peak[n] - entry, entry)
    down = excursion(entry - book.trough[n], entry)
    return (up, down) if book.quantity[n] > 0 else (down, up)
