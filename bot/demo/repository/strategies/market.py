"""Daily bars of the S&P 500, 2000-2020, as columns."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SP500 = Path(__file__).resolve().parent.parent / "data" / "sp500-2000.csv"


@dataclass(frozen=True)
class Bars:
    """One row a trading day; prices in index points."""

    dates: tuple[str, ...]
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray


def load_bars(path: Path = SP500) -> Bars:
    """Read a CSV of date, open, high, low, close, adjclose, volume."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return Bars(
        dates=tuple(row["date"] for row in rows),
        high=np.array([float(row["high"]) for row in rows]),
        low=np.array([float(row["low"]) for row in rows]),
        close=np.array([float(row["close"]) for row in rows]),
    )
