"""Trend following: long the index while its fast average is above its slow one, else in cash."""

from __future__ import annotations

import numpy as np

from strategies.evaluation import report
from strategies.market import Bars, load_bars
from strategies.signals import moving_average


def positions(bars: Bars, fast: int, slow: int) -> np.ndarray:
    """Wanted exposure at each close: 1.0 long, 0.0 in cash."""
    above = moving_average(bars.close, fast) > moving_average(bars.close, slow)
    return above.astype(float)


def evaluate(params: dict, seed: int) -> dict:
    """Score one point of the grid; *seed* is unused, as nothing here is random."""
    bars = load_bars()
    return report(bars, positions(bars, params["fast"], params["slow"]))
