"""The look-ahead canary: altering later bars must not change what was done before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.leaks import Canary, Leak
from engine.backtest.results import Fills
from engine.backtest.signals import Signals

CUTS = 16
_FACTORS = (
    2.0,
    0.5,
)  # later prices doubled and halved: a level that was read ahead moves both ways
_NOISE = 0.05  # of the logarithm, from bar to bar
_AT_ONCE = 32  # cuts of one turn of the search for the first leak


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a strategy ordered at each close, and how its orders and rules were filled."""

    signals: Signals
    fills: Fills


Behave = Callable[[Bars], Behaviour]


class _Change(NamedTuple):
    """The first thing that another run did otherwise, and the cut of that run."""

    bar: int
    asset: int
    what: Literal["decision", "fill"]
    cut: int


def look_ahead(behave: Behave, bars: Bars, *, seed: int, cuts: int = CUTS) -> Canary:
    """Alter the bars after random cuts; what was done up to each cut must stay equal to the bit.

    *behave* runs a strategy over whole bars, and starts anew each time. Up to half of the cuts
    are at closes with new orders: one that looks but a bar ahead, and seldom trades, shows itself
    nowhere else. The first leaking date is searched for in turns, each time between the last cut
    that did not leak and the first that did; where leaks are rare an even earlier one may exist.
    """
    if bars.length < 2:  # noqa: PLR2004 - no bar is later than another
        return Canary(cuts=0)
    truth = behave(bars)
    if _first_change(truth, behave(bars), bars.length - 1) is not None:
        return Canary(cuts=0, reproducible=False)
    asked = _Asked(behave, bars, truth, seed)
    places = _cuts(truth.signals, bars.length - 1, cuts, seed)
    found = asked.first(places)
    if found is None:
        return Canary(cuts=len(places), moved=asked.moved)
    return Canary(cuts=len(places), leak=asked.leak(asked.earliest(found)))


