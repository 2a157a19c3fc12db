"""Orders: what a signal's code asks for, and how queued orders become fills."""

# mypy: disable-error-code="no-any-return"
# What a kernel reads may be memory views or raw arrays: their elements are not typed.

from __future__ import annotations

from engine.backtest.kernels.fills import (
    drop,
    free_cash,
    leave,
    lock,
    pay,
    see,
    slipped,
    surely_free,
    whole_lots,
)
from engine.backtest.kernels.layout import (
    ADD,
    AIM,
    BASIS,
    BASIS_IS_FILL,
    BEST,
    CLOSE,
    CONFLICT,
    CUT,
    ENTRY,
    EXIT_ON_BAR,
    FEE,
    FEE_FIXED,
    FEES,
    FILL_AT_CLOSE,
    FILL_BAR,
    FRACTION,
    LEFT_BAR,
    NOTHING,
    NOW,
    OPEN,
    ORDER_AMOUNT,
    ORDER_BAR,
    ORDER_REASON,
    ORDER_SIDE,
    QUEUED,
    REDUCTION,
    REFUSED,
    REFUSES,
    REVERSAL,
    SHORTS,
    SIGNAL,
    SIZE,
    SIZING,
    TOO_SMALL,
    UNITS,
    WANTS_LONG,
    WANTS_SHORT,
    Book,
    Exit,
)
from engine.backtest.kernels.levels import rest_again, rest_levels


def queue(book: Book, n: int, kind: int, reason: int) -> None:
    """Queue an order of asset *n* at this close; it replaces one that is queued."""
    if book.pending[n] == NOTHING:
        book.counts[QUEUED] += 1
    book.pending[n] = kind
    book.cold[n, ORDER_BAR] = book.counts[NOW]
    book.cold[n, ORDER_REASON] = reason


def unqueue(book: Book, n: int) -> None:
    """Take the order of asset *n* out of the queue."""
    book.pending[n] = NOTHING
    book.counts[QUEUED] -= 1


def read_signal(book: Book, n: int, code: int, size: float) -> None:
    """Queue what *code* asks for at this close; *size* NaN: the account's own."""
    amount = book.terms[SIZE] if size != size else size  # noqa: PLR0124 - NaN
    if book.knobs[SIZING] == FRACTION:
        amount = amount * book.worth[n]
    held = book.quantity[n]
    if code & 16:
        _aim(book, n, amount)
    elif held == 0.0:
        _read_flat(book, n, code, amount)
    else:
        _read_held(book, n, code, amount)


def _aim(book: Book, n: int, amount: float) -> None:
    if amount != 0.0 and just_left(book, n):
        drop(book, n, EXIT_ON_BAR)
        return
    queue(book, n, AIM, SIGNAL)
    book.cold[n, ORDER_AMOUNT] = amount


def _read_flat(book: Book, n: int, code: int, amount: float) -> None:
    entries = code & 5
    if entries == 0:
        return
    if entries == 5 or (code & 3) == 3 or (code & 12) == 12:  # noqa: PLR2004 - bits of Signals
        drop(book, n, CONFLICT)
        return
    if just_left(book, n):
        drop(book, n, EXIT_ON_BAR)
        return
    queue(book, n, OPEN, SIGNAL)
    book.cold[n, ORDER_AMOUNT] = amount
    book.cold[n, ORDER_SIDE] = 1.0 if entries == 1 else -1.0


def _read_held(book: Book, n: int, code: int, amount: float) -> None:
    long = book.quantity[n] > 0.0
    reverses = 4 if long else 1
    if (code & 5) == 5:  # noqa: PLR2004
        drop(book, n, CONFLICT)
    elif code & reverses:
        queue(book, n, OPEN, REVERSAL)
        book.cold[n, ORDER_AMOUNT] = amount
        book.cold[n, ORDER_SIDE] = -1.0 if long else 1.0
        return
    if code & (2 if long else 8) and book.pending[n] == NOTHING:
        queue(book, n, CLOSE, SIGNAL)


def just_left(book: Book, n: int) -> bool:
    """Say whether a level was met on this bar, whose close is where orders are filled."""
    return book.knobs[FILL_AT_CLOSE] != 0 and book.cold[n, LEFT_BAR] == book.counts[NOW]


def units_of(book: Book, amount: float, price: float) -> float:
    """Give the units of an amount in the account's sizing; fractions are money by now."""
    return amount if book.knobs[SIZING] == UNITS else amount / price


def leave_by_order(book: Book, n: int, price: float) -> None:
    """Carry out what the queued order closes; what it is to open stays queued."""
    held = book.quantity[n]
    if book.pending[n] == AIM:
        left = _towards_aim(book, n, price)
    else:
        at = slipped(book, n, price, held < 0.0)
        left = Exit(abs(held), at, int(book.cold[n, ORDER_REASON]), 0)
        if book.pending[n] == CLOSE:
            unqueue(book, n)
    if left.part > 0.0:
        leave(book, n, left)


