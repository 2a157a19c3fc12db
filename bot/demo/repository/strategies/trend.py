"""Trend following: long the index from the day its fast average crosses above its slow one."""

from __future__ import annotations

import numpy as np
from highwater import Bars, Signals, SignalStrategy, StopLoss


def moving_average(values: np.ndarray, window: int) -> np.ndarray:
    """Average of the last *window* rows; NaN until there are that many."""
    sums = np.cumsum(values, axis=0)
    averages = np.full(values.shape, np.nan)
    averages[window - 1] = sums[window - 1] / window
    averages[window:] = (sums[window:] - sums[:-window]) / window
    return averages


class Trend(SignalStrategy):
    """Buy at the cross above, sell at the cross below or when a tenth is lost."""

    fast: int = 50
    slow: int = 200

    def signals(self, bars: Bars) -> Signals:
        """Long while the fast average is above the slow one."""
        fast = moving_average(bars.close, self.fast)
        slow = moving_average(bars.close, self.slow)
        return Signals.of(entries=fast > slow, exits=fast < slow)

    def rules(self) -> tuple[StopLoss, ...]:
        """A tenth below the price that was paid."""
        return (StopLoss(0.1),)
