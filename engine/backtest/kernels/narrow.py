"""The narrow kernel: one asset after the other, for few assets."""

# mypy: disable-error-code="no-any-return"
# What a kernel reads may be memory views or raw arrays: their elements are not typed.

from __future__ import annotations

from engine.backtest.kernels.closing import leave_within, queue_on_close
from engine.backtest.kernels.layout import (
    CAPACITY,
    CLOSE,
    DROPS,
    FILL_AT_CLOSE,
    FILLS,
    MOVING,
    NO_SIZE,
    NOTHING,
    NOW,
    ON_CLOSE,
    QUEUED,
    ROWS_A_BAR,
    SIZED,
    TIME,
    TRADES,
    WIDTH,
    Array,
    Book,
)
from engine.backtest.kernels.levels import move_levels
from engine.backtest.kernels.orders import enter_by_order, leave_by_order, queue, read_signal

# What is armed; a kernel is compiled without what is not.
RESTS: bool = True  # any level or time exit
TRAILS: bool = True  # a plain trailing stop, and nothing that moves levels otherwise
MOVES: bool = True


def run_narrow(book: Book, start: int, stop: int) -> int:
    """Work on the bars ``start <= t < stop``; give the bar before which the records were full."""
    for t in range(start, stop):
        if not has_room(book):
            return t
        open_narrow(book, t)
        close_narrow(book, t, t)
    return stop


def step_narrow(t: int, orders: int, book: Book) -> bool:
    """Read the orders of close *orders*, then take bar *t* up to its close; below 0: not.

    Say whether the records have room for the next step.
    """
    if orders >= 0:
        close_narrow(book, orders, 0)
        clear_orders(book)
    if t >= 0:
        open_narrow(book, t)
    return has_room(book)


def clear_orders(book: Book) -> None:
    """Forget the orders that were read."""
    for n in range(book.knobs[WIDTH]):
        book.codes[0, n] = NOTHING
        book.sizes[0, n] = NO_SIZE


def has_room(book: Book) -> bool:
    """Say whether the records hold what one bar may leave."""
    most = max(book.counts[TRADES], book.counts[FILLS], book.counts[DROPS])
    return most + ROWS_A_BAR * book.knobs[WIDTH] <= book.knobs[CAPACITY]


def open_narrow(book: Book, t: int) -> None:
    """Take bar *t* up to its close: orders at the open, levels, time exits, extremes, equity."""
    book.counts[NOW] = t
    if book.counts[QUEUED] != 0 and book.knobs[FILL_AT_CLOSE] == 0:
        fill_queue(book, book.open)
    for n in range(book.knobs[WIDTH]):
        close = book.close[t, n]
        if close == close:  # noqa: PLR0124 - not NaN: there is a bar
            if book.quantity[n] != 0.0:
                _hold(book, t, n)
            book.mark[n] = close
    settle(book, t)


def _hold(book: Book, t: int, n: int) -> None:
    """Take a held asset through its bar."""
    if RESTS:
        meet(book, t, n)
        if book.quantity[n] == 0.0:
            return
    low, high = book.low[t, n], book.high[t, n]
    if high > book.peak[n]:  # noqa: PLR1730 - max() costs Python more than all the rest
        book.peak[n] = high
    if low < book.trough[n]:  # noqa: PLR1730
        book.trough[n] = low
    if MOVES and book.knobs[MOVING] != 0:
        move_levels(book, n)
    elif TRAILS:
        trail(book, n, low, high)


def meet(book: Book, t: int, n: int) -> None:
    """Let a held asset meet its levels and its time exit."""
    met = book.low[t, n] <= book.lower[n] or book.high[t, n] >= book.upper[n]
    if met and book.knobs[ON_CLOSE] == 0:
        leave_within(book, n)
        if book.quantity[n] == 0.0:
            return
    if t >= book.due[n]:
        queue(book, n, CLOSE, TIME)
    if book.knobs[ON_CLOSE] != 0:
        queue_on_close(book, n)


def trail(book: Book, n: int, low: float, high: float) -> None:
    """Tighten a plain trailing stop by the bar's extremes.

    Rounding is monotonous: the tightest of ``high * (1 - fraction)`` over all bars is that of
    the highest high, so no best price is kept.
    """
    level = high * book.trail_long[n]
    if level > book.lower[n]:  # noqa: PLR1730
        book.lower[n] = level
    level = low * book.trail_short[n]
    if level < book.upper[n]:  # noqa: PLR1730
        book.upper[n] = level


def fill_queue(book: Book, prices: Array) -> None:
    """Fill the queued orders of all assets with a bar: first what leaves, then what enters."""
    t = book.counts[NOW]
    for n in range(book.knobs[WIDTH]):
        if book.pending[n] != NOTHING and has_bar(book, t, n):
            leave_by_order(book, n, prices[t, n])
    for n in range(book.knobs[WIDTH]):
        if book.pending[n] != NOTHING and has_bar(book, t, n):
            enter_by_order(book, n, prices[t, n])


def has_bar(book: Book, t: int, n: int) -> bool:
    """Say whether asset *n* has a bar at *t*: its close is not NaN."""
    return book.close[t, n] == book.close[t, n]


def settle(book: Book, t: int) -> None:
    """Mark the account at close *t*, one asset after the other."""
    equity = book.cash[0]
    for n in range(book.knobs[WIDTH]):
        equity += book.quantity[n] * book.mark[n]
    book.worth[0] = equity
    book.equity[t] = equity


def close_narrow(book: Book, t: int, row: int) -> None:
    """Read the signals of close *t*, which lie in *row*, and fill them where the profile does."""
    codes = book.codes
    for n in range(book.knobs[WIDTH]):
        if codes[row, n] & book.wants[n] and has_bar(book, t, n):
            read_signal(book, n, codes[row, n], size_at(book, row, n))
    if book.counts[QUEUED] != 0 and book.knobs[FILL_AT_CLOSE] != 0:
        fill_queue(book, book.close)
        settle(book, t)


def size_at(book: Book, row: int, n: int) -> float:
    """Give the size that a signal names, NaN where it names none."""
    if book.knobs[SIZED] == 0:
        return NO_SIZE
    return book.sizes[row, n]
