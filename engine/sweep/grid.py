"""The points of a sweep's grid, in an order that depends on nothing but the spec's content."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from engine.identity import configuration_id, derived_seed
from engine.sweep.spec import SweepSpec


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One combination of parameters, with its place, its id and its own seed."""

    index: int
    id: str
    params: dict[str, Any]
    seed: int


def points(spec: SweepSpec) -> tuple[Point, ...]:
    """Give the Cartesian product of the grid, in the alphabetical order of its keys.

    Sorted keys, because moving a line of the spec must not change any point's seed.

    >>> spec = SweepSpec(strategy="a.py:f", grid={"b": (1, 2), "a": (3,)}, metric="m", mode="max")
    >>> [point.params for point in points(spec)]
    [{'a': 3, 'b': 1}, {'a': 3, 'b': 2}]
    """
    names = sorted(spec.grid)
    combinations = itertools.product(*(spec.grid[name] for name in names))
    return tuple(
        _point(spec.seed, index, dict(zip(names, values, strict=True)))
        for index, values in enumerate(combinations)
    )


def _point(seed: int, index: int, params: dict[str, Any]) -> Point:
    return Point(
        index=index,
        id=configuration_id(params),
        params=params,
        seed=derived_seed(seed, "point", index),
    )
