"""Lanes: many runs over the bars of one asset at once, each with an account of its own.

A lane takes the place of an asset in the wide kernel, whose functions are compiled with these in
the place of those of the same name.
"""

# mypy: disable-error-code="no-any-return"
# What a kernel reads may be memory views or raw arrays: their elements are not typed.

from __future__ import annotations

from engine.backtest.kernels.layout import (
    FRACTION,
    KEEPS_EQUITY,
    LOCKED,
    SIZING,
    WIDTH,
    Book,
)


def settle(book: Book, t: int) -> None:
    """Mark every lane's account at close *t*."""
    for n in range(book.knobs[WIDTH]):
        equity = book.cash[n] + book.quantity[n] * book.mark[n]
        book.worth[n] = equity
        book.equity[t * book.knobs[KEEPS_EQUITY], n] = equity


def free_cash(book: Book, n: int) -> float:
    """Give what lane *n* may spend."""
    return book.cash[n] - book.cold[n, LOCKED]


def put_off(book: Book, t: int) -> None:
    """Settle at once, where it is asked for: no lane waits for another."""
    if book.knobs[KEEPS_EQUITY] != 0 or book.knobs[SIZING] == FRACTION:
        settle(book, t)


def settle_put_off(book: Book, first: int, stop: int) -> None:
    """Settle the last of the closes, if it is all that is kept."""
    if book.knobs[KEEPS_EQUITY] == 0 and first < stop:
        settle(book, stop - 1)
