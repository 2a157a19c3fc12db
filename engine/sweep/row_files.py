"""Rows as any engine writes them: JSON Lines, or the plain values of a Parquet table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from engine.decoding import decode
from engine.document import MAX_DEPTH, Document, Path
from engine.errors import UserError, Where
from engine.json_text import first_bad
from engine.sweep.rows import SweepRow, doubled_date

MAX_ROWS = 1_000_000
MAX_VALUES = 10_000_000  # a value of two bytes becomes an object of many more
MAX_NAME_CHARACTERS = 200
JSON_COLUMNS = ("params", "metrics", "returns", "trades")  # a table may hold them as JSON text


def parse_rows(data: bytes, file: str) -> tuple[SweepRow, ...]:
    """Read ``results.jsonl``. NaN and infinities are read as no value, as ``null`` is.

    Raises:
        UserError: a line that is no row (named with its field), no row at all, or too many rows
            or values.
    """
    if data.count(b"\n") > MAX_ROWS or data.count(b",") > MAX_VALUES:
        problem = f"the file holds more than {MAX_ROWS} lines or {MAX_VALUES} values."
        raise UserError(problem, Where(file), "Make the sweep smaller.")
    lines = enumerate(data.split(b"\n"), start=1)
    return _checked((_line_row(line, number, file) for number, line in lines if line.strip()), file)


def rows_of_table(records: Iterable[Mapping[str, Any]], file: str) -> tuple[SweepRow, ...]:
    """Read the rows of a table. A field may hold JSON text; absent fields of structs are null.

    Raises:
        UserError: a record that is no row (numbered from 0), or no row at all.
    """
    numbered = enumerate(records)
    return _checked((_record_row(record, index, file) for index, record in numbered), file)


def encode_rows(rows: Iterable[SweepRow]) -> bytes:
    """Write ``results.jsonl``, one row a line; a value that is not finite becomes ``null``."""
    encoder = msgspec.json.Encoder()
    return b"".join(encoder.encode(row) + b"\n" for row in rows)


def _line_row(line: bytes, number: int, file: str) -> SweepRow:
    def find_line(path: Path) -> int | None:
        return number if not path else None

    try:
        value = json.loads(line, parse_constant=lambda _: None, parse_float=_finite_or_none)
    except (ValueError, RecursionError) as error:
        problem = f"not valid JSON: {getattr(error, 'msg', 'too deep, or not UTF-8')}."
        raise UserError(problem, Where(file, number), "Write one JSON object a line.") from error
    return _row(Document(value, file, find_line))


def _record_row(record: Mapping[str, Any], index: int, file: str) -> SweepRow:
    def no_line(_path: Path) -> int | None:
        return None

    present = {name: value for name, value in record.items() if value is not None}
    try:
        value = {name: _plain_field(name, field) for name, field in present.items()}
    except (ValueError, TypeError, RecursionError) as error:
        where = Where(file, None, f"[{index}]")
        problem = f"this is no row: {error}."
        raise UserError(problem, where, "Write plain values.") from error
    return _row(Document(value, file, no_line, (index,)))


def _row(document: Document) -> SweepRow:
    bad = first_bad(document.value)
    if bad is not None:
        raise UserError(bad[1], document.where(bad[0]), "Write plain values.")
    row = decode(document, SweepRow)
    if not 0 < len(row.id) <= MAX_NAME_CHARACTERS or not row.id.isprintable():
        problem = f"expected an id of 1 to {MAX_NAME_CHARACTERS} printable characters."
        raise UserError(problem, document.where(("id",)), "Give the point a short name.")
    doubled = doubled_date(row)
    if doubled is not None:
        problem = f"has two returns of {doubled!r}."
        raise UserError(problem, document.where(("returns",)), "Write one return a day.")
    if row.elapsed_s < 0:
        problem = f"expected seconds, found {row.elapsed_s!r}."
        raise UserError(problem, document.where(("elapsed_s",)), "Write how long the run took.")
    return row


def _checked(rows: Iterator[SweepRow], file: str) -> tuple[SweepRow, ...]:
    found: list[SweepRow] = []
    for row in rows:
        found.append(row)
        if len(found) > MAX_ROWS:
            problem = f"the file holds more than {MAX_ROWS} rows."
            raise UserError(problem, Where(file), "Make the sweep smaller.")
    if not found:
        problem = "the file holds no row: nothing was measured."
        raise UserError(problem, Where(file), "Have the sweep write at least one row.")
    return tuple(found)


def _finite_or_none(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _plain_field(name: str, value: Any) -> Any:
    if name in JSON_COLUMNS and isinstance(value, str):
        return json.loads(value, parse_constant=lambda _: None, parse_float=_finite_or_none)
    return _plain(value, 0)


def _plain(value: Any, depth: int) -> Any:
    """Turn a table's value into JSON's: dates to text, NaN to null, absent struct fields out."""
    if depth > MAX_DEPTH:
        message = f"is nested deeper than {MAX_DEPTH} levels"
        raise ValueError(message)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _plain(v, depth + 1) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    message = f"holds a {type(value).__name__}, which is no plain value"
    raise TypeError(message)
