"""The strategies' hot paths: every function `bench_NAME` is a case that Highwater measures.

A case gets what its `setup_NAME` returned, which is not timed. What a case returns is hashed,
so that code that became faster because it does something else is found out.
"""

from __future__ import annotations

import numpy as np

from strategies import evaluation, mean_reversion, trend
from strategies.market import Bars, load_bars

TREND_GRID = [(fast, slow) for fast in (10, 20, 30, 50) for slow in (100, 150, 200, 250)]
REVERSION_GRID = [(window, entry) for window in (5, 10) for entry in (1.0, 1.5)]

setup_trend_signals = load_bars
setup_mean_reversion_signals = load_bars


def bench_trend_signals(bars: Bars) -> list[np.ndarray]:
    """Wanted positions over the whole grid of the trend strategy."""
    return [trend.positions(bars, fast, slow) for fast, slow in TREND_GRID]


def bench_mean_reversion_signals(bars: Bars) -> list[np.ndarray]:
    """Wanted positions over a small grid of the mean-reversion strategy."""
    return [mean_reversion.positions(bars, window, entry) for window, entry in REVERSION_GRID]


def setup_returns_and_figures() -> tuple[Bars, np.ndarray]:
    """Bars, and the positions to evaluate."""
    bars = load_bars()
    return bars, trend.positions(bars, 50, 200)


def bench_returns_and_figures(given: tuple[Bars, np.ndarray]) -> dict:
    """From positions to net returns and figures."""
    bars, wanted = given
    return evaluation.figures(evaluation.net_returns(bars, wanted))
