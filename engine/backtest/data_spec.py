"""The key ``data`` of a spec: which files hold the bars, and how they are to be read.

Annotations are not put off here: they would be looked up by the module's name when a first spec
is read, and that may be where a repository's modules go by our names.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from engine.decoding import decode
from engine.document import Document
from engine.errors import UserError
from engine.mounts import MountName
from engine.paths import path_problem

MAX_FILES = 10_000

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Moment = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?Z?)?$(?!\n)")]
Repair = Literal[
    "sort",
    "drop_duplicates",
    "keep_first",
    "keep_last",
    "drop_inconsistent",
    "drop_incomplete",
    "drop_non_positive",
    "drop_bad_volume",
    "accept_zero_volume",
    "ignore_volume",
]
_ONE_OF = "one of the keys path, paths and assets"
_FIRST, _LAST = np.datetime64("1678-01-01"), np.datetime64("2261-12-31")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Names of the columns of files that call them otherwise; one may serve several fields."""

    time: Name | None = None
    open: Name | None = None
    high: Name | None = None
    low: Name | None = None
    close: Name | None = None
    adjusted_close: Name | None = None
    volume: Name | None = None


class DataSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Files of bars: exactly one of ``path``, ``paths`` (an asset each) and ``assets`` (by symbol).

    Paths are from the repository's root, or with ``mount`` from the root of that mount, which may
    be a file itself and then needs no path. ``timezone`` is an IANA name: of times that say none
    themselves; days (times that are all midnight) need none. ``ambiguous`` tells what a time means
    that a clock change makes happen twice. ``from_`` and ``until`` are in UTC and both belong to
    what is kept; a day stands for all of it. With ``adjusted`` the prices are scaled by adjusted
    close / close. ``repair`` names what may be done to wrong rows; without it they are refused.
    """

    path: Text | None = None
    paths: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=MAX_FILES)] | None = (
        None
    )
    assets: Annotated[dict[Name, Text], msgspec.Meta(min_length=1, max_length=MAX_FILES)] | None = (
        None
    )
    mount: MountName | None = None
    columns: Columns = Columns()
    symbol_column: Name | None = None
    timezone: Name | None = None
    ambiguous: Literal["refuse", "earlier", "later"] = "refuse"
    time_format: Name | None = None
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","
    adjusted: bool = False
    repair: tuple[Repair, ...] = ()
    from_: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself, and paths that lead out of the repository or mount."""
        for moment in (self.from_, self.until):
            if moment is not None:
                moment_ns(moment)
        problem = _contradiction(self) or next(filter(None, map(path_problem, self.files)), None)
        if problem is not None:
            raise ValueError(problem)

    @property
    def files(self) -> tuple[str, ...]:
        """The paths as written, in order; none where the mount is the file itself."""
        if self.path is not None:
            return (self.path,)
        return self.paths or tuple((self.assets or {}).values())

    @property
    def repository_files(self) -> tuple[str, ...]:
        """Those of the guarded repository: measuring files, the same for both sides."""
        return self.files if self.mount is None else ()


KEYS = tuple(field.encode_name for field in msgspec.structs.fields(DataSpec))


def moment_ns(text: str) -> int:
    """Read a moment in UTC, as nanoseconds since 1970.

    >>> moment_ns("1970-01-02"), moment_ns("1970-01-01 00:01Z")
    (86400000000000, 60000000000)

    Raises:
        ValueError: no such day or time, or one before 1678 or after 2261.
    """
    moment = np.datetime64(text.rstrip("Z").replace(" ", "T"), "s")
    if not _FIRST <= moment <= _LAST:
        message = f"{text!r} is outside the years 1678 to 2261"
        raise ValueError(message)
    return int(moment.astype("datetime64[ns]").astype(np.int64))


def parse_data_spec(document: Document) -> DataSpec:
    """Read the value of the key ``data``, in any of its forms.

    A path; a list of paths; a mapping of symbols to paths; or a mapping with the keys of
    ``DataSpec``. A mapping that has one of those keys is of the last form: to name an asset
    ``path``, use ``assets``.

    Raises:
        UserError: an unknown or wrong key, contradictions, or a path that leads elsewhere; names
            file, line and field.
    """
    return decode(replace(document, value=_long_form(document)), DataSpec)


def with_long_data(document: Document) -> Document:
    """Write the key ``data`` of a spec in its long form, for a struct with ``data: DataSpec``.

    Raises:
        UserError: as ``parse_data_spec``.
    """
    content = document.value
    if not isinstance(content, dict) or "data" not in content:
        return document
    part = document.part(("data",))
    parse_data_spec(part)  # its errors know more of the place
    return replace(document, value={**content, "data": _long_form(part)})


def _long_form(document: Document) -> Any:
    value = document.value
    if isinstance(value, str):
        return {"path": value}
    if isinstance(value, list):
        return {"paths": value}
    if isinstance(value, Mapping) and value and not any(key in KEYS for key in value):
        return {"assets": value}
    if not isinstance(value, Mapping):
        problem = "data is neither a path, nor a list of paths, nor a mapping."
        remedy = "Write data: prices.csv, or the keys of its long form, such as path and timezone."
        raise UserError(problem, document.where(()), remedy)
    return value


def _contradiction(spec: DataSpec) -> str | None:
    given = [one for one in (spec.path, spec.paths, spec.assets) if one is not None]
    repair = spec.repair
    problems = {
        f"several of {_ONE_OF.partition(' of ')[2]}: exactly one says which files": len(given) > 1,
        f"{_ONE_OF} is missing: nothing says which file": not given and spec.mount is None,
        "assets says which symbol a file is of: leave symbol_column out": spec.assets is not None
        and spec.symbol_column is not None,
        "keep_first and keep_last contradict each other": {"keep_first", "keep_last"} <= {*repair},
        "a repair is named twice": len(set(repair)) < len(repair),
        f"{spec.timezone!r} is no name of a time zone, such as America/New_York or UTC": (
            spec.timezone is not None and not _ZONE.fullmatch(spec.timezone)
        ),
        "from is later than until": spec.from_ is not None
        and spec.until is not None
        and moment_ns(spec.from_) > moment_ns(spec.until),
    }
    return next((problem for problem, is_so in problems.items() if is_so), None)


__all__ = ["KEYS", "Columns", "DataSpec", "Repair", "parse_data_spec", "with_long_data"]
