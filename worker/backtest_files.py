"""The directory of a finished backtest: manifest, metrics, tables and plots."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from engine.backtest.bar_checks import DataReport
from engine.backtest.columns import Tables
from engine.backtest.metrics import Metrics
from engine.errors import UserError, Where
from engine.json_text import write_json
from worker.arrow import arrow
from worker.files import save
from worker.sweep_files import MANIFEST, Manifest

METRICS = "metrics.json"  # first to go and last to come: without it, there is no result
TABLES = tuple(one.name for one in fields(Tables))
PLOTS = ("equity.svg", "equity.png")
FILES = (METRICS, MANIFEST, *(f"{name}.{kind}" for name in TABLES for kind in ("parquet", "csv")))


class BacktestManifest(Manifest, frozen=True, kw_only=True):
    """``manifest.json``: a sweep's, with the strategy, its parameters and the bars traded on.

    ``data_report`` says what was read, how many rows each repair changed, and what was odd.
    """

    strategy: str
    params: Mapping[str, Any]
    bars: int
    assets: int
    first_bar: str
    last_bar: str
    periods_per_year: float
    data_report: DataReport


def write_backtest_directory(
    directory: Path,
    manifest: BacktestManifest,
    metrics: Metrics,
    tables: Tables,
    plots: Mapping[str, bytes],
) -> None:
    """Write everything of a run; what an earlier one left there goes first.

    An interruption leaves a directory without ``metrics.json``.

    Raises:
        UserError: the directory cannot be written to.
    """
    _clear(directory)
    for name in TABLES:
        table = getattr(tables, name)
        save(directory / f"{name}.parquet", parquet_bytes(table))
        save(directory / f"{name}.csv", csv_bytes(table))
    for name, data in plots.items():
        save(directory / name, data)
    save(directory / MANIFEST, write_json(manifest))
    save(directory / METRICS, write_json(document_of(metrics)))


def document_of(metrics: Metrics) -> dict[str, Any]:
    """Give ``metrics.json``: the metrics by name, and the reasons of those that are null."""
    plain: dict[str, Any] = msgspec.to_builtins(metrics)
    return {**metrics.values(), "reasons": plain["reasons"]}


def parquet_bytes(table: Any) -> bytes:
    """Write a table as Parquet: the same table, the same bytes."""
    sink = io.BytesIO()
    arrow().parquet.write_table(table, sink, compression="zstd", version="2.6")
    return sink.getvalue()


def csv_bytes(table: Any) -> bytes:
    """Write a table as CSV, times as ISO 8601 in UTC: days alone where all are midnight."""
    pa = arrow()
    for place, column in enumerate(table.columns):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, table.column_names[place], _texts(column))
    sink = io.BytesIO()
    sink.write(f"{','.join(table.column_names)}\n".encode())  # Arrow itself would quote the names
    pa.csv.write_csv(table, sink, pa.csv.WriteOptions(include_header=False))
    return sink.getvalue()


def _texts(column: Any) -> Any:
    """Write each time that occurs once, and point to it as often as it does."""
    pa = arrow()
    times = column.combine_chunks().cast(pa.int64()).to_numpy().view("datetime64[ns]")
    distinct, places = np.unique(times, return_inverse=True)
    return pa.array(iso_times(distinct), pa.string()).take(pa.array(places))


def iso_times(times: Any) -> list[str]:
    """Write UTC times as days where all are midnight, else to the second or as exact as needed.

    >>> iso_times(np.array(["2024-01-02", "2024-01-03"], "datetime64[ns]"))
    ['2024-01-02', '2024-01-03']
    >>> iso_times(np.array(["2024-01-02T09:30"], "datetime64[ns]"))
    ['2024-01-02T09:30:00Z']
    """
    for unit in ("D", "s", "ns"):
        coarse = times.astype(f"datetime64[{unit}]")
        if (coarse == times).all():
            texts = np.datetime_as_string(coarse).tolist()
            return texts if unit == "D" else [f"{text}Z" for text in texts]
    raise AssertionError  # nanoseconds are what they are


def _clear(directory: Path) -> None:
    try:
        for name in (*FILES, *PLOTS):
            (directory / name).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        problem = f"the directory cannot be cleared of an earlier backtest: {reason}."
        raise UserError(problem, Where(str(directory)), "Name another folder.") from error
