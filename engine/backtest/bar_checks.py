"""Whether bars can be true: what is wrong is refused, or repaired where the spec says how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.backtest.bar_rows import PRICES, BarRows, Vector
from engine.errors import UserError

ABSURD_JUMP = 2.0  # a close this many times the last one, or this part of it
MAX_PLACES = 5

Mask = NDArray[np.bool_]


class DataReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was read, and what was done to it: ``repairs`` counts the rows of each."""

    files: tuple[str, ...]
    rows: int
    bars: int
    assets: int
    missing: int  # cells of the panel without a bar
    first: str
    last: str
    repairs: dict[str, int] = {}
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """Rows in which every bar can be true, one for an asset and time, by ascending time."""

    rows: BarRows
    repairs: Mapping[str, int]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way in which a row by itself is wrong, and the repairs that do away with it."""

    problem: str
    find: Callable[[BarRows], Mask]
    repairs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Fault:
    problem: str
    rows: BarRows  # those that are wrong
    repairs: tuple[str, ...]


def checked(rows: BarRows, repair: Sequence[str]) -> CheckedRows:
    """Refuse wrong rows, except those that a named repair takes away or puts right.

    Rows are dropped first, then sorted, then of those of one asset and time one is kept. Jumps
    and bars of one single price are warnings: they may be true.

    Raises:
        UserError: rows are wrong and no repair is named for it; counts each kind, and names the
            first rows of each by file and number.
    """
    done: dict[str, int] = {}
    faults: list[_Fault] = []
    rows = _each_row(rows, repair, done, faults)
    rows = _in_order(rows, repair, done, faults)
    rows = _one_a_time(rows, repair, done, faults)
    if faults:
        raise _refusal(faults)
    return CheckedRows(rows, done, _warnings(rows))


def _prices(rows: BarRows) -> tuple[Vector, ...]:
    prices = tuple(getattr(rows, name) for name in PRICES)
    return prices if rows.adjusted is None else (*prices, rows.adjusted)


def _incomplete(rows: BarRows) -> Mask:
    found = np.zeros(len(rows), np.bool_)
    for price in _prices(rows):
        found |= ~np.isfinite(price)
    return found


def _non_positive(rows: BarRows) -> Mask:
    found = np.zeros(len(rows), np.bool_)
    for price in _prices(rows):
        found |= np.isfinite(price) & (price <= 0)
    return found


def _inconsistent(rows: BarRows) -> Mask:
    # Comparisons with NaN are false: what is missing is counted as that alone.
    above = (rows.high < rows.open) | (rows.high < rows.close)
    below = (rows.low > rows.open) | (rows.low > rows.close)
    return above | below  # a high below the low is below the open too, or the low above it


def _bad_volume(rows: BarRows) -> Mask:
    return _volume(rows, lambda volume: ~(np.isfinite(volume) & (volume >= 0)))


def _zero_volume(rows: BarRows) -> Mask:
    return _volume(rows, lambda volume: volume == 0)


def _volume(rows: BarRows, find: Callable[[Vector], Mask]) -> Mask:
    return np.zeros(len(rows), np.bool_) if rows.volume is None else find(rows.volume)


_KINDS = (
    _Kind("a price that is missing or no finite number", _incomplete, ("drop_incomplete",)),
    _Kind("a price that is zero or negative", _non_positive, ("drop_non_positive",)),
    _Kind(
        "a high below, or a low above, another price of the bar",
        _inconsistent,
        ("drop_inconsistent",),
    ),
    _Kind(
        "a volume that is missing, negative or no finite number",
        _bad_volume,
        ("drop_bad_volume", "ignore_volume"),
    ),
    _Kind(
        "a volume of zero", _zero_volume, ("accept_zero_volume", "drop_bad_volume", "ignore_volume")
    ),
)


def _each_row(
    rows: BarRows, repair: Sequence[str], done: dict[str, int], faults: list[_Fault]
) -> BarRows:
    dropped = np.zeros(len(rows), np.bool_)
    for kind in _KINDS:
        found = kind.find(rows) & ~dropped
        count = int(np.count_nonzero(found))
        named = next((one for one in kind.repairs if one in repair), None)
        if not count:
            continue
        if named is None:
            # Where every row is wrong, dropping them would leave none.
            ways = tuple(reversed(kind.repairs)) if count == len(rows) else kind.repairs
            faults.append(_Fault(kind.problem, rows.taken(found), ways))
            continue
        done[named] = done.get(named, 0) + count
        if named.startswith("drop"):
            dropped |= found
    return rows.taken(~dropped) if dropped.any() else rows


def _in_order(
    rows: BarRows, repair: Sequence[str], done: dict[str, int], faults: list[_Fault]
) -> BarRows:
    """Sort by asset, then by time; rows of one asset and time stay as they stood."""
    by_asset = rows if _is_ascending(rows.asset) else _sorted(rows, rows.asset)
    early = np.zeros(len(rows), np.bool_)
    early[1:] = (by_asset.asset[1:] == by_asset.asset[:-1]) & (np.diff(by_asset.times) < 0)
    count = int(np.count_nonzero(early))
    if not count:
        return by_asset
    if "sort" in repair:
        done["sort"] = count
    else:
        ascends = np.count_nonzero(np.diff(by_asset.times) > 0)
        newest = " (the newest row comes first)" if not ascends else ""
        problem = f"a time earlier than the row before{newest}"
        faults.append(_Fault(problem, by_asset.taken(early), ("sort",)))
    order = np.lexsort((by_asset.times, by_asset.asset))
    return by_asset.taken(order)


def _one_a_time(
    rows: BarRows, repair: Sequence[str], done: dict[str, int], faults: list[_Fault]
) -> BarRows:
    """Leave one row for each asset and time; in rows that are in order, they stand together."""
    again = np.zeros(len(rows), np.bool_)
    again[1:] = (rows.asset[1:] == rows.asset[:-1]) & (rows.times[1:] == rows.times[:-1])
    if not again.any():
        return rows
    keep = next((one for one in ("keep_first", "keep_last") if one in repair), None)
    if keep is not None:
        done[keep] = int(np.count_nonzero(again))
        return rows.taken(~again if keep == "keep_first" else ~np.append(again[1:], [False]))
    equal = again & _equals_first(rows, again)
    kinds = {
        "the time of an earlier row, and equal values": (equal, "drop_duplicates"),
        "the time of an earlier row, and other values": (again & ~equal, ""),
    }
    dropped = np.zeros(len(rows), np.bool_)
    for problem, (found, repaired_by) in kinds.items():
        if repaired_by in repair and found.any():
            done[repaired_by] = int(np.count_nonzero(found))
            dropped |= found
        elif found.any():
            ways = (repaired_by, "keep_first", "keep_last")
            faults.append(_Fault(problem, rows.taken(found), tuple(filter(None, ways))))
    return rows.taken(~dropped)


def _equals_first(rows: BarRows, again: Mask) -> Mask:
    """Whether each row has the values of the first row of its asset and time."""
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))
    equal = np.ones(len(rows), np.bool_)
    volume = () if rows.volume is None else (rows.volume,)
    for values in (*_prices(rows), *volume):
        equal &= (values == values[first]) | (np.isnan(values) & np.isnan(values[first]))
    return equal


def _is_ascending(values: NDArray[np.int64]) -> bool:
    return bool(np.all(values[1:] >= values[:-1]))


def _sorted(rows: BarRows, key: NDArray[np.int64]) -> BarRows:
    return rows.taken(np.argsort(key, kind="stable"))


def _refusal(faults: Sequence[_Fault]) -> UserError:
    parts = [f"{_count(fault.rows)} {fault.problem} ({_places(fault.rows)})" for fault in faults]
    first = list(dict.fromkeys(fault.repairs[0] for fault in faults))
    others = dict.fromkeys(way for fault in faults for way in fault.repairs if way not in first)
    also = f" (or {', '.join(others)})" if others else ""
    remedy = f"Correct the file, or say `repair: [{', '.join(first)}]`{also} in the spec's data."
    return UserError(f"{'; '.join(parts)}.", faults[0].rows.where(0), remedy)


def _count(rows: BarRows) -> str:
    return "1 bar has" if len(rows) == 1 else f"{len(rows)} bars have"


def _places(rows: BarRows) -> str:
    shown = ", ".join(map(rows.place, range(min(len(rows), MAX_PLACES))))
    return f"{shown}, …" if len(rows) > MAX_PLACES else shown


def _warnings(rows: BarRows) -> tuple[str, ...]:
    flat = (rows.open == rows.high) & (rows.high == rows.low) & (rows.low == rows.close)
    words = {
        "one price for open, high, low and close, so no level lies inside them": flat,
        f"a close at least {ABSURD_JUMP:g} times, or at most half of, the one before, "
        "as an unadjusted split has": _jumps(rows),
    }
    found = ((what, rows.taken(mask)) for what, mask in words.items() if mask.any())
    return tuple(f"{_count(wrong)} {what} ({_places(wrong)})." for what, wrong in found)


def _jumps(rows: BarRows) -> Mask:
    """Find closes that are absurdly far from the last; of adjusted prices where there are any."""
    close = rows.close if rows.adjusted is None else rows.adjusted
    found = np.zeros(len(rows), np.bool_)
    with np.errstate(over="ignore", under="ignore"):
        ratio = close[1:] / close[:-1]
    far = (ratio >= ABSURD_JUMP) | (ratio <= 1 / ABSURD_JUMP)
    found[1:] = far & (rows.asset[1:] == rows.asset[:-1])
    return found


__all__ = ["ABSURD_JUMP", "CheckedRows", "DataReport", "checked"]
