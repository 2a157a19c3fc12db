"""Real launches: nights of a dedicated machine, each benchmark launched 25 times a side.

``go_bent_cron_2022.json.gz`` and any recording of its form: ``nights`` to ``base`` and ``tip``
to ``bench`` to the list of a benchmark's launches. ``base`` is one and the same commit every
night, so that base against base is a comparison in which nothing changed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy.draws import Draws, Floats, Generator
from engine.stats import constants as c
from engine.stats.certificate import pooled_spread
from engine.stats.spreads import pulled_in

AGREEMENT = 0.005  # neighbouring nights agree on tip against base when within this of each other
NEIGHBOURS = 3  # nights on either side


@dataclass(frozen=True, slots=True)
class Nights:
    """Logs of launches by benchmark and night, in the order of measuring.

    The rest are pair sds of base against base, (benchmarks, nights): ``pulled`` with outliers
    pulled in, as null runs store them; ``robust`` by the median absolute deviation; ``plain``
    the ordinary ones.
    """

    names: tuple[str, ...]
    base: tuple[tuple[Floats, ...], ...]
    tip: tuple[tuple[Floats, ...], ...]
    pulled: Floats
    robust: Floats
    plain: Floats

    def cells(self) -> list[tuple[int, int]]:
        """Give every (benchmark, night)."""
        benchmarks, nights = self.plain.shape
        return [(one, night) for one in range(benchmarks) for night in range(nights)]

    def stored(self, benchmark: int, night: int) -> float:
        """Give the pair sd that a certificate of the last 20 other nights would hold."""
        others = np.delete(self.pulled[benchmark], night)[-20:]
        return max(pooled_spread([(11, float(one)) for one in others]), c.SPREAD_FLOOR)

    def mad(self, benchmark: int, night: int) -> float:
        """Give the pair sd by the median absolute deviation, median over the other nights."""
        return float(np.median(np.delete(self.robust[benchmark], night)))

    def usual(self, benchmark: int) -> float:
        """Give the plain pair sd of a usual night."""
        return float(np.median(self.plain[benchmark]))

    def earlier(self, benchmark: int, night: int) -> float:
        """Give the level stored on the nearest other night: the mean of base's launches."""
        other = night - 1 if night else 1
        return float(np.log(np.exp(self.base[benchmark][other]).mean()))


def recorded(folder: Path, rng: Generator) -> Nights | None:
    """Read every recording of that form in *folder*; None where there is none."""
    nights = [night for path in sorted(folder.glob("*.json.gz")) for night in _nights(path)]
    if not nights:
        return None
    names = set.intersection(*({*night[side]["bench"]} for night in nights for side in _SIDES))
    ordered = tuple(sorted(names))
    base, tip = (
        tuple(tuple(np.log(night[side]["bench"][name]) for night in nights) for name in ordered)
        for side in _SIDES
    )
    return Nights(ordered, base, tip, *_spreads(base, rng))


_SIDES = ("base", "tip")


def _nights(path: Path) -> list[dict[str, dict[str, dict[str, list[float]]]]]:
    document = json.loads(gzip.decompress(path.read_bytes()))
    nights = document.get("nights", {}) if isinstance(document, dict) else {}
    return [nights[name] for name in sorted(nights)]


def _spreads(base: tuple[tuple[Floats, ...], ...], rng: Generator) -> tuple[Floats, Floats, Floats]:
    shape = len(base), len(base[0])
    pulled, robust, plain = np.empty(shape), np.empty(shape), np.empty(shape)
    for place in np.ndindex(*shape):
        launches = base[place[0]][place[1]]
        pulled[place] = pulled_in(_halves(launches, rng)[np.newaxis]).std(ddof=1)
        pairs = np.concatenate([_halves(launches, rng) for _ in range(4)])
        deviations = np.abs(pairs - np.median(pairs))
        robust[place] = max(1.4826 * float(np.median(deviations)), c.SPREAD_FLOOR)
        plain[place] = launches.std(ddof=1) * np.sqrt(2)
    return pulled, robust, plain


def _halves(launches: Floats, rng: Generator) -> Floats:
    half = len(launches) // 2
    mixed = rng.permutation(launches)
    return np.asarray(mixed[:half] - mixed[half : 2 * half])


def fresh(nights: Nights, rng: Generator, times: int) -> Draws:
    """Split base's launches of each night into up to 12 pairs, none used twice in a row."""
    return _drawn(nights, times, 12, lambda launches: _split(launches, rng))


def again(nights: Nights, rng: Generator, times: int, pairs: int) -> Draws:
    """Draw *pairs* pairs of different launches of one night's base, with replacement."""
    return _drawn(nights, times, pairs, lambda launches: _resampled(launches, rng, pairs))


def _split(launches: Floats, rng: Generator) -> Floats:
    half = min(len(launches) // 2, 12)
    both = np.full((2, 12), np.nan)
    both[:, :half] = rng.permutation(launches)[: 2 * half].reshape(2, half)
    return both


def _resampled(launches: Floats, rng: Generator, pairs: int) -> Floats:
    first = rng.integers(0, len(launches), pairs)
    second = (first + rng.integers(1, len(launches), pairs)) % len(launches)
    return np.stack([launches[first], launches[second]])


def _drawn(nights: Nights, times: int, pairs: int, draw: Callable[[Floats], Floats]) -> Draws:
    cells = [cell for cell in nights.cells() for _ in range(times)]
    sides = np.empty((2, len(cells), pairs))
    for row, (benchmark, night) in enumerate(cells):
        sides[:, row] = draw(nights.base[benchmark][night])
    return _draws(nights, cells, sides)


def _draws(nights: Nights, cells: list[tuple[int, int]], sides: Floats) -> Draws:
    return Draws(
        base=sides[0],
        head=sides[1],
        stored=np.array([nights.stored(*cell) for cell in cells]),
        robust=np.array([nights.mad(*cell) for cell in cells]),
        earlier=np.array([nights.earlier(*cell) for cell in cells]),
        spread=np.array([nights.usual(benchmark) for benchmark, _ in cells]),
        group=np.array([night for _, night in cells]),
    )


def tips(nights: Nights) -> tuple[Draws, Floats]:
    """Pair each night's tip with its base, launch by launch; and what the neighbours say.

    The truth of a night is the median, over up to three nights on either side, of ln(tip/base)
    of the medians; NaN where that night's neighbours do not agree, or there are too few.
    """
    cells = nights.cells()
    sides = np.full((2, len(cells), 25), np.nan)
    for row, (benchmark, night) in enumerate(cells):
        both = nights.base[benchmark][night], nights.tip[benchmark][night]
        count = min(25, *map(len, both))
        sides[:, row, :count] = [launches[:count] for launches in both]
    shifts = np.nanmedian(sides[1], axis=1) - np.nanmedian(sides[0], axis=1)
    table = shifts.reshape(nights.plain.shape)
    return _draws(nights, cells, sides), np.array([_truth(table[b], n) for b, n in cells])


def _truth(shifts: Floats, night: int) -> float:
    low = max(0, night - NEIGHBOURS)
    near = np.delete(shifts[low : night + NEIGHBOURS + 1], night - low)
    agree = len(near) >= NEIGHBOURS + 1 and float(np.ptp(near)) <= 2 * AGREEMENT
    return float(np.median(near)) if agree else float("nan")
