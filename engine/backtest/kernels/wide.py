"""The wide kernel: on every bar a look at all assets at once, then at those alone that it finds.

Its loops over all assets have no branches, so that the compiler turns each into vector
instructions; where nothing is compiled ``wide_numpy`` has them as numpy calls.
"""

# mypy: disable-error-code="no-any-return"
# What a kernel reads may be memory views or raw arrays: their elements are not typed.

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.backtest.kernels.layout import (
    FILL_AT_CLOSE,
    FRACTION,
    MOVING,
    NOTHING,
    NOW,
    ON_CLOSE,
    OPEN,
    QUEUED,
    SHORTS,
    SIZING,
    TOGETHER,
    WIDTH,
    WORD,
    Array,
    Book,
)
from engine.backtest.kernels.levels import move_levels
from engine.backtest.kernels.narrow import clear_orders, has_bar, has_room, meet, settle, size_at
from engine.backtest.kernels.orders import enter_by_order, leave_by_order, read_signal

ZERO, ONE = np.uint64(0), np.uint64(1)

# What is armed: see ``narrow``.
RESTS: bool = True
TRAILS: bool = True
MOVES: bool = True


def run_wide(book: Book, start: int, stop: int) -> int:
    """Work on the bars ``start <= t < stop``; give the bar before which the records were full."""
    first = start
    for t in range(start, stop):
        if not has_room(book):
            settle_put_off(book, first, t)
            return t
        open_wide(book, t)
        if book.knobs[SIZING] == FRACTION:
            settle(book, t)
        close_wide(book, t, t)
        put_off(book, t)
        if t + 1 - first == TOGETHER:
            settle_put_off(book, first, t + 1)
            first = t + 1
    settle_put_off(book, first, stop)
    return stop


def put_off(book: Book, t: int) -> None:
    """Note what adds up to the equity of close *t*.

    The sum has to go from asset to asset, and each addition waits for the one before: eight
    closes together take hardly longer than one. Sizes that are fractions of equity cannot wait.
    """
    if book.knobs[SIZING] == FRACTION:
        return
    row = t % TOGETHER
    book.bases[row] = book.cash[0]
    for n in range(book.knobs[WIDTH]):
        book.parts[row, n] = book.quantity[n] * book.mark[n]


def settle_put_off(book: Book, first: int, stop: int) -> None:
    """Add up the closes ``first <= t < stop``, at most eight."""
    if book.knobs[SIZING] == FRACTION or first == stop:
        return
    bases, parts = book.bases, book.parts
    a, b, c, d = bases[0], bases[1], bases[2], bases[3]
    e, f, g, h = bases[4], bases[5], bases[6], bases[7]
    for n in range(book.knobs[WIDTH]):
        a += parts[0, n]
        b += parts[1, n]
        c += parts[2, n]
        d += parts[3, n]
        e += parts[4, n]
        f += parts[5, n]
        g += parts[6, n]
        h += parts[7, n]
    bases[0], bases[1], bases[2], bases[3] = a, b, c, d
    bases[4], bases[5], bases[6], bases[7] = e, f, g, h
    for t in range(first, stop):
        book.equity[t] = bases[t % TOGETHER]
    book.worth[0] = bases[(stop - 1) % TOGETHER]


def step_wide(t: int, orders: int, book: Book) -> bool:
    """Take one step: see ``narrow.step_narrow``."""
    if orders >= 0:
        close_wide(book, orders, 0)
        settle(book, orders)
        clear_orders(book)
    if t >= 0:
        open_wide(book, t)
        settle(book, t)
    return has_room(book)


def open_wide(book: Book, t: int) -> None:
    """Take bar *t* up to its close, all but its equity."""
    book.counts[NOW] = t
    if RESTS or book.counts[QUEUED] != 0:
        look(book, t)
        found = gather(book)
        if found != 0:
            visit(book, t, found)
    show(book, t)
    if MOVES and book.knobs[MOVING] != 0:
        for n in range(book.knobs[WIDTH]):
            if book.quantity[n] != 0.0 and has_bar(book, t, n):
                move_levels(book, n)
    elif TRAILS:
        trail_all(book, t)


def look(book: Book, t: int) -> None:
    """Flag the assets with an order, those whose bar meets a level or whose time is over."""
    width = book.knobs[WIDTH]
    if book.knobs[ON_CLOSE] != 0:
        for n in range(width):
            met = (book.close[t, n] <= book.lower[n]) | (book.close[t, n] >= book.upper[n])
            book.flags[n] = met
    else:
        for n in range(width):
            met = (book.low[t, n] <= book.lower[n]) | (book.high[t, n] >= book.upper[n])
            book.flags[n] = met
    if t >= book.next_due[0]:
        look_for_due(book, t)
    if book.counts[QUEUED] != 0:
        for n in range(width):
            book.flags[n] |= book.pending[n]


