"""The points of a sweep, in an order that depends on nothing but the spec's content."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import msgspec

from engine.errors import UserError, Where
from engine.identity import configuration_id, derived_seed
from engine.sweep.random_search import distinct_points
from engine.sweep.spec import RandomSearch, SweepSpec


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One combination of parameters, with its place, its id and its own seed."""

    index: int
    id: str
    params: dict[str, Any]
    seed: int


def points(spec: SweepSpec) -> tuple[Point, ...]:
    """Give the Cartesian product of the grid, in the alphabetical order of its keys, or a draw.

    Sorted keys, because moving a line of the spec must not change any point's seed.

    >>> spec = SweepSpec(strategy="a.py:f", grid={"b": (1, 2), "a": (3,)}, metric="m", mode="max")
    >>> [point.params for point in points(spec)]
    [{'a': 3, 'b': 1}, {'a': 3, 'b': 2}]

    Raises:
        UserError: a range of floats is so narrow that too few points differ.
    """
    return tuple(_point(spec.seed, index, params) for index, params in enumerate(_params(spec)))


def point_count(spec: SweepSpec) -> int:
    """Count the points without making them."""
    if spec.random is not None:
        return spec.random.n
    return math.prod(len(values) for values in (spec.grid or {}).values())


def _params(spec: SweepSpec) -> Iterator[dict[str, Any]]:
    if spec.random is not None:
        return _drawn(spec.random, spec.seed)
    grid = spec.grid or {}
    names = sorted(grid)
    combinations = itertools.product(*(grid[name] for name in names))
    return (dict(zip(names, values, strict=True)) for values in combinations)


def _drawn(search: RandomSearch, seed: int) -> Iterator[dict[str, Any]]:
    try:
        yield from distinct_points(search.space, search.n, seed)
    except ValueError as error:
        where = Where("the sweep's spec", field="random.n")
        problem = f"{error}."
        raise UserError(problem, where, "Widen a range, or ask for fewer points.") from error


def _point(seed: int, index: int, params: dict[str, Any]) -> Point:
    return Point(
        index=index,
        id=configuration_id(params),
        params=params,
        seed=derived_seed(seed, "point", index),
    )
