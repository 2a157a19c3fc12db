"""The look-ahead canary: altering later bars must not change what was decided before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.leaks import Canary, Leak
from engine.backtest.signals import Signals

CUTS = 16
_FACTORS = (
    2.0,
    0.5,
)  # later prices doubled and halved: a level that was read ahead moves both ways
_NOISE = 0.05  # of the logarithm, from bar to bar
_AT_ONCE = 32  # cuts of one turn of the search for the first leak

Decide = Callable[[Bars], Signals]


def look_ahead(decide: Decide, bars: Bars, *, seed: int, cuts: int = CUTS) -> Canary:
    """Alter the bars after random cuts; decisions up to each cut must stay the same to the bit.

    *decide* gives the decisions of a strategy on whole bars, and starts anew each time. The
    first leaking date is searched for in turns, each time between the last cut that did not leak
    and the first that did; where leaks are rare an even earlier one may exist.
    """
    if bars.length < 2:  # noqa: PLR2004 - no bar is later than another
        return Canary(cuts=0)
    truth = decide(bars)
    if _first_change(truth, decide(bars), bars.length - 1) is not None:
        return Canary(cuts=0, reproducible=False)
    asked = _Asked(decide, bars, truth, seed)
    drawn = np.random.default_rng(seed).choice(
        bars.length - 1, size=min(cuts, bars.length - 1), replace=False
    )
    places = sorted(int(cut) for cut in drawn)
    found = asked.first(places)
    if found is None:
        return Canary(cuts=len(places))
    return Canary(cuts=len(places), leak=asked.leak(asked.earliest(found)))


def altered(bars: Bars, cut: int, factor: float, seed: int) -> Bars:
    """Replace the bars after *cut* by others: prices times *factor* and noise, ranges kept."""
    random = np.random.default_rng([seed, cut])
    later = slice(cut + 1, None)
    shape = bars.close[later].shape
    prices = factor * np.exp(_NOISE * random.standard_normal(shape))
    volumes = np.exp(random.standard_normal(shape))
    changed = {
        name: _scaled(getattr(bars, name), later, prices)
        for name in ("open", "high", "low", "close")
    }
    volume = None if bars.volume is None else _scaled(bars.volume, later, volumes)
    return Bars(times=bars.times, symbols=bars.symbols, volume=volume, **changed)


class _Asked:
    """One strategy being tried; a leak is (bar of the decision, asset, cut)."""

    def __init__(self, decide: Decide, bars: Bars, truth: Signals, seed: int) -> None:
        self._decide = decide
        self._bars = bars
        self._truth = truth
        self._seed = seed

    def first(self, cuts: Sequence[int]) -> tuple[int, int, int] | None:
        """Try the cuts in their order until one leaks."""
        return next((found for cut in cuts if (found := self._at(cut)) is not None), None)

    def earliest(self, found: tuple[int, int, int]) -> tuple[int, int, int]:
        """Search for a leak before *found*, among ever narrower cuts."""
        low, best = 0, found
        while True:
            high = best[2]
            places = sorted({round(place) for place in np.linspace(low, high, _AT_ONCE)})
            earlier = self.first([place for place in places if place < high])
            if earlier is not None and earlier[:2] < best[:2]:
                best = earlier
            passed = [a for a, b in pairwise(places) if b == best[2]]
            if not passed or high - low < _AT_ONCE:
                return best
            low = passed[0]

    def leak(self, found: tuple[int, int, int]) -> Leak:
        bar, asset, cut = found
        times = self._bars.times
        return Leak(
            date=_shown(times[bar]),
            symbol=self._bars.symbols[asset],
            unaltered_until=_shown(times[cut]),
        )

    def _at(self, cut: int) -> tuple[int, int, int] | None:
        for factor in _FACTORS:
            other = self._decide(altered(self._bars, cut, factor, self._seed))
            change = _first_change(self._truth, other, cut)
            if change is not None:
                return (*change, cut)
        return None


def _first_change(truth: Signals, other: Signals, until: int) -> tuple[int, int] | None:
    """Find the first bar and asset, up to bar *until*, of which the decisions differ."""
    rows = slice(None, until + 1)
    differ = truth.codes[rows] != other.codes[rows]
    differ |= (truth.codes[rows] != 0) & (_bits(truth, rows) != _bits(other, rows))
    places = np.argwhere(differ)
    return None if not len(places) else (int(places[0][0]), int(places[0][1]))


def _bits(signals: Signals, rows: slice) -> NDArray[np.int64]:
    """Give the sizes as bits: NaN is equal to itself."""
    if signals.size is None:
        return np.zeros(signals.codes[rows].shape, dtype=np.int64)
    sizes = np.where(np.isnan(signals.size[rows]), np.nan, signals.size[rows] + 0.0)
    return np.ascontiguousarray(sizes).view(np.int64)


def _scaled(
    values: NDArray[np.float64], later: slice, by: NDArray[np.float64]
) -> NDArray[np.float64]:
    scaled = values.copy()
    scaled[later] *= by
    scaled.setflags(write=False)
    return scaled


def _shown(time: np.datetime64) -> str:
    """Write a bar's time as people do: its date, and the time of day where there is one."""
    day = np.datetime_as_string(time, unit="D")
    return str(day) if time == time.astype("datetime64[D]") else str(time.astype("datetime64[s]"))
