"""Times of bars: texts or timestamps to nanoseconds in UTC, with nothing guessed about zones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.bar_rows import Integers, Source
from engine.backtest.data_spec import DataSpec
from engine.errors import UserError, Where
from worker.arrow import arrow

DAY_NS = 86_400 * 10**9
_UNIX = {"unix_s": "s", "unix_ms": "ms", "unix_us": "us", "unix_ns": "ns"}
_YEARS = "in the years 1678 to 2261"
_REMEDY = (
    f"Write 2024-01-31 or 2024-01-31T15:30:00Z, all in one form and {_YEARS}, or say the form, as "
    "in `time_format: '%d/%m/%Y'` or `time_format: unix_s`."
)
_REMEDY_OF_FORM = f"Write all times in that form and {_YEARS}, or correct `time_format`."
_AMBIGUOUS = {"refuse": "raise", "earlier": "earliest", "later": "latest"}


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one file and their numbers in it, to name one of them."""

    source: Source
    numbers: Integers

    def where(self, row: int) -> Where:
        """Give a row's place."""
        return self.source.where(int(self.numbers[row]))

    def named(self, row: int) -> str:
        """Name a row within its file."""
        return f"{self.source.unit} {self.numbers[row]}"


@dataclass(frozen=True, slots=True)
class Times:
    """Nanoseconds since 1970 in UTC; *days*: they are dates, without a time of day."""

    utc: Integers
    days: bool


def read_times(column: Any, spec: DataSpec, rows: Rows) -> Times:
    """Read an Arrow column of texts, dates, timestamps or (by ``time_format``) numbers.

    Times that say their zone are taken at their word. Without one, times that are all midnight
    are dates; others are of the spec's ``timezone``.

    Raises:
        UserError: a time is missing or none, or says no zone and the spec does not either, or
            does not exist or exists twice in that zone; names the first.
    """
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        problem = f"{rows.named(row)} has no time."
        raise UserError(problem, rows.where(row), "Write the time, or leave the row out.")
    stamps = _stamps(column, spec, rows)
    if stamps.type.tz is not None:
        return Times(_numbers(stamps), days=False)
    naive = _numbers(stamps)
    intraday = np.flatnonzero(naive % DAY_NS)
    if not len(intraday):
        return Times(naive, days=True)
    if spec.timezone is None:
        row = int(intraday[0])
        problem = f"the time {column[row].as_py()!s} on {rows.named(row)} says no time zone."
        remedy = "Say it in the spec's data, as in `timezone: America/New_York` or `timezone: UTC`."
        raise UserError(problem, rows.where(row), remedy)
    return Times(_numbers(_placed(stamps, spec, rows)), days=False)


def first_failing(column: Any, convert: Callable[[Any], Any]) -> int:
    """Find the first row that *convert* fails on, given that it fails on the whole."""
    low, high = 0, len(column)  # it fails on column[:high], not on column[:low]
    while high - low > 1:
        middle = (low + high) // 2
        try:
            convert(column.slice(low, middle - low))
        except arrow().lib.ArrowException:
            high = middle
        else:
            low = middle
    return low


def _numbers(stamps: Any) -> Integers:
    numbers: Integers = stamps.cast("int64").to_numpy(zero_copy_only=False)
    return numbers


def _stamps(column: Any, spec: DataSpec, rows: Rows) -> Any:
    """Give timestamps in nanoseconds, with a zone or without."""
    types = arrow().types
    if types.is_dictionary(column.type):
        if len(column.dictionary) < len(column):
            return _of_dictionary(column, spec, rows)
        column = column.cast(column.type.value_type)
    if types.is_timestamp(column.type) or types.is_date(column.type):
        return _converted(column, _in_ns, rows)  # whatever form texts have: these are times
    is_text = types.is_string(column.type) or types.is_large_string(column.type)
    if is_text:
        column = arrow().compute.ascii_trim_whitespace(column)
    if spec.time_format in _UNIX:
        return _unix(column, spec.time_format, rows)
    if is_text:
        return _texts(column, spec.time_format, rows)
    problem = f"the column of times holds {column.type}."
    remedy = "Write times, or say `time_format: unix_s` (or unix_ms, unix_us, unix_ns)."
    raise UserError(problem, Where(rows.source.file), remedy)


