"""Launches sorted into series: one metric of one case, by side and pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.samples import PairLaunch
from engine.values import Better, Side

Reduce = Callable[[Sequence[float], Better], float]


class Key(NamedTuple):
    """What a series is of."""

    case: str
    metric: str


@dataclass(slots=True)
class Series:
    """All samples of one metric of one case, by side and pair, and what was said of them."""

    samples: dict[Side, dict[int, list[float]]] = field(
        default_factory=lambda: {side: {} for side in Side}
    )
    units: set[str] = field(default_factory=set)
    directions: set[Better] = field(default_factory=set)
    unsteady: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    hashes: dict[Side, dict[int, str]] = field(default_factory=lambda: {side: {} for side in Side})

    @property
    def comparable(self) -> bool:
        """Whether every launch measured the same kind of number."""
        return len(self.units) == 1 and len(self.directions) == 1

    @property
    def unit(self) -> str:
        """The one unit of a comparable series."""
        (unit,) = self.units
        return unit

    @property
    def better(self) -> Better:
        """The one direction of a comparable series."""
        (better,) = self.directions
        return better

    @property
    def pairs(self) -> list[int]:
        """The pairs of which both sides measured it, in order."""
        return sorted(self.samples[Side.BASE].keys() & self.samples[Side.HEAD].keys())

    def levels(self, side: Side, pairs: Iterable[int], reduce: Reduce) -> list[float]:
        """Reduce the launches of *side* in *pairs*, each to one number in the series' unit."""
        found = self.samples[side]
        return [reduce(found[pair], self.better) for pair in pairs]

    @property
    def is_unsteady(self) -> bool:
        """Whether half of a side's launches, or more, did not reach a steady state."""
        return any(
            2 * self.unsteady[side] >= len(self.samples[side]) > 0 and self.unsteady[side] > 0
            for side in Side
        )

    @property
    def result_differs(self) -> bool | None:
        """Whether head computed another result in a pair, or tells none where base does.

        None: base told none. Pairs differ from each other in their seed, which a result may
        depend on, so only the two sides of a pair are compared.
        """
        base, head = self.hashes[Side.BASE], self.hashes[Side.HEAD]
        told = base.keys() & self.samples[Side.HEAD].keys()
        return any(base[pair] != head.get(pair) for pair in told) if told else None


def collect(launches: Iterable[PairLaunch]) -> dict[Key, Series]:
    """Sort *launches* into series."""
    found: dict[Key, Series] = {}
    for launch in launches:
        for measured in launch.measured:
            one = found.setdefault(Key(measured.case, measured.metric), Series())
            one.samples[launch.side].setdefault(launch.pair, []).extend(measured.samples)
            one.units.add(measured.unit)
            one.directions.add(measured.better)
            one.unsteady[launch.side] += measured.steady is False
            if measured.result_hash is not None:
                one.hashes[launch.side][launch.pair] = measured.result_hash
    return found


def pooled(earlier: Sequence[PairLaunch], new: Sequence[PairLaunch]) -> tuple[PairLaunch, ...]:
    """Take each side of each pair once: evidence is neither discarded nor counted twice.

    Only launches that are paired are in it.
    """
    taken: dict[tuple[int, Side], PairLaunch] = {}
    for launch in (*earlier, *new):
        if launch.purpose == "pair":
            taken.setdefault((launch.pair, launch.side), launch)
    return tuple(taken.values())


def whole_pairs(launches: Iterable[PairLaunch]) -> frozenset[int]:
    """Give the pairs of which both sides were launched."""
    found: dict[Side, set[int]] = {side: set() for side in Side}
    for launch in launches:
        found[launch.side].add(launch.pair)
    return frozenset(found[Side.BASE] & found[Side.HEAD])


def pairs_of_cases(launches: Sequence[PairLaunch]) -> dict[str, int]:
    """Count the whole pairs of each case, also those in which one side lost it."""
    whole = whole_pairs(launches)
    found: dict[str, set[int]] = {}
    for launch in launches:
        for one in launch.measured if launch.pair in whole else ():
            found.setdefault(one.case, set()).add(launch.pair)
    return {case: len(pairs) for case, pairs in found.items()}


def cases_of(series: Mapping[Key, Series], side: Side) -> set[str]:
    """Name the cases of which *side* measured something."""
    return {key.case for key, one in series.items() if one.samples[side]}
