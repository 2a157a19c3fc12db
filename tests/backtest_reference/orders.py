"""Orders as a strategy's codes ask for them, and what the reference notes down."""

from __future__ import annotations

from dataclasses import dataclass

from engine.backtest.results import Dropped, Reason
from engine.backtest.signals import ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT, TARGET


@dataclass
class Order:
    """One order: ``wants`` is "open", "close", "reverse" or "target".

    ``side`` is that of what is opened; ``amount`` is in the account's sizing, of a fraction
    already money, signed for a target. ``placed`` is the bar of its signal.
    """

    wants: str
    placed: int
    reason: Reason = Reason.SIGNAL
    side: int = 0
    amount: float = 0.0


@dataclass
class Fill:
    """One fill; quantity > 0 buys."""

    bar: int
    asset: int
    quantity: float
    price: float
    fee: float


@dataclass
class Trade:
    """One round trip, whole or of a part."""

    asset: int
    side: int
    quantity: float
    entry_bar: int
    entry_price: float
    exit_bar: int
    exit_price: float
    fees: float
    pnl: float
    mfe: float
    mae: float
    bars_held: int
    reason: Reason
    flags: int


@dataclass
class Drop:
    """One order that was not carried out, or not whole."""

    bar: int
    asset: int
    reason: Dropped


def wanted(code: int, side: int) -> str | None:
    """Say what *code* asks of a position of *side* (0: flat): an order's word, or a conflict.

    "close" also where a conflict of entries comes with an exit: then "conflict+close".
    """
    if code & TARGET:
        return "target"
    long, short = bool(code & ENTER_LONG), bool(code & ENTER_SHORT)
    if side == 0:
        clash = (long and code & EXIT_LONG) or (short and code & EXIT_SHORT) or (long and short)
        if clash:
            return "conflict"
        return "open long" if long else "open short" if short else None
    leave = bool(code & (EXIT_LONG if side > 0 else EXIT_SHORT))
    if long and short:
        return "conflict+close" if leave else "conflict"
    if short if side > 0 else long:
        return "reverse"
    return "close" if leave else None