def look_for_due(book: Book, t: int) -> None:
    """Flag the assets whose time is over; what is due without a bar is looked for again."""
    soonest = math.inf
    for n in range(book.knobs[WIDTH]):
        due = book.due[n]
        book.flags[n] |= t >= due
        soonest = min(soonest, due)
    book.next_due[0] = soonest


def gather(book: Book) -> int:
    """List the flagged assets in ``hits[0]``; give how many they are."""
    found = 0
    for start in range(0, book.knobs[WIDTH], WORD):
        bits = bits_of(book.flags, start)
        while bits != ZERO:
            book.hits[0, found] = start + lowest_bit(bits)
            found += 1
            bits &= bits - ONE
    return found


def bits_of(flags: Array, start: int) -> Any:
    """Stand for ``raw_arrays.bits_of``, which compiled code has in this place."""
    raise NotImplementedError


def lowest_bit(bits: Any) -> int:
    """Stand for ``raw_arrays.lowest_bit``, likewise."""
    raise NotImplementedError


def visit(book: Book, t: int, found: int) -> None:
    """Do what happens to the listed assets on this bar: orders at the open, levels, time exits."""
    if book.counts[QUEUED] != 0 and book.knobs[FILL_AT_CLOSE] == 0:
        fill_found(book, t, found, book.open)
    for k in range(found):
        n = book.hits[0, k]
        if book.quantity[n] != 0.0 and has_bar(book, t, n):
            meet(book, t, n)


def fill_found(book: Book, t: int, found: int, prices: Array) -> None:
    """Fill the orders of listed assets with a bar: first what leaves, then what enters."""
    leaving = 0
    for k in range(found):  # listed without a branch, which would seldom be foreseen
        n = book.hits[0, k]
        book.hits[1, leaving] = n
        leaving += (book.pending[n] != OPEN) | (book.quantity[n] != 0.0)
    for k in range(leaving):
        n = book.hits[1, k]
        if book.pending[n] != NOTHING and has_bar(book, t, n):
            leave_by_order(book, n, prices[t, n])
    entering = 0
    for k in range(found):
        n = book.hits[0, k]
        book.hits[1, entering] = n
        entering += (book.pending[n] != NOTHING) & has_bar(book, t, n)
    for k in range(entering):
        n = book.hits[1, k]
        enter_by_order(book, n, prices[t, n])


def show(book: Book, t: int) -> None:
    """Mark all assets, and take the bar's extremes in; what is flat is not looked at."""
    for n in range(book.knobs[WIDTH]):
        close = book.close[t, n]
        book.mark[n] = close if close == close else book.mark[n]  # noqa: PLR0124 - not NaN
    for n in range(book.knobs[WIDTH]):
        high = book.high[t, n]
        book.peak[n] = max(book.peak[n], high)
    for n in range(book.knobs[WIDTH]):
        low = book.low[t, n]
        book.trough[n] = min(book.trough[n], low)


def trail_all(book: Book, t: int) -> None:
    """Tighten all plain trailing stops: see ``narrow.trail``."""
    for n in range(book.knobs[WIDTH]):
        level = book.high[t, n] * book.trail_long[n]
        book.lower[n] = max(book.lower[n], level)
    if book.counts[SHORTS] == 0:
        return
    for n in range(book.knobs[WIDTH]):
        level = book.low[t, n] * book.trail_short[n]
        book.upper[n] = min(book.upper[n], level)


def close_wide(book: Book, t: int, row: int) -> None:
    """Read the signals of close *t*, which lie in *row*, and fill them where the profile does."""
    for n in range(book.knobs[WIDTH]):
        book.flags[n] = book.codes[row, n] & book.wants[n]
    found = gather(book)
    if found != 0:
        read_found(book, t, row, found)
    if book.counts[QUEUED] != 0 and book.knobs[FILL_AT_CLOSE] != 0:
        for n in range(book.knobs[WIDTH]):
            book.flags[n] = book.pending[n]
        fill_found(book, t, gather(book), book.close)
        if book.knobs[SIZING] == FRACTION:
            settle(book, t)


def read_found(book: Book, t: int, row: int, found: int) -> None:
    """Read the signals of listed assets with a bar."""
    for k in range(found):
        n = book.hits[0, k]
        if has_bar(book, t, n):
            read_signal(book, n, book.codes[row, n], size_at(book, row, n))
