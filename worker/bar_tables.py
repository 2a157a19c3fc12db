"""CSV and Parquet files of bars: the columns that are needed, and which row stands where.

A file may be hostile: what it comes to in memory is bounded before it is there.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.bar_columns import find_columns
from engine.backtest.bar_rows import Integers, Source
from engine.backtest.data_spec import DataSpec
from engine.errors import UserError, Where
from worker.arrow import arrow
from worker.bar_times import Rows

MAX_FILE_BYTES = 512 * 1024 * 1024  # unpacked too
MAX_ROWS = 10_000_000
MAX_HEADER_BYTES = 64 * 1024
SUFFIXES = (".csv", ".csv.gz", ".parquet")
_MISSING = ["", ".", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None"]
_NEWLINE, _RETURN = 10, 13
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class BarTable:
    """One file's columns by field (see ``find_columns``), texts and numbers as the file has them.

    Each is one Arrow array with as many values as there are ``rows``.
    """

    rows: Rows
    columns: dict[str, Any]


Find = Callable[[Sequence[str], DataSpec, str], dict[str, int]]


def read_table(data: bytes, spec: DataSpec, file: str, find: Find = find_columns) -> BarTable:
    """Read a file's content by the suffix of its name; *find* says which columns.

    Raises:
        UserError: another suffix, no such file, too large, or a needed column is missing.
    """
    lower = file.lower()
    if lower.endswith(".parquet"):
        return _parquet(data, spec, file, find)
    if lower.endswith(".csv.gz"):
        return _csv(_unpacked(data, file), spec, file, find)
    if lower.endswith(".csv"):
        return _csv(data, spec, file, find)
    problem = "is of no kind that bars are read from."
    raise UserError(problem, Where(file), f"Allowed are files named {', '.join(SUFFIXES)}.")


def _unpacked(data: bytes, file: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            text = packed.read(MAX_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        problem = f"is no gzip file: {error}."
        raise UserError(problem, Where(file), "Write it again.") from error
    _bound(len(text), MAX_FILE_BYTES, "unpacked bytes", file)
    return text


def _csv(data: bytes, spec: DataSpec, file: str, find: Find) -> BarTable:
    lines = _Lines(data)
    source = Source(file, "line")
    if not len(lines.numbers):
        raise _empty(file)
    header = _header(lines.first(), spec, file)
    chosen = find(header, spec, file)
    _bound(len(lines.numbers) - 1, MAX_ROWS, "rows", file)
    if len(lines.numbers) == 1:
        raise _empty(file)
    table = _read_csv(lines, (len(header), chosen), spec.delimiter, source)
    columns = {field: table.column(str(index)).combine_chunks() for field, index in chosen.items()}
    known = {field: _present(column, field) for field, column in columns.items()}
    return BarTable(Rows(source, lines.numbers[1:]), known)


def _present(column: Any, field: str) -> Any:
    """Make texts that stand for nothing null; a symbol may be NA, as companies' are."""
    missing = arrow().array(_MISSING[:1] if field == "symbol" else _MISSING)
    compute = arrow().compute
    absent = compute.is_in(column, value_set=missing)
    if not compute.any(absent).as_py():
        return column
    return compute.if_else(absent, arrow().scalar(None, column.type), column)


class _Lines:
    """The lines of a text that are not empty, by their number in the file."""

    def __init__(self, data: bytes) -> None:
        self._data = data.removeprefix(_BOM)
        octets = np.frombuffer(self._data, np.uint8)
        ends = np.flatnonzero(octets == _NEWLINE)
        if len(octets) and octets[-1] != _NEWLINE:
            ends = np.append(ends, len(octets))
        starts = np.append(0, ends[:-1] + 1) if len(ends) else ends
        size = ends - starts
        returned = (size == 1) & (octets[np.minimum(starts, len(octets) - 1)] == _RETURN)
        kept = np.flatnonzero((size > 0) & ~returned)
        self.numbers: Integers = kept + 1
        self._first = slice(int(starts[kept[0]]), int(ends[kept[0]])) if len(kept) else slice(0)

    def first(self) -> bytes:
        """Give the first of them: the header."""
        return self._data[self._first]

    def rest(self) -> memoryview:
        """Give what is behind it."""
        return memoryview(self._data)[self._first.stop + 1 :]


