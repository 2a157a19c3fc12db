"""Series that risk rules need, such as a volatility index: read from CSV and Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bar_columns import find_series
from engine.backtest.risk.rule_specs import (
    Readings,
    RuleSpec,
    SeriesSource,
    data_spec_of,
    series_sources,
)
from engine.errors import UserError
from worker.arrow import arrow
from worker.bar_places import bar_files
from worker.bar_tables import MAX_FILE_BYTES, read_table
from worker.bar_times import Rows, first_failing, read_times
from worker.files import read_untrusted


def load_series(
    root: Path, rules: Iterable[RuleSpec], shown: str, mounts: Mapping[str, Path] | None = None
) -> dict[SeriesSource, Readings]:
    """Read every series that *rules* need, below *root* or in one of the *mounts*.

    *shown* is the spec as errors name it. Values that are missing are NaN.

    Raises:
        UserError: a mount or file is missing or no table, a value is no number, or the times are
            not ascending; names file and line.
    """
    sources = series_sources(rules)
    return {source: _readings(root, source, shown, mounts or {}) for source in sources}


def _readings(root: Path, source: SeriesSource, shown: str, mounts: Mapping[str, Path]) -> Readings:
    spec = data_spec_of(source)
    (file,) = bar_files(root, spec, shown, mounts, key="series")
    data = read_untrusted(file.path, MAX_FILE_BYTES, file.shown)
    table = read_table(data, spec, file.shown, find_series)
    times = read_times(table.columns["time"], spec, table.rows).utc
    for row in np.flatnonzero(times[1:] <= times[:-1])[:1].tolist():
        problem = f"the time on {table.rows.named(row + 1)} is not later than the one before it."
        raise UserError(problem, table.rows.where(row + 1), "Sort the file, with each time once.")
    values = _numbers(table.columns["close"], source.column, table.rows)
    return Readings(times.astype("datetime64[ns]"), values)


def _numbers(column: Any, name: str, rows: Rows) -> NDArray[np.float64]:
    def convert(part: Any) -> Any:
        types = arrow().types
        is_text = types.is_string(part.type) or types.is_large_string(part.type)
        return (arrow().compute.ascii_trim_whitespace(part) if is_text else part).cast("float64")

    try:
        numbers = convert(column)
    except arrow().lib.ArrowException as error:
        row = first_failing(column, convert)
        raise _no_number(column[row].as_py(), name, rows, row) from error
    values = np.array(numbers.to_numpy(zero_copy_only=False), np.float64)
    for row in np.flatnonzero(np.isinf(values))[:1].tolist():
        raise _no_number(values[row], name, rows, row)
    return values


def _no_number(found: object, name: str, rows: Rows, row: int) -> UserError:
    problem = f"{str(found)[:60]!r} on {rows.named(row)} is no value of {name}."
    remedy = "Write plain, finite numbers, or nothing where there is none."
    return UserError(problem, rows.where(row), remedy)
