"""Trend following: long the index while its fast average is above its slow one, else in cash.

The close has to be above its fast average, too. A signal counts once it has lasted CONFIRM_DAYS
closes, in either direction.
"""

from __future__ import annotations

import numpy as np
from highwater import Bars, Signals, SignalStrategy, StopLoss

CONFIRM_DAYS = 3


def moving_average(values: np.ndarray, window: int) -> np.ndarray:
    """Average of the last *window* rows; NaN until there are that many."""
    sums = np.cumsum(values, axis=0)
    averages = np.full(values.shape, np.nan)
    averages[window - 1] = sums[window - 1] / window
    averages[window:] = (sums[window:] - sums[:-window]) / window
    return averages


def lasted(state: np.ndarray, days: int) -> np.ndarray:
    """Whether *state* has held at each of the last *days* closes."""
    windows = np.lib.stride_tricks.sliding_window_view(state, days, axis=0)
    held = np.zeros(state.shape, dtype=bool)
    held[days - 1 :] = windows.all(axis=-1)
    return held


class Trend(SignalStrategy):
    """Buy a confirmed trend, sell at its confirmed end or when a tenth is lost."""

    fast: int = 50
    slow: int = 200

    def signals(self, bars: Bars) -> Signals:
        """Long from a trend that has lasted until one that has ended as long ago."""
        fast = moving_average(bars.close, self.fast)
        slow = moving_average(bars.close, self.slow)
        up = (fast > slow) & (bars.close > fast)
        down = ~up & np.isfinite(slow)
        return Signals.of(entries=lasted(up, CONFIRM_DAYS), exits=lasted(down, CONFIRM_DAYS))

    def rules(self) -> tuple[StopLoss, ...]:
        """A tenth below the price that was paid."""
        return (StopLoss(0.1),)
