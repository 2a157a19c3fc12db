"""Rows of bars as a file has them, from plain lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.backtest.bar_rows import BarRows, Source

DAY_NS = 86_400 * 10**9


def bar_rows(
    bars: Sequence[Sequence[float]],
    days: Sequence[int] | None = None,
    assets: Sequence[int] | None = None,
    volume: Sequence[float] | None = None,
) -> BarRows:
    """Make rows of (open, high, low, close) on *days* since 1970; lines begin at 2."""
    count = len(bars)
    prices = np.array(bars, np.float64).reshape(count, 4)
    asset = np.array(assets if assets is not None else [0] * count, np.int64)
    return BarRows(
        sources=(Source("spx.csv", "line"),),
        symbols=tuple(f"A{index}" for index in range(int(asset.max(initial=0)) + 1)),
        source=np.zeros(count, np.int64),
        numbers=np.arange(2, count + 2),
        asset=asset,
        times=np.array(days if days is not None else range(count), np.int64) * DAY_NS,
        open=prices[:, 0].copy(),
        high=prices[:, 1].copy(),
        low=prices[:, 2].copy(),
        close=prices[:, 3].copy(),
        volume=None if volume is None else np.array(volume, np.float64),
    )
