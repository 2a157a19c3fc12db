"""Mean reversion: buy a close far below its recent average, leave when it is back."""

from __future__ import annotations

import numpy as np
from highwater import Bars, Signals, SignalStrategy, TimeBasedExit


def z_scores(values: np.ndarray, window: int) -> np.ndarray:
    """Distance of each row from the mean of the last *window*, in standard deviations."""
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
    scores = np.full(values.shape, np.nan)
    recent = values[window - 1 :]
    scores[window - 1 :] = (recent - windows.mean(axis=-1)) / windows.std(axis=-1)
    return scores


class MeanReversion(SignalStrategy):
    """Buy *entry* deviations below the mean of *window* days, for a month at most."""

    window: int = 10
    entry: float = 1.5

    def signals(self, bars: Bars) -> Signals:
        """Long from a low close until one above the mean."""
        scores = z_scores(bars.close, self.window)
        return Signals.of(entries=scores < -self.entry, exits=scores > 0.0)

    def rules(self) -> tuple[TimeBasedExit, ...]:
        """What has not come back in a month is not coming."""
        return (TimeBasedExit(21),)
