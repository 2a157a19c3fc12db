"""Whether a sweep gives the same numbers again: the same configuration and seed, run twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.determinism import LARGEST_METRIC
from engine.sweep.rows import PointResult
from engine.values import Side

SAME = 1e-9  # relative to max(1, |x|)

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reproduced:
    """Whether the second run was the first one again, and the largest relative difference.

    ``largest`` is None where one of them lacks a number that the other has.
    """

    same: bool
    largest: float | None


def reproduced(rows: Sequence[PointResult], rerun: Sequence[PointResult]) -> Reproduced | None:
    """Compare all metrics of a second run with the *rows* of the first one.

    Only configurations that were run again are looked at. None: none was, or its time was up.
    """
    if not rerun or any(row.status == "timeout" for row in rerun):
        return None
    names = {row.id for row in rerun}
    first = {_place(row): row for row in rows if row.id in names}
    second = {_place(row): row for row in rerun}
    if first.keys() != second.keys():
        return Reproduced(same=False, largest=None)
    differences = [_difference(row, second[place]) for place, row in first.items()]
    known = [value for value in differences if value is not None]
    largest = max(known) if len(known) == len(differences) else None
    return Reproduced(same=largest is not None and largest <= SAME, largest=largest)


def unlike(base: Reproduced | None, head: Reproduced | None) -> Side | None:
    """Name the side whose second run gave other numbers, base before head; None: neither."""
    sides = {Side.BASE: base, Side.HEAD: head}
    return next((side for side, one in sides.items() if one is not None and not one.same), None)


def _place(row: PointResult) -> tuple[str, int | None, int]:
    return (row.id, row.fold, row.seed)


def _difference(first: PointResult, second: PointResult) -> float | None:
    """Give the largest relative difference of two rows; None: they differ in more than numbers."""
    before, after = dict(_leaves(first.metrics)), dict(_leaves(second.metrics))
    if first.status != second.status or before.keys() != after.keys():
        return None
    differences = [_relative(value, after[key]) for key, value in before.items()]
    known = [value for value in differences if value is not None]
    return max(known, default=0.0) if len(known) == len(differences) else None


def _relative(first: Any, second: Any) -> float | None:
    if not (_is_number(first) and _is_number(second)):
        return 0.0 if first == second else None
    return abs(float(second) - float(first)) / max(1.0, abs(float(first)))


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= LARGEST_METRIC


def _leaves(metrics: Mapping[str, Any]) -> Iterator[tuple[Key, Any]]:
    """List the values of each sample by their names; what is nested deeper is one value."""
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            yield from (((name, inner), one) for inner, one in value.items())
        else:
            yield (name,), value
