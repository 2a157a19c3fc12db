"""A repository with a class of our engine, its bars, and a sweep over it."""

from __future__ import annotations

import numpy as np

SPEC = """\
strategy: strategies/trend.py:Trend
grid:
  days: [3, 5, 8]
  stop: [0.01, 0.05]
seed: 7
metric: sharpe
mode: max
data: data/prices.csv
split: {folds: 3, embargo: 5}
costs: {fee: 0.0005, slippage: 0.0002}
risk: [{take_profit: {fraction: 0.06}}]
"""
STRATEGY = """\
import numpy as np
from highwater import SignalStrategy, Signals, StopLoss

class Trend(SignalStrategy):
    days: int = 5
    stop: float = 0.05

    def signals(self, bars):
        before = np.roll(bars.close, self.days, axis=0)
        before[: self.days] = np.nan
        up = bars.close > before
        return Signals.of(up, ~up)

    def rules(self):
        return (StopLoss(self.stop),)
"""


def prices_csv(length: int = 240, seed: int = 3) -> str:
    """Write a random walk of daily bars on working days."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0.0004, 0.012, length)))
    opens = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opens, close) * (1 + 0.004 * random.random(length))
    low = np.minimum(opens, close) * (1 - 0.004 * random.random(length))
    days = np.busday_offset("2015-01-05", np.arange(length))
    lines = [
        f"{day},{o:.4f},{h:.4f},{lo:.4f},{c:.4f},1000"
        for day, o, h, lo, c in zip(days, opens, high, low, close, strict=True)
    ]
    return "\n".join(["date,open,high,low,close,volume", *lines]) + "\n"


def repository_files(**changed: str) -> dict[str, str]:
    """Give the files of the repository; ``spec``, ``strategy`` and ``prices`` may be others."""
    return {
        ".git/HEAD": "",  # the root of a repository, if not of git's
        "sweeps/s.yaml": changed.get("spec", SPEC),
        "strategies/trend.py": changed.get("strategy", STRATEGY),
        "data/prices.csv": changed.get("prices", prices_csv()),
    }