def _cuts(signals: Signals, last: int, count: int, seed: int) -> list[int]:
    """Draw *count* closes before the *last*, ascending: half of those with new orders first."""
    random = np.random.default_rng(seed)
    codes = signals.codes[:last]
    before = np.vstack([np.zeros_like(codes[:1]), codes[:-1]])
    ordering = np.flatnonzero(((codes != 0) & (codes != before)).any(axis=1))
    chosen = random.choice(ordering, size=min(count // 2, len(ordering)), replace=False)
    others = np.setdiff1d(np.arange(last), chosen)
    rest = random.choice(others, size=min(count, last) - len(chosen), replace=False)
    return sorted(int(cut) for cut in (*chosen, *rest))


def altered(bars: Bars, cut: int, factor: float, seed: int) -> Bars:
    """Replace the bars after *cut* by others, at prices times *factor* and noise.

    Those that are raised reach twice as far above open and close; those that are lowered run from
    close to open, and half as far beyond them: what lies within a later bar may be read, too.
    """
    random = np.random.default_rng([seed, cut])
    later = slice(cut + 1, None)
    shape = bars.close[later].shape
    prices = factor * np.exp(_NOISE * random.standard_normal(shape))
    volumes = np.exp(random.standard_normal(shape))
    first, last, high, low = (
        getattr(bars, name)[later] for name in ("open", "close", "high", "low")
    )
    top, bottom = np.maximum(first, last), np.minimum(first, last)
    if factor > 1.0:
        high = top + 2.0 * (high - top)
    else:
        first, last = last, first
        high, low = top + 0.5 * (high - top), bottom - 0.5 * (bottom - low)
    volume = None if bars.volume is None else _until(bars.volume, bars.volume[later] * volumes)
    return Bars(
        times=bars.times,
        symbols=bars.symbols,
        open=_until(bars.open, first * prices),
        high=_until(bars.high, high * prices),
        low=_until(bars.low, low * prices),
        close=_until(bars.close, last * prices),
        volume=volume,
    )


class _Asked:
    """One strategy being tried."""

    def __init__(self, behave: Behave, bars: Bars, truth: Behaviour, seed: int) -> None:
        self._behave = behave
        self._bars = bars
        self._truth = truth
        self._seed = seed
        self.moved = False

    def first(self, cuts: Sequence[int]) -> _Change | None:
        """Try the cuts in their order until one leaks."""
        return next((found for cut in cuts if (found := self._at(cut)) is not None), None)

    def earliest(self, found: _Change) -> _Change:
        """Search for a leak before *found*, among ever narrower cuts."""
        low, best = 0, found
        while True:
            high = best.cut
            places = sorted({round(place) for place in np.linspace(low, high, _AT_ONCE)})
            earlier = self.first([place for place in places if place < high])
            if earlier is not None and earlier[:2] < best[:2]:
                best = earlier
            passed = [a for a, b in pairwise(places) if b == best.cut]
            if not passed or high - low < _AT_ONCE:
                return best
            low = passed[0]

    def leak(self, found: _Change) -> Leak:
        times = self._bars.times
        return Leak(
            date=_shown(times[found.bar]),
            symbol=self._bars.symbols[found.asset],
            unaltered_until=_shown(times[found.cut]),
            what=found.what,
        )

    def _at(self, cut: int) -> _Change | None:
        for factor in _FACTORS:
            other = self._behave(altered(self._bars, cut, factor, self._seed))
            whole = _first_decision(self._truth.signals, other.signals, self._bars.length - 1)
            self.moved |= whole is not None
            change = _first_change(self._truth, other, cut)
            if change is not None:
                return change
        return None


def _first_change(truth: Behaviour, other: Behaviour, until: int) -> _Change | None:
    """Find the first bar and asset, up to bar *until*, of which decisions or fills differ."""
    found = (
        _first_decision(truth.signals, other.signals, until),
        _first_fill(truth.fills, other.fills, until),
    )
    return min((one for one in found if one is not None), default=None)


def _first_decision(truth: Signals, other: Signals, until: int) -> _Change | None:
    rows = slice(None, until + 1)
    differ = truth.codes[rows] != other.codes[rows]
    differ |= (truth.codes[rows] != 0) & (_bits(truth, rows) != _bits(other, rows))
    places = np.argwhere(differ)
    if not len(places):
        return None
    return _Change(int(places[0][0]), int(places[0][1]), "decision", until)


def _first_fill(truth: Fills, other: Fills, until: int) -> _Change | None:
    first, second = (_filled(one, until) for one in (truth, other))
    common = min(len(first), len(second))
    differing = np.flatnonzero((first[:common] != second[:common]).any(axis=1))
    row = int(differing[0]) if len(differing) else common
    there = [(int(one[row, 0]), int(one[row, 1])) for one in (first, second) if row < len(one)]
    return _Change(*min(there), "fill", until) if there else None


def _filled(fills: Fills, until: int) -> NDArray[np.float64]:
    """Give a row each fill up to bar *until*: bar, asset, quantity, price and fee."""
    rows = np.column_stack([fills.bar, fills.asset, fills.quantity, fills.price, fills.fee])
    return rows[fills.bar <= until].astype(np.float64)


def _bits(signals: Signals, rows: slice) -> NDArray[np.int64]:
    """Give the sizes as bits: NaN is equal to itself."""
    if signals.size is None:
        return np.full(signals.codes[rows].shape, np.nan).view(np.int64)
    sizes = np.where(np.isnan(signals.size[rows]), np.nan, signals.size[rows] + 0.0)
    return np.ascontiguousarray(sizes).view(np.int64)


def _until(values: NDArray[np.float64], later: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put *later* in the place of the last of *values*."""
    whole = np.array(values)
    whole[len(values) - len(later) :] = later
    whole.setflags(write=False)
    return whole


def _shown(time: np.datetime64) -> str:
    """Write a bar's time as people do: its date, and the time of day where there is one."""
    day = np.datetime_as_string(time, unit="D")
    return str(day) if time == time.astype("datetime64[D]") else str(time.astype("datetime64[s]"))
