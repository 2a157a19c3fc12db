"""Which column of a file holds what: by the spec's names, else by the names that are common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from engine.backtest.data_spec import DataSpec
from engine.errors import UserError, Where

# As they are once case, spaces, underscores, dots and hyphens are left out.
COMMON: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "date", "datetime", "timestamp", "day"),
    "open": ("open", "openprice"),
    "high": ("high", "highprice"),
    "low": ("low", "lowprice"),
    "close": ("close", "closeprice"),
    "adjusted_close": ("adjclose", "adjustedclose", "closeadj", "closeadjusted"),
    "volume": ("volume", "vol"),
    "symbol": ("symbol", "ticker"),
}
UNNAMED = ("", "indexlevel0", "unnamed:0")  # a data frame's index that has no name
_NEEDED = ("time", "open", "high", "low", "close")
_IGNORED = str.maketrans("", "", " _.-")
_MAX_SHOWN = 20
_DELIMITERS = (";", "\t", "|", ",")


def find_columns(header: Sequence[str], spec: DataSpec, file: str) -> dict[str, int]:
    """Give the index of each field's column: the prices, ``time``, and what else is asked for.

    ``volume`` and ``symbol`` are there when the file has them; ``adjusted_close`` when the spec
    wants adjusted prices.

    Raises:
        UserError: a needed column is missing, or several could be meant.
    """
    wanted = [*_NEEDED]
    if spec.adjusted:
        wanted.append("adjusted_close")
    if "ignore_volume" not in spec.repair:
        wanted.append("volume")
    if spec.assets is None:
        wanted.append("symbol")
    named = {**msgspec.structs.asdict(spec.columns), "symbol": spec.symbol_column}
    found: dict[str, int] = {}
    for field in wanted:
        index = _column(header, field, named[field], file)
        if index is not None:
            found[field] = index
    missing = [field for field in wanted[: 5 + spec.adjusted] if field not in found]
    if missing:
        raise _missing(header, missing, file, spec.delimiter)
    return found


def find_series(header: Sequence[str], spec: DataSpec, file: str) -> dict[str, int]:
    """Give the index of the column of times, and as ``close`` that of a series' values.

    Raises:
        UserError: one of them is missing, or several could be meant.
    """
    name = spec.columns.close or "close"
    time = _column(header, "time", spec.columns.time, file)
    if time is None:
        raise _absent(header, "no column holds the time", "time: NAME", file)
    if _plain(name) not in map(_plain, header):
        raise _absent(header, f"no column is named {name!r}", "column: NAME", file)
    return {"time": time, "close": _named(header, "close", name, file)}


def _absent(header: Sequence[str], problem: str, key: str, file: str) -> UserError:
    problem = f"{problem}; columns here: {_listed(header)}."
    return UserError(problem, Where(file), f"Say which in the spec's series, as in `{key}`.")


def _column(header: Sequence[str], field: str, name: str | None, file: str) -> int | None:
    if name is not None:
        return _named(header, field, name, file)
    plain = [_plain(column) for column in header]
    matching = [index for index, one in enumerate(plain) if one in COMMON[field]]
    if not matching and field == "time":
        matching = [index for index, one in enumerate(plain) if one in UNNAMED][:1]
    if len(matching) > 1:
        raise _ambiguous([header[index] for index in matching], field, file)
    return matching[0] if matching else None


def _named(header: Sequence[str], field: str, name: str, file: str) -> int:
    exact = [index for index, one in enumerate(header) if one == name]
    loose = [index for index, one in enumerate(header) if _plain(one) == _plain(name)]
    matching = exact or loose
    if len(matching) == 1:
        return matching[0]
    found = "several columns are" if matching else "no column is"
    problem = f"{found} named {name!r}, which the spec names for {_in_words(field)}."
    raise UserError(problem, Where(file), f"Columns here: {_listed(header)}.")


def _ambiguous(names: Sequence[str], field: str, file: str) -> UserError:
    shown = " and ".join(map(repr, names))
    problem = f"the columns {shown} could each hold {_in_words(field)}."
    if len(set(names)) < len(names):
        return UserError(problem, Where(file), "Give each column a name of its own.")
    return UserError(problem, Where(file), _remedy(field, names[0]))


def _missing(header: Sequence[str], missing: Sequence[str], file: str, delimiter: str) -> UserError:
    words = ", ".join(_in_words(field) for field in missing)
    problem = f"no column holds {words}; columns here: {_listed(header)}."
    other = next((one for one in _DELIMITERS if len(header) == 1 and one in header[0]), None)
    if other is None or other == delimiter:
        return UserError(problem, Where(file), _remedy(missing[0], "NAME"))
    written = '"\\t"' if other == "\t" else f"'{other}'"
    remedy = f"Say in the spec's data what parts them: `delimiter: {written}`."
    return UserError(problem, Where(file), remedy)


def _remedy(field: str, name: str) -> str:
    shown = f"symbol_column: {name}" if field == "symbol" else f"columns: {{{field}: {name}}}"
    return f"Say which in the spec's data, as in `{shown}`."


def _plain(name: str) -> str:
    return name.strip().lower().translate(_IGNORED)


def _in_words(field: str) -> str:
    return f"the {field.replace('_', ' ')}"


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(one) for one in header[:_MAX_SHOWN])
    return f"{shown}, …" if len(header) > _MAX_SHOWN else shown