def _header(line: bytes, spec: DataSpec, file: str) -> list[str]:
    try:
        if len(line) > MAX_HEADER_BYTES:
            raise ValueError  # noqa: TRY301 - worded below, as what is no text is
        text = line.decode().rstrip("\r")
        names = next(csv.reader([text], delimiter=spec.delimiter))
    except (ValueError, csv.Error, StopIteration) as error:
        problem = "the first line is no header of a CSV file in UTF-8."
        raise UserError(problem, Where(file, 1), "Name the columns there.") from error
    return [name.strip() for name in names]


def _read_csv(
    lines: _Lines, shape: tuple[int, dict[str, int]], delimiter: str, source: Source
) -> Any:
    width, chosen = shape
    wrong: list[Any] = []
    reader = arrow().csv

    def refuse(row: Any) -> str:
        wrong.append(row)
        return "error"

    wanted = sorted({str(index) for index in chosen.values()})
    try:
        table = reader.read_csv(
            arrow().BufferReader(lines.rest()),
            read_options=reader.ReadOptions(
                column_names=[str(index) for index in range(width)], use_threads=False
            ),
            parse_options=reader.ParseOptions(delimiter=delimiter, invalid_row_handler=refuse),
            convert_options=reader.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, arrow().string()),
            ),
        )
    except arrow().lib.ArrowException as error:
        raise _unreadable(error, wrong, lines, source) from error
    if table.num_rows != len(lines.numbers) - 1:  # a quoted line end, or ends of old Macs
        problem = "has lines that are no rows of it."
        remedy = "End each row by one line end, and no row within quotes."
        raise UserError(problem, Where(source.file), remedy)
    return table


def _unreadable(error: Exception, wrong: list[Any], lines: _Lines, source: Source) -> UserError:
    if not wrong:
        reason = str(error).splitlines()[0][:200]
        return UserError(f"is no CSV file: {reason}", Where(source.file), "Write it again.")
    row = wrong[0]
    number = int(lines.numbers[min(row.number, len(lines.numbers) - 1)])
    problem = f"line {number} has {row.actual_columns} values, the header {row.expected_columns}."
    return UserError(problem, source.where(number), "Write a value for each column.")


def _parquet(data: bytes, spec: DataSpec, file: str, find: Find) -> BarTable:
    with _readable(file):
        reader = arrow().parquet.ParquetFile(arrow().BufferReader(data))
        header = list(reader.schema_arrow.names)
        rows = int(reader.metadata.num_rows)
    chosen = find(header, spec, file)
    _bound(rows, MAX_ROWS, "rows", file)
    if not rows:
        raise _empty(file)
    names = {field: header[index] for field, index in chosen.items()}
    _refuse_large(reader.metadata, file)
    columns = _parquet_columns(data, names, file)
    source = Source(file, "row")
    return BarTable(Rows(source, np.arange(1, rows + 1)), columns)


def _parquet_columns(data: bytes, names: dict[str, str], file: str) -> dict[str, Any]:
    # Texts stay packed: one long text could stand in every row.
    packed = [names[field] for field in ("time", "symbol") if field in names]
    with _readable(file):
        table = (
            arrow()
            .parquet.read_table(
                arrow().BufferReader(data),
                columns=sorted(set(names.values())),
                read_dictionary=packed,
                use_threads=False,
            )
            .unify_dictionaries()
        )
        return {field: _one_array(table, name) for field, name in names.items()}


def _one_array(table: Any, name: str) -> Any:
    found = table.column(name).combine_chunks()
    return found.chunk(0) if isinstance(found, arrow().ChunkedArray) else found


def _refuse_large(metadata: Any, file: str) -> None:
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    size = sum(
        group.column(index).total_uncompressed_size
        for group in groups
        for index in range(group.num_columns)
    )
    _bound(size, MAX_FILE_BYTES, "unpacked bytes", file)


@contextmanager
def _readable(file: str) -> Iterator[None]:
    try:
        yield
    except (arrow().lib.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        problem = f"is no readable Parquet file: {reason}"
        raise UserError(problem, Where(file), "Write it again.") from error


def _bound(found: int, allowed: int, what: str, file: str) -> None:
    if found > allowed:
        problem = f"has {found} {what}; at most {allowed} are read."
        raise UserError(problem, Where(file), "Split the file, or leave a part of it out.")


def _empty(file: str) -> UserError:
    return UserError("holds no bar.", Where(file), "Write a header and rows, or another path.")


__all__ = ["MAX_FILE_BYTES", "MAX_ROWS", "BarTable", "read_table"]
