"""The decision and its rivals on simulated noise."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.accuracy.draws import Draws, Generator, simulated
from benchmarks.accuracy.rivals import rivals
from benchmarks.accuracy.tallies import Line, called, decided
from engine.stats import constants as c

ROWS = 10_000
NULL_ROWS = 100_000  # where nothing is put in: alarms are rare
SPREADS = (0.005, 0.01, 0.015, 0.03, 0.05)
BUDGETS = (0.01, 0.02, 0.03, 0.05, 0.10)
EFFECTS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.10)
RIVAL_EFFECTS = (0.0, 0.02, 0.03, 0.04, 0.05, 0.10)
HEAVY = ("t3", "drifting", "bursts")
STALE = (0.5, 1.0, 1.5, 2.0, 3.0)


def lines(rng: Generator, scale: int) -> Iterator[Line]:
    """Normal noise in full; other noise and stale history at two spreads and budgets."""
    for spread in SPREADS:
        sizes = ROWS // scale, NULL_ROWS // scale
        yield from _noise(rng, "normal", spread, sizes, BUDGETS)
    for noise in HEAVY:
        for spread in (0.015, 0.03) if noise != "bursts" else (0.015,):
            sizes = ROWS // scale, NULL_ROWS // scale
            yield from _noise(rng, noise, spread, sizes, (0.01, 0.03))
    yield from _stale(rng, scale)


def _noise(
    rng: Generator, noise: str, spread: float, sizes: tuple[int, int], budgets: tuple[float, ...]
) -> Iterator[Line]:
    about = {"experiment": "simulated", "noise": noise, "pair_sd": spread}
    some = simulated(rng, noise, (sizes[0], c.SHORT.last), spread)
    null = simulated(rng, noise, (sizes[1], c.SHORT.last), spread)
    for budget in budgets:
        for effect in (0.0, *EFFECTS):
            for line in _both(some if effect else null, effect, budget):
                yield {**about, **line}
    for effect in RIVAL_EFFECTS:
        for name, calls in rivals(some.slower(effect)).items():
            yield {**about, **called(name, calls, effect)}


def _both(draws: Draws, effect: float, budget: float) -> Iterator[Line]:
    for history, one in (("true", draws), ("none", draws.without_history())):
        yield {"history": history, **decided(one, c.SHORT, effect=effect, budget=budget)}


def _stale(rng: Generator, scale: int) -> Iterator[Line]:
    for noise in ("normal", "t3"):
        for times in STALE:
            yield from _at(rng, noise, times, scale)


def _at(rng: Generator, noise: str, times: float, scale: int) -> Iterator[Line]:
    """Have pairs spread *times* as much as the history says."""
    for spread in (0.015, 0.03):
        about = {"experiment": "stale history", "noise": noise, "pair_sd": spread}
        null = simulated(rng, noise, (NULL_ROWS // scale, c.SHORT.last), spread, times)
        for budget in (0.01, 0.03):
            for effect in sorted({0.0, 0.02, budget + 0.01, 0.05}):
                some = null if not effect else null.first(ROWS // scale)
                line = decided(some, c.SHORT, effect=effect, budget=budget)
                yield {**about, "true_over_stored": times, **line}
