"""Conservation: time that leaves the samples must leave the process, too.

The clock of a sample runs in the process of the code that it measures, and whoever writes that
code can stop it, or put the work off. What a whole launch cost is the guard's own reading. So an
improvement stands only while the rest of head's launches does not grow by what its samples save.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.samples import PairLaunch
from engine.stats.constants import MIN_PAIRS
from engine.stats.guard import student_t
from engine.values import Side

_LEVEL = 0.01  # one-sided, of the test that time went elsewhere
_SHARE = 0.5  # of the saving
_GROWN = 0.1  # of base's rest, worth a word
_LEAST_S = 0.02


class Rest(NamedTuple):
    """One launch: what its samples claim and what the process took beside, in seconds."""

    claimed: float
    rest: float


def went_elsewhere(launches: Sequence[PairLaunch]) -> bool:
    """Whether head's launches took more CPU time outside their samples, by half of the saving.

    A one-sided t test at 1 % of the mean over pairs of (rest of head - rest of base - half of the
    claimed saving); False where fewer than five pairs tell, or nothing was saved.

    Only launches of our own harness tell: of others nobody knows how many calls a sample is.
    """
    pairs = list(_pairs(launches, "cpu"))
    saved = [base.claimed - head.claimed for base, head in pairs]
    if len(pairs) < MIN_PAIRS or math.fsum(saved) <= 0:
        return False
    moved = [
        head.rest - base.rest - _SHARE * one for (base, head), one in zip(pairs, saved, strict=True)
    ]
    return _lower_limit(moved) > 0


def grown(launches: Sequence[PairLaunch]) -> str | None:
    """Say by how much a launch of head takes longer outside its samples; None: not clearly so."""
    pairs = list(_pairs(launches, "wall"))
    if len(pairs) < MIN_PAIRS:
        return None
    base = math.fsum(one.rest for one, _ in pairs) / len(pairs)
    head = math.fsum(one.rest for _, one in pairs) / len(pairs)
    least = max(_LEAST_S, _GROWN * base)
    if _lower_limit([there.rest - here.rest for here, there in pairs]) <= least:
        return None
    sides = f"{base:.2f} s on the merge base and {head:.2f} s on head"
    return f"outside its samples a launch takes {sides}"


def _pairs(launches: Sequence[PairLaunch], metric: str) -> Iterator[tuple[Rest, Rest]]:
    sides: dict[int, dict[Side, Rest]] = {}
    for launch in launches:
        rest = _rest(launch, metric)
        if rest is not None:
            sides.setdefault(launch.pair, {})[launch.side] = rest
    for both in _complete(sides):
        yield both[Side.BASE], both[Side.HEAD]


def _complete(sides: Mapping[int, Mapping[Side, Rest]]) -> Iterator[Mapping[Side, Rest]]:
    return (found for _, found in sorted(sides.items()) if len(found) == len(Side))


def _rest(launch: PairLaunch, metric: str) -> Rest | None:
    timed = [one for one in launch.measured if one.metric == metric]
    if not timed or any(one.inner is None for one in timed):
        return None
    claimed = math.fsum(math.fsum(one.samples) * (one.inner or 1) for one in timed)
    whole = launch.cpu_s if metric == "cpu" else launch.wall_s
    return Rest(claimed, whole - claimed)


def _lower_limit(values: Sequence[float]) -> float:
    count = len(values)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return mean - student_t(count - 1, _LEVEL) * math.sqrt(variance / count)
