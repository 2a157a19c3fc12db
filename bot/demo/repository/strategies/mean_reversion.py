"""Mean reversion: buy a close far below its recent average, leave when it is back."""

from __future__ import annotations

import numpy as np

from strategies.evaluation import report
from strategies.market import Bars, load_bars


def z_scores(close: np.ndarray, window: int) -> np.ndarray:
    """Distance of each close from the mean of the last *window*, in standard deviations."""
    windows = np.lib.stride_tricks.sliding_window_view(close, window)
    scores = np.full(close.size, np.nan)
    scores[window - 1 :] = (close[window - 1 :] - windows.mean(axis=1)) / windows.std(axis=1)
    return scores


def positions(bars: Bars, window: int, entry: float) -> np.ndarray:
    """Wanted exposure: 1.0 from a close *entry* deviations low until one above the mean."""
    scores = z_scores(bars.close, window)
    wanted = np.full(scores.size, np.nan)
    wanted[0] = 0.0
    wanted[scores > 0.0] = 0.0
    wanted[scores < -entry] = 1.0
    known = np.maximum.accumulate(np.where(np.isnan(wanted), 0, np.arange(wanted.size)))
    return wanted[known]


def evaluate(params: dict, seed: int) -> dict:
    """Score one point of a grid; *seed* is unused, as nothing here is random."""
    bars = load_bars()
    return report(bars, positions(bars, params["window"], params["entry"]))
