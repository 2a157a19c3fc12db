"""Trend following: long the index while its fast average is above its slow one, else in cash.

The close has to be above its fast average, too. A signal counts once it has lasted CONFIRM_DAYS
closes, in either direction.
"""

from __future__ import annotations

import numpy as np

from strategies.evaluation import report
from strategies.market import Bars, load_bars

CONFIRM_DAYS = 5


def moving_average(values: np.ndarray, window: int) -> np.ndarray:
    """Average of the last *window* values; NaN until there are that many."""
    sums = np.cumsum(values)
    averages = np.full(values.size, np.nan)
    averages[window - 1] = sums[window - 1] / window
    averages[window:] = (sums[window:] - sums[:-window]) / window
    return averages


def confirmed(above: np.ndarray, days: int) -> np.ndarray:
    """Exposure that follows *above* only after it has been the same for *days* closes."""
    share = moving_average(above.astype(float), days)
    settled = (share == 0.0) | (share == 1.0)
    settled[0] = True
    last = np.maximum.accumulate(np.where(settled, np.arange(above.size), 0))
    return np.where(np.isnan(share), 0.0, share)[last]


def positions(bars: Bars, fast: int, slow: int) -> np.ndarray:
    """Wanted exposure at each close: 1.0 long, 0.0 in cash."""
    quick, calm = moving_average(bars.close, fast), moving_average(bars.close, slow)
    return confirmed((quick > calm) & (bars.close > quick), CONFIRM_DAYS)


def evaluate(params: dict, seed: int) -> dict:
    """Score one point of the grid; *seed* is unused, as nothing here is random."""
    bars = load_bars()
    return report(bars, positions(bars, params["fast"], params["slow"]))
