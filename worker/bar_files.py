"""Bars from files: read, checked, made into one panel, and told apart by their content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.backtest.bar_checks import DataReport, checked
from engine.backtest.bar_rows import (
    PRICES,
    BarRows,
    Integers,
    Vector,
    adjusted_rows,
    fingerprint,
    joined,
    panel,
)
from engine.backtest.bars import Bars
from engine.backtest.data_spec import DataSpec, moment_ns
from engine.errors import UserError, Where
from worker.arrow import arrow
from worker.bar_arrays import map_bar_arrays, write_bar_arrays
from worker.bar_places import BarFile, bar_files
from worker.bar_tables import MAX_FILE_BYTES, MAX_ROWS, BarTable, read_table
from worker.bar_times import DAY_NS, Rows, first_failing, read_times
from worker.files import read_untrusted

MAX_SYMBOL_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class LoadedBars:
    """Bars to test on; the fingerprint is of them alone, not of the files' form."""

    bars: Bars
    fingerprint: str
    report: DataReport


def load_bars(
    root: Path, spec: DataSpec, shown: str, mounts: Mapping[str, Path] | None = None
) -> LoadedBars:
    """Read the bars that a spec's ``data`` names, below *root* or in one of the *mounts*.

    *shown* is the spec as errors name it. Files are told by their path within *root* or mount.

    Raises:
        UserError: a mount or file is missing or no table of bars, or bars are wrong and no
            repair is named for that; see ``engine.backtest.bar_checks.checked``.
    """
    parts = [_rows(one, spec) for one in bar_files(root, spec, shown, mounts or {})]
    _refuse_mixed(parts)
    rows = joined([part for part, _ in parts])
    within = rows.taken(_within(rows.times, spec))
    found = checked(within, spec.repair)
    bars = panel(adjusted_rows(found.rows))
    report = DataReport(
        files=tuple(one.file for one in rows.sources),
        rows=len(within),
        bars=bars.length,
        assets=bars.width,
        missing=int(np.count_nonzero(np.isnan(bars.close))),
        first=_text(bars.times[0]),
        last=_text(bars.times[-1]),
        repairs=dict(found.repairs),
        warnings=found.warnings,
    )
    return LoadedBars(bars, fingerprint(bars), report)


def _rows(file: BarFile, spec: DataSpec) -> tuple[BarRows, bool]:
    """Read one file, and say whether its times are days."""
    table = read_table(read_untrusted(file.path, MAX_FILE_BYTES, file.shown), spec, file.shown)
    times = read_times(table.columns["time"], spec, table.rows)
    symbols, asset = _assets(table, file)
    count = len(times.utc)
    rows = BarRows(
        sources=(table.rows.source,),
        symbols=symbols,
        source=np.zeros(count, np.int64),
        numbers=table.rows.numbers,
        asset=asset,
        times=times.utc,
        adjusted=_optional(table, "adjusted_close"),
        volume=_optional(table, "volume"),
        **{name: _floats(table.columns[name], name, table.rows) for name in PRICES},
    )
    return rows, times.days


def _assets(table: BarTable, file: BarFile) -> tuple[tuple[str, ...], Integers]:
    """Give the symbols, sorted, and each row's index in them; without a column the file's own."""
    column = table.columns.get("symbol")
    if column is None:
        return (file.symbol,), np.zeros(len(table.rows.numbers), np.int64)
    if not arrow().types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        problem = f"{table.rows.named(row)} has no symbol."
        raise UserError(problem, table.rows.where(row), "Write the symbol of each row.")
    names = [str(one)[: MAX_SYMBOL_CHARACTERS + 1].strip() for one in column.dictionary.to_pylist()]
    symbols, codes = np.unique(np.array(names, object).astype(str), return_inverse=True)
    indices = column.indices.to_numpy(zero_copy_only=False)
    used, index = np.unique(codes[indices], return_inverse=True)
    chosen = tuple(str(symbols[code]) for code in used)
    if any(not 0 < len(one) <= MAX_SYMBOL_CHARACTERS for one in chosen):
        problem = f"a symbol is empty, or longer than {MAX_SYMBOL_CHARACTERS} characters."
        raise UserError(problem, Where(file.shown), "Write shorter symbols.")
    return chosen, index.astype(np.int64)


def _optional(table: BarTable, field: str) -> Vector | None:
    column = table.columns.get(field)
    return None if column is None else _floats(column, field, table.rows)


def _floats(column: Any, field: str, rows: Rows) -> Vector:
    """Read numbers strictly; what is missing is NaN."""
    types = arrow().types
    if types.is_string(column.type) or types.is_large_string(column.type):
        column = _parsed(column, field, rows)
    elif not (types.is_integer(column.type) or _is_fraction(column.type)):
        problem = f"the column of {field} holds {column.type}, not numbers."
        raise UserError(problem, Where(rows.source.file), "Write numbers, or map another column.")
    values: Vector = column.cast("float64", safe=False).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, np.float64)


def _is_fraction(type_: Any) -> bool:
    types = arrow().types
    return bool(types.is_floating(type_) or types.is_decimal(type_))


def _parsed(column: Any, field: str, rows: Rows) -> Any:
    def convert(part: Any) -> Any:
        return arrow().compute.ascii_trim_whitespace(part).cast("float64")

    try:
        return column.cast("float64")
    except arrow().lib.ArrowException:
        pass  # spaces around a number are no harm, but rare and slow to take off
    try:
        return convert(column)
    except arrow().lib.ArrowException as error:
        row = first_failing(column, convert)
        problem = f"{str(column[row].as_py())[:60]!r} on {rows.named(row)} is no {field}."
        remedy = "Write plain numbers, such as 1234.5, without signs for thousands or currency."
        raise UserError(problem, rows.where(row), remedy) from error


def _refuse_mixed(parts: list[tuple[BarRows, bool]]) -> None:
    total = sum(len(rows) for rows, _ in parts)
    if total > MAX_ROWS:
        problem = f"the files together have {total} rows; at most {MAX_ROWS} are read."
        raise UserError(problem, None, "Use fewer assets, or a part of the time.")
    days = next((rows for rows, is_days in parts if is_days), None)
    times = next((rows for rows, _ in parts if np.any(rows.times % DAY_NS)), None)
    if days is not None and times is not None:
        problem = f"has times of day, and {days.sources[0].file} has days."
        raise UserError(problem, Where(times.sources[0].file), "Test on bars of one length.")


def _within(times: Integers, spec: DataSpec) -> np.ndarray[Any, np.dtype[np.bool_]]:
    chosen = np.ones(len(times), np.bool_)
    if spec.from_ is not None:
        chosen &= times >= moment_ns(spec.from_)
    if spec.until is not None:
        is_day = "T" not in spec.until and " " not in spec.until
        chosen &= times <= moment_ns(spec.until) + (DAY_NS - 1 if is_day else 0)
    return chosen


def _text(time: np.datetime64) -> str:
    is_day = time.astype(np.int64) % DAY_NS == 0
    return str(time.astype("datetime64[D]" if is_day else "datetime64[s]"))


__all__ = ["LoadedBars", "load_bars", "map_bar_arrays", "write_bar_arrays"]
