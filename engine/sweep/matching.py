"""Configurations of two sweeps matched by id, their values by fold and seed: never best to best."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.comparison import difference
from engine.current import Sample
from engine.sweep.leaderboard import sample_value
from engine.sweep.rows import PointResult
from engine.values import Mode

# Id, fold and, where an id has several seeds in a fold, the seed.
Place = tuple[str, int | None, int | None]
Rows = Mapping[Place, PointResult]


@dataclass(frozen=True, slots=True)
class Matched:
    """A configuration with one number on each side for every fold and seed that base has.

    ``sample`` says of what the numbers are; ``base`` and ``head`` stand in the order of
    ``places``. The means are over them, ``change`` is head's less base's.
    """

    id: str
    sample: Sample
    places: tuple[Place, ...]
    base: tuple[float, ...]
    head: tuple[float, ...]
    base_mean: float
    head_mean: float
    change: float

    @property
    def changes(self) -> tuple[float, ...]:
        """Head minus base of every fold and seed."""
        return tuple(difference(h, b) for b, h in zip(self.base, self.head, strict=True))

    def worsening(self, mode: Mode) -> float:
        """Give the change in the metric's worse direction."""
        return -self.change if mode is Mode.MAX else self.change

    @property
    def seeded(self) -> bool:
        """Whether a fold has several seeds: then the seeds are a sample of many more."""
        return any(seed is not None for _, _, seed in self.places)


def placed(base: Sequence[PointResult], head: Sequence[PointResult]) -> tuple[Rows, Rows]:
    """Give both sides' rows by their places, which are the same kind of place on both.

    A point of one seed is the same point on both sides, whatever that seed is.
    """
    counts = (Counter((row.id, row.fold) for row in side) for side in (base, head))
    seeded = {place[0] for count in counts for place, number in count.items() if number > 1}
    return (
        {_place(row, seeded): row for row in base},
        {_place(row, seeded): row for row in head},
    )


def matched(base: Rows, head: Rows, metric: str) -> dict[str, Matched]:
    """Match the configurations of both sides; without those that lack a number somewhere."""
    groups: dict[str, list[Place]] = {}
    for place in base:
        groups.setdefault(place[0], []).append(place)
    found = (
        _match(name, sorted(places, key=_order), base, head, metric)
        for name, places in groups.items()
    )
    return {one.id: one for one in found if one is not None}


def reported_sample(rows: Iterable[PointResult], metric: str) -> Sample:
    """Say what a configuration is judged by: out of sample where all of its rows have that."""
    return "oos" if all(sample_value(row, metric, "oos") is not None for row in rows) else "is"


def _match(
    name: str, places: Sequence[Place], base: Rows, head: Rows, metric: str
) -> Matched | None:
    if any(place not in head for place in places):
        return None
    sample = reported_sample((base[place] for place in places), metric)
    sides = [
        [sample_value(rows[place], metric, sample) for place in places] for rows in (base, head)
    ]
    before, after = (tuple(value for value in side if value is not None) for side in sides)
    if len(before) != len(places) or len(after) != len(places):
        return None
    if any(reported_sample((rows[p] for p in places), metric) != sample for rows in (base, head)):
        return None  # in-sample values of one side are none of the other's out of sample
    means = (_mean(before), _mean(after))
    change = difference(means[1], means[0])
    return Matched(name, sample, tuple(places), before, after, *means, change)


def _place(row: PointResult, seeded: set[str]) -> Place:
    return (row.id, row.fold, row.seed if row.id in seeded else None)


def _order(place: Place) -> tuple[str, bool, int, int]:
    """Order places by id, fold and seed; those without a fold first."""
    name, fold, seed = place
    return (name, fold is not None, fold or 0, seed or 0)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
