"""Real bars that ship in packages and in the tree, oldest first."""

from __future__ import annotations

import csv
import warnings
from functools import cache
from pathlib import Path

import numpy as np

from engine.backtest.bars import Bars, Matrix

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what their imports deprecate is not ours to mend
    import arch.data.sp500
    from great_tables.data import sp500

SHIPPED = Path(__file__).parents[2] / "benchmarks/data/sp500.csv"
REAL = ("arch sp500", "great_tables sp500", "shipped sp500")
PRICES = ("open", "high", "low", "close")


@cache
def real_bars(name: str) -> Bars:
    """Read one of ``REAL``: daily bars of the S&P 500."""
    columns, times = {
        REAL[0]: _of_arch,
        REAL[1]: _of_great_tables,
        REAL[2]: _shipped,
    }[name]()
    order = np.argsort(times)
    prices = {key: np.ascontiguousarray(one[order][:, None]) for key, one in columns.items()}
    return Bars(times=times[order], symbols=("SPX",), **prices)


Columns = tuple[dict[str, Matrix], np.ndarray]


def _of_arch() -> Columns:
    table = arch.data.sp500.load()
    columns = {key: table[key.capitalize()].to_numpy(dtype=float) for key in PRICES}
    return columns, table.index.to_numpy().astype("datetime64[D]")


def _of_great_tables() -> Columns:
    """Newest row first; early bars have one price for all four."""
    columns = {key: sp500[key].to_numpy(dtype=float) for key in PRICES}
    return columns, sp500["date"].to_numpy().astype("datetime64[D]")


def _shipped() -> Columns:
    with SHIPPED.open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {key: np.array([float(row[key]) for row in rows]) for key in PRICES}
    return columns, np.array([row["date"] for row in rows], dtype="datetime64[D]")
