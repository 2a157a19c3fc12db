"""What a run has recorded, as the columns of its result."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.kernels import layout
from engine.backtest.kernels.layout import NEVER_FILLED, NOTHING, Book
from engine.backtest.results import Backtest, DroppedOrders, Fills, OpenPositions, Trades


def backtest_of(bars: Bars, cash_start: float, book: Book) -> Backtest:
    """Give the run that *book* has recorded; its arrays are views where the book holds arrays."""
    return Backtest(
        bars=bars,
        cash_start=cash_start,
        cash_end=float(book.cash[0]),
        equity=book.equity,
        trades=trades_of(book),
        open=_open_positions(book),
        dropped=_dropped(book, bars.length),
        fills=_fills(book),
    )


def trades_of(book: Book) -> Trades:
    """Give the trades recorded so far."""
    count = int(book.counts[layout.TRADES])
    money, whole = book.money, book.whole
    return Trades(
        asset=whole[layout.TRADE_ASSET][:count],
        side=whole[layout.TRADE_SIDE][:count].astype(np.int8),
        quantity=money[layout.TRADE_QUANTITY][:count],
        entry_bar=whole[layout.TRADE_ENTRY_BAR][:count],
        entry_price=money[layout.TRADE_ENTRY][:count],
        exit_bar=whole[layout.TRADE_EXIT_BAR][:count],
        exit_price=money[layout.TRADE_EXIT][:count],
        fees=money[layout.TRADE_FEES][:count],
        pnl=money[layout.TRADE_PNL][:count],
        mfe=money[layout.TRADE_MFE][:count],
        mae=money[layout.TRADE_MAE][:count],
        bars_held=whole[layout.TRADE_BARS][:count],
        reason=whole[layout.TRADE_REASON][:count].astype(np.uint8),
        flags=whole[layout.TRADE_FLAGS][:count].astype(np.uint8),
    )


def _fills(book: Book) -> Fills:
    count = int(book.counts[layout.FILLS])
    return Fills(
        bar=book.whole[layout.FILL_BAR_OF][:count],
        asset=book.whole[layout.FILL_ASSET][:count],
        quantity=book.money[layout.FILL_QUANTITY][:count],
        price=book.money[layout.FILL_PRICE][:count],
        fee=book.money[layout.FILL_FEE][:count],
    )


def _dropped(book: Book, length: int) -> DroppedOrders:
    """Give the dropped orders, those behind them that are still queued after the last bar."""
    count = int(book.counts[layout.DROPS])
    waiting = np.flatnonzero(book.pending != NOTHING)
    bar = book.whole[layout.DROP_BAR][:count]
    asset = book.whole[layout.DROP_ASSET][:count]
    reason = book.whole[layout.DROP_REASON][:count].astype(np.uint8)
    if len(waiting):
        bar = np.append(bar, np.full(len(waiting), length - 1, dtype=np.int32))
        asset = np.append(asset, waiting.astype(np.int32))
        reason = np.append(reason, np.full(len(waiting), NEVER_FILLED, dtype=np.uint8))
    return DroppedOrders(bar=bar, asset=asset, reason=reason)


def _open_positions(book: Book) -> OpenPositions:
    held = np.flatnonzero(book.quantity)
    quantity = book.quantity[held]
    cold = book.cold[held]
    entry, fees = cold[:, layout.ENTRY].copy(), cold[:, layout.FEES].copy()
    mark = book.mark[held]
    long = quantity > 0.0
    up = _excursions(book.peak[held] - entry, entry)
    down = _excursions(entry - book.trough[held], entry)
    return OpenPositions(
        asset=held.astype(np.int32),
        quantity=quantity,
        entry_bar=cold[:, layout.FILL_BAR].astype(np.int32),
        entry_price=entry,
        fees=fees,
        mark=mark,
        unrealised=(mark - entry) * np.abs(quantity) * np.sign(quantity) - fees,
        mfe=np.where(long, up, down),
        mae=np.where(long, down, up),
    )


def _excursions(distance: NDArray[np.float64], entry: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give what ``fills.excursion`` gives, of many."""
    shares = distance / entry
    return np.where(shares > 0.0, shares, 0.0)
