"""Bars as files hold them, one row each, and the panel that they make."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars, Matrix
from engine.errors import UserError, Where

MAX_CELLS = 50_000_000  # T x N of a panel: 2 GB in its five arrays
PRICES = ("open", "high", "low", "close")

Vector = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Source:
    """A file as messages name it, and what its rows are counted in: lines of text, or rows."""

    file: str
    unit: Literal["line", "row"]

    def where(self, number: int) -> Where:
        """Give the place of the row of this number; a table without lines has but its name."""
        return Where(self.file, number if self.unit == "line" else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRows:
    """n bars in the order of their files: arrays ``[n]``.

    ``source`` and ``asset`` are indices into ``sources`` and ``symbols``; ``numbers`` count the
    rows in their file from 1 (for text, its lines, the header included); ``times`` are
    nanoseconds since 1970 in UTC. A price or volume that is missing is NaN.
    """

    sources: tuple[Source, ...]
    symbols: tuple[str, ...]
    source: Integers
    numbers: Integers
    asset: Integers
    times: Integers
    open: Vector
    high: Vector
    low: Vector
    close: Vector
    adjusted: Vector | None = None
    volume: Vector | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.times)

    def taken(self, chosen: NDArray[Any]) -> BarRows:
        """Give the rows that *chosen* names, a mask or indices in the order wanted."""
        arrays = {
            one.name: found[chosen]
            for one in fields(self)
            if isinstance(found := getattr(self, one.name), np.ndarray)
        }
        return replace(self, **arrays)

    def place(self, row: int) -> str:
        """Name a row as people find it."""
        source = self.sources[self.source[row]]
        separator = ":" if source.unit == "line" else " row "
        return f"{source.file}{separator}{self.numbers[row]}"

    def where(self, row: int) -> Where:
        """Give a row's place."""
        source: Source = self.sources[self.source[row]]
        return source.where(int(self.numbers[row]))


def adjusted_rows(rows: BarRows) -> BarRows:
    """Scale all four prices of each row by adjusted close / close.

    Multiplying by one factor keeps their order, so what was consistent stays so.

    Raises:
        UserError: a price is then no positive, finite number any more.
    """
    if rows.adjusted is None:
        return rows
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        factor = rows.adjusted / rows.close
        scaled = {name: getattr(rows, name) * factor for name in PRICES}
    for values in scaled.values():
        wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if len(wrong):
            problem = "the adjusted close is so far from the close that no price is left."
            raise UserError(problem, rows.where(int(wrong[0])), "Correct the file.")
    return replace(rows, adjusted=None, **scaled)


def panel(rows: BarRows) -> Bars:
    """Lay rows out by time and asset; where an asset has no row at a time, NaN.

    There must be one row at most for an asset and time, in any order.

    Raises:
        UserError: there is no row, or the panel would have more than ``MAX_CELLS`` cells.
    """
    source = Where(", ".join(dict.fromkeys(one.file for one in rows.sources[:3])))
    if not len(rows):
        problem = "no bar is left to be tested on."
        raise UserError(problem, source, "Check the file, and `from` and `until`.")
    times, index = np.unique(rows.times, return_inverse=True)
    shape = (len(times), len(rows.symbols))
    if shape[0] * shape[1] > MAX_CELLS:
        problem = f"{shape[0]} times x {shape[1]} assets are more than {MAX_CELLS} bars."
        raise UserError(problem, source, "Use fewer assets, or a part of the time.")

    def laid(values: Vector) -> Matrix:
        matrix = np.full(shape, np.nan)
        matrix[index, rows.asset] = values
        return matrix

    return Bars(
        times=times.view("datetime64[ns]"),
        symbols=rows.symbols,
        volume=None if rows.volume is None else laid(rows.volume),
        **{name: laid(getattr(rows, name)) for name in PRICES},
    )


def fingerprint(bars: Bars) -> str:
    """SHA-256 of the bars themselves: equal for equal bars, whatever file they came from."""
    head = {"symbols": bars.symbols, "length": bars.length, "volume": bars.volume is not None}
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    digest.update(bars.times.astype("datetime64[ns]").astype("<i8").tobytes())
    for matrix in (bars.open, bars.high, bars.low, bars.close, bars.volume):
        if matrix is not None:
            # One form of what has several: of a NaN, and of zero.
            plain = np.where(np.isnan(matrix), np.nan, matrix + 0.0)
            digest.update(plain.astype("<f8").tobytes())
    return digest.hexdigest()


def joined(parts: Sequence[BarRows]) -> BarRows:
    """Put the rows of several files behind each other; each has one source of its own.

    Raises:
        UserError: some have volumes and others have none.
    """
    first = parts[0]
    for part in parts[1:]:
        if (part.volume is None) != (first.volume is None):
            without, having = (part, first) if part.volume is None else (first, part)
            problem = f"has no volume, and {having.sources[0].file} has."
            remedy = "Add the column, map it, or say `repair: [ignore_volume]`."
            raise UserError(problem, Where(without.sources[0].file), remedy)
    symbols = tuple(dict.fromkeys(symbol for part in parts for symbol in part.symbols))
    place = {symbol: index for index, symbol in enumerate(symbols)}
    codes = [np.array([place[one] for one in part.symbols], np.int64) for part in parts]
    return BarRows(
        sources=tuple(source for part in parts for source in part.sources),
        symbols=symbols,
        source=np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        asset=np.concatenate([code[part.asset] for code, part in zip(codes, parts, strict=True)]),
        **{name: _together(parts, name) for name in ("numbers", "times", *PRICES)},
        adjusted=None if first.adjusted is None else _together(parts, "adjusted"),
        volume=None if first.volume is None else _together(parts, "volume"),
    )


def _together(parts: Sequence[BarRows], name: str) -> Any:
    return np.concatenate([getattr(part, name) for part in parts])
