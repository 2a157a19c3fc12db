"""Where strategies leave their orders, and how an order's size is said in the account's terms."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.backtest.account_terms import Sizing
from engine.backtest.bars import Bars
from engine.backtest.signals import EXIT_LONG, EXIT_SHORT
from engine.errors import UserError

FIELDS = ("open", "high", "low", "close", "volume")
EXIT = EXIT_LONG | EXIT_SHORT


class Account(Protocol):
    """What a strategy sees of its account at a close, and the rows that its orders go to."""

    @property
    def position(self) -> NDArray[np.float64]:
        """Units held of each asset, signed."""

    @property
    def entry_price(self) -> NDArray[np.float64]:
        """Their average entry prices; anything where nothing is held."""

    @property
    def equity(self) -> float:
        """Cash plus marks at this close."""

    @property
    def cash(self) -> float:
        """Money that is not in positions."""

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The orders of this close, bits of ``signals``; 0: none."""

    @property
    def sizes(self) -> NDArray[np.float64]:
        """Their sizes; NaN: the account's own."""


class Watching:
    """The account of a strategy that warms up before its window: all cash; orders go nowhere."""

    def __init__(self, width: int, cash: float) -> None:
        self.position = np.zeros(width)
        self.entry_price = np.zeros(width)
        self.equity = self.cash = cash
        self.codes = np.zeros(width, dtype=np.uint8)
        self.sizes = np.full(width, np.nan)


def worth(
    units: NDArray[np.float64] | float,
    price: NDArray[np.float64] | float,
    sizing: Sizing,
    equity: float,
) -> NDArray[np.float64] | float:
    """Say how large a position is at *price*, in the account's sizing, signed."""
    if sizing is Sizing.UNITS:
        return units
    value = units * price
    return value if sizing is Sizing.VALUE else value / equity


def wanted_size(size: float) -> float:
    """Give back the size of an order.

    Raises:
        ValueError: it is not above 0 and finite.
    """
    if not 0 < size < np.inf:
        message = f"the size of an order is a number above 0, not {size!r}: its side is its name's"
        raise ValueError(message)
    return float(size)


def wanted_sizes(sizes: ArrayLike, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give sizes for all assets; those of *mask* must be above 0 and finite (``ValueError``)."""
    values = np.broadcast_to(np.asarray(sizes, dtype=np.float64), mask.shape)
    bad = mask & ~((values > 0) & (values < np.inf))
    if bad.any():
        wanted_size(float(values[bad][0]))
    return values


def past(bars: Bars, field: str, t: int, n: int) -> NDArray[np.float64]:
    """Give the view ``[min(n, t + 1), N]`` of the last *n* bars up to *t*; copy it before use.

    Raises:
        UserError: there is no such field.
        ValueError: n is below 1.
    """
    column = getattr(bars, field, None) if field in FIELDS else None
    if column is None:
        there = [name for name in FIELDS if getattr(bars, name) is not None]
        problem = f"the bars have no {field}."
        raise UserError(problem, None, f"They have {', '.join(there)}.")
    if n < 1:
        message = f"a history has at least 1 bar, not {n}"
        raise ValueError(message)
    view: NDArray[np.float64] = column[max(0, t + 1 - n) : t + 1]
    return view
