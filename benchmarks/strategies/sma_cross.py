"""Long the S&P 500 while its fast moving average is above the slow one, in cash otherwise.

Signals at a close earn from the next close on; every change of position costs two basis points.
In-sample is before 2012, out-of-sample from then on, with an embargo of the slow window between.
"""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BARS = Path(__file__).resolve().parent.parent / "data" / "sp500.csv"
OUT_OF_SAMPLE_FROM = "2012-01-01"
COST = 0.0002
DAYS_A_YEAR = 252

Series = NDArray[np.float64]


def evaluate(params: dict[str, Any], seed: int) -> dict[str, Any]:
    """Score one combination of ``fast`` and ``slow`` (days); nothing here is random."""
    del seed
    fast, slow = params["fast"], params["slow"]
    dates, close = bars()
    position = (moving_average(close, fast) > moving_average(close, slow)).astype(float)
    returns = net_returns(close, position)
    split = int(np.searchsorted(dates, np.datetime64(OUT_OF_SAMPLE_FROM)))
    inside, outside = slice(slow, split), slice(split + slow, None)
    return {
        "metrics": {
            "is": metrics(returns[inside], position[inside]),
            "oos": metrics(returns[outside], position[outside]),
        },
        "returns": list(zip(dates[outside].tolist(), returns[outside].tolist(), strict=True)),
    }


@cache
def bars() -> tuple[NDArray[np.datetime64], Series]:
    """Read the dates and closes, oldest first."""
    with BARS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    dates = np.array([row["date"] for row in rows], dtype="datetime64[D]")
    return dates, np.array([float(row["close"]) for row in rows])


def moving_average(values: Series, days: int) -> Series:
    """Mean of the last *days* values; NaN, which is never above anything, before there are any."""
    sums = np.cumsum(np.insert(values, 0, 0.0))
    return np.concatenate([np.full(days - 1, np.nan), (sums[days:] - sums[:-days]) / days])


def net_returns(close: Series, position: Series) -> Series:
    """Return of each day, earned with the position of the day before, less costs."""
    held = np.insert(position[:-1], 0, 0.0)
    changes = np.abs(np.diff(held, prepend=0.0))
    return held * np.diff(close, prepend=close[0]) / np.insert(close[:-1], 0, close[0]) - (
        changes * COST
    )


def metrics(returns: Series, position: Series) -> dict[str, float]:
    """Sharpe ratio a year, worst drawdown and number of entries.

    Raises:
        ValueError: the strategy never traded, so that it has no Sharpe ratio.
    """
    deviation = float(np.std(returns, ddof=1))
    if deviation == 0.0:
        message = "no trade in the sample"
        raise ValueError(message)
    equity = np.cumprod(1.0 + returns)
    return {
        "sharpe": float(np.mean(returns)) / deviation * math.sqrt(DAYS_A_YEAR),
        "max_drawdown": float(np.max(1.0 - equity / np.maximum.accumulate(equity))),
        "entries": float(np.sum(np.diff(position) > 0)),
    }
