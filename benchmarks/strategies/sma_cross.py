"""Long the S&P 500 while its fast moving average is above the slow one, in cash otherwise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from highwater import Bars, Signals, SignalStrategy

Panel = NDArray[np.float64]


class SmaCross(SignalStrategy):
    """Decide at each close which of the averages of *fast* and *slow* days is above."""

    fast: int = 50
    slow: int = 200

    def signals(self, bars: Bars) -> Signals:
        """Give entries and exits for each bar; neither while an average is not known."""
        fast, slow = (moving_average(bars.close, days) for days in (self.fast, self.slow))
        return Signals.of(entries=fast > slow, exits=fast < slow)


def moving_average(values: Panel, days: int) -> Panel:
    """Mean of the last *days* rows; NaN, which is never above anything, before there are any."""
    sums = np.cumsum(np.vstack([np.zeros((1, values.shape[1])), values]), axis=0)
    means = np.full(values.shape, np.nan)
    means[days - 1 :] = (sums[days:] - sums[:-days]) / days
    return means
