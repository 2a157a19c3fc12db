"""Bars of one asset or of a panel, time-major: the one form that every kernel reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """T bars of N assets: ``[T, N]`` float64 arrays in C order, prices in quote currency.

    ``times`` are UTC, strictly ascending: the moment at which a bar is complete. An asset without
    a bar at a time has NaN in all four prices there. What is loaded from files is checked
    (``engine.backtest.bar_checks``); arrays that are handed over are taken as they are.
    """

    times: NDArray[np.datetime64]
    symbols: tuple[str, ...]
    open: Matrix
    high: Matrix
    low: Matrix
    close: Matrix
    volume: Matrix | None = None

    @property
    def length(self) -> int:
        """How many bars: T."""
        return len(self.times)

    @property
    def width(self) -> int:
        """How many assets: N."""
        return len(self.symbols)

    def window(self, start: int, stop: int) -> Bars:
        """Give the bars ``start <= t < stop``, as views."""
        part = slice(start, stop)
        return Bars(
            times=self.times[part],
            symbols=self.symbols,
            open=self.open[part],
            high=self.high[part],
            low=self.low[part],
            close=self.close[part],
            volume=None if self.volume is None else self.volume[part],
        )
