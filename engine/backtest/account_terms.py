"""The terms of an account: its cash, how orders are sized, and what happens beyond its cash."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec


class Sizing(StrEnum):
    """What an order's size is measured in."""

    UNITS = "units"
    VALUE = "value"  # money, divided by the fill price
    FRACTION = "fraction"  # of the equity at the signal, divided by the fill price


class AccountTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One account for all assets of a run.

    ``size`` is that of an order which names none. ``lot`` rounds units down to its multiples;
    None: fractions of a unit. ``beyond_cash``: an order that free cash cannot pay is cut to what
    it affords, in asset order, or refused. A short position needs 100 % of its entry notional as
    free cash on top of its proceeds. ``currency_digits`` is the precision of reported money.
    """

    cash: Annotated[float, msgspec.Meta(gt=0)] = 100_000.0
    sizing: Sizing = Sizing.FRACTION
    size: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    lot: Annotated[float, msgspec.Meta(gt=0)] | None = None
    beyond_cash: Literal["cut", "refuse"] = "cut"
    currency_digits: Annotated[int, msgspec.Meta(ge=0, le=12)] = 2
