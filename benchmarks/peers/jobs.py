"""One backtest said so that every engine can run it, and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars

Marks = NDArray[np.bool_]
CASH = 1e9  # so much that no order of one unit is ever cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Trade one unit of each asset by boolean signals ``[T, N]``, each asset for itself.

    ``stop``, ``target`` and ``trail`` are fractions of the basis price; ``fee`` is a share of a
    fill's notional.
    """

    bars: Bars
    entries: Marks
    exits: Marks
    short_entries: Marks | None = None
    short_exits: Marks | None = None
    stop: float | None = None
    target: float | None = None
    trail: float | None = None
    fee: float = 0.0

    def asset(self, number: int) -> Job:
        """Give the job of one asset alone."""
        return self.assets(slice(number, number + 1))

    def assets(self, part: slice) -> Job:
        """Give the job of some assets."""
        bars = self.bars
        prices = {
            name: np.ascontiguousarray(getattr(bars, name)[:, part])
            for name in ("open", "high", "low", "close")
        }
        marks = {name: _column(getattr(self, name), part) for name in _MARKS}
        return Job(
            bars=Bars(times=bars.times, symbols=bars.symbols[part], **prices),
            **marks,  # type: ignore[arg-type]
            stop=self.stop,
            target=self.target,
            trail=self.trail,
            fee=self.fee,
        )


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Closed trades ordered by asset and entry, a column each; ``side`` is 1 or -1."""

    asset: NDArray[np.int64]
    side: NDArray[np.int64]
    entry_bar: NDArray[np.int64]
    entry_price: NDArray[np.float64]
    exit_bar: NDArray[np.int64]
    exit_price: NDArray[np.float64]
    quantity: NDArray[np.float64]
    pnl: NDArray[np.float64]

    @staticmethod
    def ordered(**columns: Sequence[float] | NDArray[np.generic]) -> RoundTrips:
        """Put columns in any order of rows together."""
        order = np.lexsort([np.asarray(columns[name]) for name in ("exit_bar", *_ORDER)])
        return RoundTrips(
            **{name: np.asarray(columns[name], dtype)[order] for name, dtype in _DTYPES.items()}
        )

    def __len__(self) -> int:
        return len(self.asset)

    def every(self, step: int) -> RoundTrips:
        """Give the trades of every *step*-th asset, those numbered anew."""
        kept = self.asset % step == 0
        columns = {name: getattr(self, name)[kept] for name in _DTYPES}
        return RoundTrips(**{**columns, "asset": columns["asset"] // step})


def numbered_on(parts: Sequence[RoundTrips], width: int) -> RoundTrips:
    """Put blocks of *width* assets together, each of whose assets begin with 0."""
    asset = [part.asset + width * number for number, part in enumerate(parts)]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _DTYPES}
    return RoundTrips.ordered(**{**columns, "asset": np.concatenate(asset)})


def joined(parts: Sequence[RoundTrips]) -> RoundTrips:
    """Put trades of single assets, each numbered 0, together in the order given."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _DTYPES}
    numbers = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return RoundTrips.ordered(**{**columns, "asset": numbers})


def differences(ours: RoundTrips, theirs: RoundTrips, relative: float = 0.0) -> list[str]:
    """Say what differs, a line a column: bars and sides exactly, prices and money by *relative*.

    Profit is compared relative to the notional, as it may be as good as zero.
    """
    if len(ours) != len(theirs):
        return [f"{len(ours)} trades, theirs {len(theirs)}{_first_apart(ours, theirs)}"]
    scale = relative * np.abs(ours.entry_price * ours.quantity)
    allowed = {"entry_price": scale, "exit_price": scale, "quantity": relative, "pnl": scale}
    found = []
    for name in _DTYPES:
        mine, other = getattr(ours, name), getattr(theirs, name)
        apart = np.flatnonzero(~(np.abs(mine - other) <= allowed.get(name, 0)))
        if len(apart):
            first = apart[0]
            what = f"{name} of {len(apart)} trades, first {first}: {mine[first]!r}"
            found.append(f"{what}, theirs {other[first]!r} ({_row(ours, first)})")
    return found


def _first_apart(ours: RoundTrips, theirs: RoundTrips) -> str:
    for number in range(min(len(ours), len(theirs))):
        if _row(ours, number) != _row(theirs, number):
            return f"; first apart {_row(ours, number)}, theirs {_row(theirs, number)}"
    return ""


def _row(trips: RoundTrips, number: int) -> dict[str, float]:
    return {name: getattr(trips, name)[number].item() for name in _DTYPES}


def _column(marks: Marks | None, part: slice) -> Marks | None:
    return None if marks is None else np.ascontiguousarray(marks[:, part])


_MARKS = ("entries", "exits", "short_entries", "short_exits")
_ORDER = ("entry_bar", "asset")
_MONEY = {"entry_price", "exit_price", "quantity", "pnl"}
_DTYPES = {one.name: np.float64 if one.name in _MONEY else np.int64 for one in fields(RoundTrips)}
