"""Exits by level: which of a bar's prices meets a stop or target first, and at what price."""

# mypy: disable-error-code="no-any-return"
# What a kernel reads may be memory views or raw arrays: their elements are not typed.

from __future__ import annotations

from engine.backtest.kernels.fills import leave, slipped
from engine.backtest.kernels.layout import (
    AMBIGUOUS,
    CLOSE,
    FILL_BAR,
    GAP,
    GAP_FIRST,
    LEFT_BAR,
    LIVE_ON_FILL_BAR,
    NOTHING,
    NOW,
    STOPS,
    Book,
    Exit,
)
from engine.backtest.kernels.levels import merged_stop, merged_target, stop_reason, target_reason
from engine.backtest.kernels.orders import queue


def is_live(book: Book, n: int) -> bool:
    """Say whether the levels of held asset *n* are tested on this bar."""
    return book.knobs[LIVE_ON_FILL_BAR] != 0 or book.counts[NOW] > book.cold[n, FILL_BAR]


def leave_within(book: Book, n: int) -> None:
    """Leave a held asset where its bar meets a level: gaps first, then the stop.

    Prices are looked at times the side: a short is a long in them.
    """
    if not is_live(book, n):
        return
    t = book.counts[NOW]
    long = book.quantity[n] > 0.0
    opened = book.open[t, n] if long else -book.open[t, n]
    worst = book.low[t, n] if long else -book.high[t, n]
    best = book.high[t, n] if long else -book.low[t, n]
    stop, target = merged_stop(book, n), merged_target(book, n)
    stops = opened <= stop
    price, flags = opened, GAP if opened < stop else 0
    if not stops:
        stops = worst <= stop
        gap = opened >= target and (book.knobs[GAP_FIRST] != 0 or not stops)
        if gap:
            stops = False
            flags = GAP if opened > target else 0
        elif stops:
            price, flags = stop, AMBIGUOUS if best >= target else 0
        elif best >= target:
            price, flags = target, 0
        else:
            return
    _leave_at(book, n, price if long else -price, flags + (STOPS if stops else 0))


def _leave_at(book: Book, n: int, price: float, how: int) -> None:
    held = book.quantity[n]
    stops = how >= STOPS
    reason = stop_reason(book, n) if stops else target_reason(book, n)
    at = slipped(book, n, price, held < 0.0) if stops else price
    leave(book, n, Exit(abs(held), at, reason, how % STOPS))
    book.cold[n, LEFT_BAR] = book.counts[NOW]


def queue_on_close(book: Book, n: int) -> None:
    """Queue the exit of a held asset whose close meets a level, but for a queued time exit."""
    if book.pending[n] != NOTHING or not is_live(book, n):
        return
    close = book.close[book.counts[NOW], n]
    long = book.quantity[n] > 0.0
    low, high = close <= book.lower[n], close >= book.upper[n]
    if low if long else high:
        queue(book, n, CLOSE, stop_reason(book, n))
    elif high if long else low:
        queue(book, n, CLOSE, target_reason(book, n))
