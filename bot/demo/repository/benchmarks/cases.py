"""The strategies' hot paths: every function `bench_NAME` is a case that Highwater measures.

A case gets what its `setup_NAME` returned, which is not timed. What a case returns is hashed,
so that code that became faster because it does something else is found out.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from highwater import Bars, load_bars, run

from strategies.mean_reversion import MeanReversion
from strategies.trend import Trend

SP500 = Path(__file__).resolve().parent.parent / "data" / "sp500-2000.csv"
TREND_GRID = [(fast, slow) for fast in (10, 20, 30, 50) for slow in (100, 150, 200, 250)]
REVERSION_GRID = [(window, entry) for window in (5, 10) for entry in (1.0, 1.5)]


@cache
def bars() -> Bars:
    """Daily bars of the S&P 500, read once for all cases."""
    return load_bars(SP500)


setup_trend_signals = setup_mean_reversion_signals = setup_backtest = bars


def bench_trend_signals(given: Bars) -> list[np.ndarray]:
    """What the trend strategy decides, over its whole grid."""
    return [Trend(fast=fast, slow=slow).signals(given).codes for fast, slow in TREND_GRID]


def bench_mean_reversion_signals(given: Bars) -> list[np.ndarray]:
    """What the mean-reversion strategy decides, over a small grid."""
    return [
        MeanReversion(window=window, entry=entry).signals(given).codes
        for window, entry in REVERSION_GRID
    ]


def bench_backtest(given: Bars) -> np.ndarray:
    """One whole backtest: decisions, orders, exits, equity."""
    return run(MeanReversion(), given).equity
