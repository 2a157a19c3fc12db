"""Execution profiles: ours, and those that reproduce other engines trade by trade."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProfileName(StrEnum):
    """The named profiles."""

    OURS = "ours"
    VECTORBT = "vectorbt"
    BACKTESTING = "backtesting"
    BACKTRADER = "backtrader"
    SEED = "seed"


@dataclass(frozen=True, slots=True)
class Profile:
    """The knobs by which engines differ.

    ``fill_at_close``: a signal is filled at its own close, else at the next open.
    ``basis_is_fill``: levels rest from the fill price, else from the close of the signal's bar.
    ``live_on_fill_bar``: levels are tested on the bar of the fill, else from the bar after.
    ``gap_first``: an open beyond the target is taken before a stop within the bar.
    ``on_close``: levels are tested on the close alone and leave at the next open.
    """

    fill_at_close: bool
    basis_is_fill: bool
    live_on_fill_bar: bool
    gap_first: bool
    on_close: bool = False


PROFILES = {
    ProfileName.OURS: Profile(
        fill_at_close=False, basis_is_fill=True, live_on_fill_bar=True, gap_first=True
    ),
    ProfileName.VECTORBT: Profile(
        fill_at_close=True, basis_is_fill=True, live_on_fill_bar=False, gap_first=False
    ),
    ProfileName.BACKTESTING: Profile(
        fill_at_close=False, basis_is_fill=False, live_on_fill_bar=True, gap_first=False
    ),
    ProfileName.BACKTRADER: Profile(
        fill_at_close=False, basis_is_fill=False, live_on_fill_bar=False, gap_first=False
    ),
    ProfileName.SEED: Profile(
        fill_at_close=False,
        basis_is_fill=True,
        live_on_fill_bar=True,
        gap_first=False,
        on_close=True,
    ),
}