def _towards_aim(book: Book, n: int, price: float) -> Exit:
    """Give what has to be left to hold the amount of the order, and leave queued what to open."""
    cold = book.cold
    held = book.quantity[n]
    amount = cold[n, ORDER_AMOUNT]
    difference = units_of(book, amount, price) - held
    at = slipped(book, n, price, difference > 0.0)
    units = units_of(book, amount, at)
    cold[n, ORDER_SIDE] = 1.0 if units > 0.0 else -1.0
    cold[n, ORDER_AMOUNT] = abs(amount)
    book.pending[n] = OPEN
    if difference == 0.0:
        unqueue(book, n)
        return Exit(0.0, at, SIGNAL, 0)
    if held == 0.0:
        return Exit(0.0, at, SIGNAL, 0)
    if units == 0.0:
        unqueue(book, n)
        return Exit(abs(held), at, SIGNAL, 0)
    if (units > 0.0) != (held > 0.0):
        return Exit(abs(held), at, REVERSAL, 0)
    return _resized(book, n, difference > 0.0, Exit(abs(units), at, REDUCTION, 0))


def _resized(book: Book, n: int, buys: bool, wanted: Exit) -> Exit:  # noqa: FBT001
    """Give what has to be left of a position that becomes *wanted.part*; adding stays queued."""
    held = book.quantity[n]
    if buys == (held > 0.0):
        book.pending[n] = ADD
        return Exit(0.0, wanted.price, SIGNAL, 0)
    unqueue(book, n)
    part = whole_lots(book, abs(held) - wanted.part)
    return Exit(part, wanted.price, SIGNAL if part == abs(held) else REDUCTION, 0)


def enter_by_order(book: Book, n: int, price: float) -> None:
    """Open or add as far as lots and cash go, and take the order out of the queue."""
    cold = book.cold
    adds = book.pending[n] == ADD
    unqueue(book, n)
    side = cold[n, ORDER_SIDE]
    at = slipped(book, n, price, side > 0.0)
    units = units_of(book, cold[n, ORDER_AMOUNT], at)
    held = abs(book.quantity[n])
    units = whole_lots(book, units - held if adds else units)
    if adds and not units > 0.0:
        return
    units = _affordable(book, n, units, at)
    if not units > 0.0:
        return
    fee = pay(book, n, side * units, at)
    if adds:
        _add(book, n, units, at)
        cold[n, FEES] += fee
    else:
        _open(book, n, side * units, at)
        cold[n, FEES] = fee
    _rest(book, n, adds)
    if side < 0.0:
        lock(book, n, 2.0 * cold[n, ENTRY] * abs(book.quantity[n]))


def _affordable(book: Book, n: int, units: float, price: float) -> float:
    if not units > 0.0 or not price > 0.0:
        drop(book, n, TOO_SMALL)
        return 0.0
    share = 1.0 + book.terms[FEE]
    cost = units * price * share + book.terms[FEE_FIXED]
    if cost <= surely_free(book, n):
        return units
    free = free_cash(book, n)
    if cost <= free:
        return units
    if book.knobs[REFUSES] != 0:
        drop(book, n, REFUSED)
        return 0.0
    cut = whole_lots(book, (free - book.terms[FEE_FIXED]) / (price * share))
    drop(book, n, CUT if cut > 0.0 else TOO_SMALL)
    return cut


def _basis(book: Book, n: int, price: float) -> float:
    if book.knobs[BASIS_IS_FILL] != 0:
        return price
    return book.close[int(book.cold[n, ORDER_BAR]), n]


def _open(book: Book, n: int, signed: float, price: float) -> None:
    cold = book.cold
    book.quantity[n] = signed
    book.wants[n] = WANTS_LONG if signed > 0.0 else WANTS_SHORT
    book.counts[SHORTS] += signed < 0.0
    book.peak[n] = price
    book.trough[n] = price
    cold[n, ENTRY] = price
    cold[n, FILL_BAR] = book.counts[NOW]
    cold[n, BASIS] = _basis(book, n, price)


def _add(book: Book, n: int, units: float, price: float) -> None:
    cold = book.cold
    held = abs(book.quantity[n])
    side = cold[n, ORDER_SIDE]
    basis = _basis(book, n, price)
    after = held + units
    cold[n, ENTRY] = (cold[n, ENTRY] * held + price * units) / after
    cold[n, BASIS] = (cold[n, BASIS] * held + basis * units) / after
    if side * basis > side * cold[n, BEST]:
        cold[n, BEST] = basis
    book.quantity[n] = side * after
    see(book, n, price)


def _rest(book: Book, n: int, adds: bool) -> None:  # noqa: FBT001
    order_bar = int(book.cold[n, ORDER_BAR])
    if adds:
        rest_again(book, n, order_bar)
    else:
        rest_levels(book, n, order_bar)
