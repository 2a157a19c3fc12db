"""What is run: seeded panels on a tick, and signals of moving averages that cross."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.jobs import Job, Marks
from engine.backtest.bars import Bars, Matrix

FIRST_DAY = np.datetime64("2000-01-03")


def random_bars(
    seed: int, length: int, width: int, *, tick: float = 0.01, gap: float = 0.004
) -> Bars:
    """Draw random walks from 100: daily returns of 1.5 %, opens off the close before by *gap*.

    Every price is a multiple of *tick*; a coarse one makes levels and prices meet exactly.
    """
    rng = np.random.default_rng([seed, length, width])
    returns = rng.normal(0.0003, 0.015, (length, width))
    close = _on_tick(100 * np.exp(np.cumsum(returns, axis=0)), tick)
    before = np.vstack([np.full((1, width), 100.0), close[:-1]])
    opened = _on_tick(before * np.exp(rng.normal(0, gap, (length, width))), tick)
    above, below = np.abs(rng.normal(0, 0.006, (2, length, width)))
    high = _on_tick(np.maximum(opened, close) * np.exp(above), tick)
    low = _on_tick(np.minimum(opened, close) * np.exp(-below), tick)
    return Bars(
        times=FIRST_DAY + np.arange(length),
        symbols=tuple(f"A{number}" for number in range(width)),
        open=opened,
        high=np.maximum(high, np.maximum(opened, close)),
        low=np.minimum(low, np.minimum(opened, close)),
        close=close,
    )


def moving_average(close: Matrix, bars: int) -> Matrix:
    """Mean of the last *bars* closes; NaN before there are any."""
    sums = np.cumsum(np.vstack([np.zeros((1, close.shape[1])), close]), axis=0)
    unknown = np.full((min(bars - 1, len(close)), close.shape[1]), np.nan)
    return np.vstack([unknown, (sums[bars:] - sums[:-bars]) / bars])


def crosses(close: Matrix, fast: int, slow: int) -> tuple[Marks, Marks]:
    """Mark where the fast average comes to be above the slow one, and where it no longer is."""
    return turns(moving_average(close, fast) > moving_average(close, slow))


def turns(above: Marks) -> tuple[Marks, Marks]:
    """Mark the first bar of each run of True, and the first bar after it."""
    entries, exits = above.copy(), np.zeros_like(above)
    entries[1:] &= ~above[:-1]
    exits[1:] = above[:-1] & ~above[1:]
    return entries, exits


def random_marks(seed: int, shape: tuple[int, ...], share: float) -> Marks:
    """Mark a *share* of all bars but the first, on which not every engine hears signals."""
    marks: NDArray[np.bool_] = np.random.default_rng([seed, *shape]).random(shape) < share
    marks[0] = False
    return marks


def w2(seed: int = 2) -> Job:
    """Give 252 bars of 500 assets with crossing averages, a stop of 4 % and a target of 8 %."""
    bars = random_bars(seed, 252, 500)
    entries, exits = crosses(bars.close, 5, 15)
    return Job(bars=bars, entries=entries, exits=exits, stop=0.04, target=0.08)


def w1(seed: int = 1) -> Job:
    """Give 5,000 bars of one asset with crossing averages, a stop of 4 % and a target of 8 %."""
    bars = random_bars(seed, 5_000, 1)
    entries, exits = crosses(bars.close, 5, 15)
    return Job(bars=bars, entries=entries, exits=exits, stop=0.04, target=0.08)


@dataclass(frozen=True, slots=True)
class Grid:
    """Pairs of a fast and a slow average over the bars of one asset, with a stop and a target."""

    bars: Bars
    pairs: tuple[tuple[int, int], ...]
    stop: float = 0.04
    target: float = 0.08

    def averages(self) -> dict[int, NDArray[np.float64]]:
        """Compute each average that any pair needs, ``[T]``."""
        windows = {window for pair in self.pairs for window in pair}
        return {window: moving_average(self.bars.close, window)[:, 0] for window in windows}

    def marks(
        self, averages: Mapping[int, NDArray[np.float64]], part: slice
    ) -> tuple[Marks, Marks]:
        """Mark entries and exits of some pairs, a column each."""
        above = np.stack([averages[fast] > averages[slow] for fast, slow in self.pairs[part]], 1)
        return turns(above)

    def job(self, part: slice = slice(None)) -> Job:
        """Give the job of some pairs: signals ``[T, pairs]`` over bars ``[T, 1]``."""
        entries, exits = self.marks(self.averages(), part)
        return Job(bars=self.bars, entries=entries, exits=exits, stop=self.stop, target=self.target)


def w3(seed: int = 3) -> Grid:
    """Give 1,000 pairs over 5,000 bars."""
    return Grid(random_bars(seed, 5_000, 1), _pairs(range(5, 30), range(120, 320, 5)))


def w4(seed: int = 3) -> Grid:
    """Give 10,000 pairs over the same bars."""
    return Grid(random_bars(seed, 5_000, 1), _pairs(range(5, 105), range(120, 620, 5)))


def _pairs(fast: range, slow: range) -> tuple[tuple[int, int], ...]:
    return tuple(product(fast, slow))


def _on_tick(prices: Matrix, tick: float) -> Matrix:
    return np.maximum(np.round(prices / tick), 1) * tick
