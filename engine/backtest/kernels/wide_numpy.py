"""The wide kernel without a compiler: its looks at all assets are numpy calls.

What happens to single assets is done by the same functions as everywhere. Each pass here has the
name of the pass of ``wide`` that it stands for.
"""

from __future__ import annotations

import numpy as np

from engine.backtest.kernels.layout import (
    FILL_AT_CLOSE,
    MOVING,
    NOW,
    ON_CLOSE,
    QUEUED,
    Book,
)
from engine.backtest.kernels.levels import move_levels
from engine.backtest.kernels.narrow import clear_orders, has_bar, has_room
from engine.backtest.kernels.plain import Views
from engine.backtest.kernels.wide import fill_found, read_found, visit


def run_numpy(views: Views, start: int, stop: int) -> int:
    """Work on the bars ``start <= t < stop``; give the bar before which the records were full."""
    for t in range(start, stop):
        if not has_room(views.book):
            return t
        _open(views, t)
        _close(views, t, t)
    return stop


def step_numpy(t: int, orders: int, views: Views) -> bool:
    """Take one step: see ``narrow.step_narrow``."""
    if orders >= 0:
        _close(views, orders, 0)
        clear_orders(views.book)
    if t >= 0:
        _open(views, t)
    return has_room(views.book)


def _open(views: Views, t: int) -> None:
    book, arrays = views.book, views.arrays
    book.counts[NOW] = t
    _look(arrays, t)
    found = _gather(arrays)
    if found:
        visit(book, t, found)
    _show(arrays, t)
    if book.knobs[MOVING] != 0:
        for n in np.flatnonzero(arrays.quantity).tolist():
            if has_bar(book, t, n):
                move_levels(book, n)
    else:
        _trail_all(arrays, t)
    _settle(arrays, t)


def _look(arrays: Book, t: int) -> None:
    on_close = arrays.knobs[ON_CLOSE] != 0
    low = arrays.close[t] if on_close else arrays.low[t]
    high = arrays.close[t] if on_close else arrays.high[t]
    met = (low <= arrays.lower) | (high >= arrays.upper) | (t >= arrays.due)
    np.not_equal(met | (arrays.pending != 0), 0, out=arrays.flags.view(bool))


def _gather(arrays: Book) -> int:
    found = np.flatnonzero(arrays.flags)
    arrays.hits[0, : len(found)] = found
    return len(found)


def _show(arrays: Book, t: int) -> None:
    close = arrays.close[t]
    np.copyto(arrays.mark, close, where=close == close)  # noqa: PLR0124 - not NaN
    np.fmax(arrays.peak, arrays.high[t], out=arrays.peak)
    np.fmin(arrays.trough, arrays.low[t], out=arrays.trough)


def _trail_all(arrays: Book, t: int) -> None:
    np.fmax(arrays.lower, arrays.high[t] * arrays.trail_long, out=arrays.lower)
    np.fmin(arrays.upper, arrays.low[t] * arrays.trail_short, out=arrays.upper)


def _settle(arrays: Book, t: int) -> None:
    """Add one asset after the other: ``sum`` would add pairs."""
    parts = np.empty(len(arrays.quantity) + 1)
    parts[0] = arrays.cash[0]
    np.multiply(arrays.quantity, arrays.mark, out=parts[1:])
    equity = np.cumsum(parts)[-1]
    arrays.worth[0] = equity
    arrays.equity[t] = equity


def _close(views: Views, t: int, row: int) -> None:
    book, arrays = views.book, views.arrays
    np.bitwise_and(arrays.codes[row], arrays.wants, out=arrays.flags)
    found = _gather(arrays)
    if found:
        read_found(book, t, row, found)
    if book.counts[QUEUED] != 0 and book.knobs[FILL_AT_CLOSE] != 0:
        arrays.flags[:] = arrays.pending
        fill_found(book, t, _gather(arrays), book.close)
        _settle(arrays, t)