def _of_dictionary(column: Any, spec: DataSpec, rows: Rows) -> Any:
    """Read each text once, however often it stands in the file."""
    first = np.zeros(len(column.dictionary), np.int64)
    indices = column.indices.to_numpy(zero_copy_only=False)
    first[indices[::-1]] = np.arange(len(indices))[::-1]
    used = Rows(rows.source, rows.numbers[first])
    return _stamps(column.dictionary, spec, used).take(column.indices)


def _in_ns(part: Any) -> Any:
    zone = part.type.tz if arrow().types.is_timestamp(part.type) else None
    return part.cast(arrow().timestamp("ns", zone))


def _unix(column: Any, form: str, rows: Rows) -> Any:
    stamp, unit = arrow().timestamp, _UNIX[form]
    whole = _converted(column, lambda part: part.cast("int64"), rows, form)
    return _converted(
        whole, lambda part: part.cast(stamp(unit, "UTC")).cast(stamp("ns", "UTC")), rows, form
    )


def _texts(column: Any, time_format: str | None, rows: Rows) -> Any:
    if time_format is not None:
        return _converted(column, lambda part: _by_format(part, time_format), rows, time_format)
    # The first one says whether they have zones: all have, or none.
    zoned = arrow().timestamp("ns", "UTC")
    try:
        column.slice(0, 1).cast(zoned)
    except arrow().lib.ArrowException:
        zoned = arrow().timestamp("ns")
    return _converted(column, lambda part: part.cast(zoned), rows)


def _by_format(part: Any, time_format: str) -> Any:
    # Read in seconds: the cast to nanoseconds sees what has no room there.
    compute = arrow().compute
    seconds = compute.strptime(part, format=time_format, unit="s", error_is_null=False)
    return _in_ns(seconds)


def _converted(
    column: Any, convert: Callable[[Any], Any], rows: Rows, form: str | None = None
) -> Any:
    try:
        return convert(column)
    except arrow().lib.ArrowException as error:
        row = first_failing(column, convert)
        found = f"{str(column[row].as_py())[:60]!r} on {rows.named(row)}"
        problem, remedy = f"{found} is no time that can be read.", _REMEDY
        if form is not None:
            problem, remedy = f"{found} is no time of the form {form!r}.", _REMEDY_OF_FORM
        raise UserError(problem, rows.where(row), remedy) from error


def _placed(stamps: Any, spec: DataSpec, rows: Rows) -> Any:
    """Read local times of the spec's zone."""

    def convert(part: Any) -> Any:
        return arrow().compute.assume_timezone(
            part, spec.timezone, ambiguous=_AMBIGUOUS[spec.ambiguous], nonexistent="raise"
        )

    try:
        return convert(stamps)
    except arrow().lib.ArrowException as error:
        if "timezone database" in str(error):
            problem = f"the time zone {spec.timezone!r} is not known here."
            raise UserError(problem, Where(rows.source.file), "Name one such as UTC.") from error
        row = first_failing(stamps, convert)
        raise _clock_change(stamps.slice(row, 1), spec, rows, row) from error


def _clock_change(stamp: Any, spec: DataSpec, rows: Rows, row: int) -> UserError:
    """Word why one local time is no moment."""
    try:
        arrow().compute.assume_timezone(stamp, spec.timezone, ambiguous="earliest")
    except arrow().lib.ArrowException:
        what, remedy = "does not exist", "Correct the file, or the time zone."
    else:
        what = "exists twice"
        remedy = (
            "Say which is meant: `ambiguous: earlier` or `later`. "
            "If the file has bars of both, write its times with their zone."
        )
    time = str(np.datetime64(int(_numbers(stamp)[0]), "ns"))[:19]
    problem = f"the time {time} on {rows.named(row)} {what} in {spec.timezone}: clocks change."
    return UserError(problem, rows.where(row), remedy)


__all__ = ["Rows", "Times", "first_failing", "read_times"]
