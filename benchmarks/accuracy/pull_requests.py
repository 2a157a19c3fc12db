"""Unchanged pull requests of 40 cases: how many turn red, with Holm over the cases."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.draws import Draws, Generator, simulated
from benchmarks.accuracy.recordings import Nights, again, fresh
from benchmarks.accuracy.rivals import rivals
from benchmarks.accuracy.tallies import Line, families, share
from engine.stats import constants as c

CASES = 40
TIMES = 20  # rows a night and benchmark
COUNT = 4_000
BUDGETS = (0.01, 0.03)
Members = list[NDArray[np.intp]]


def recorded_lines(nights: Nights, rng: Generator, scale: int) -> Iterator[Line]:
    """Forty different benchmarks of one night each."""
    data = {
        "recorded, fresh pairs": (fresh(nights, rng, TIMES), c.path_of(12)),
        "recorded, 36 resampled pairs": (again(nights, rng, TIMES, 36), c.SHORT),
    }
    for name, (draws, path) in data.items():
        members = _of_one_night(draws, rng, COUNT // scale)
        for history, one in draws.histories().items():
            for budget in BUDGETS:
                line = families(one, path, budget, members)
                yield {"experiment": name, "history": history, **line}
    yield from _rivals(data["recorded, fresh pairs"][0], rng, COUNT // scale)


def _rivals(draws: Draws, rng: Generator, count: int) -> Iterator[Line]:
    """Let the rivals judge 40 cases each, as they do: every case by itself."""
    members = np.stack(_of_one_night(draws, rng, count))
    for name, (signs, _) in rivals(draws).items():
        red = (signs[members] > 0).any(axis=1)
        line = {"rule": name, "cases": CASES, "red": share(int(red.sum()), count)}
        yield {"experiment": "recorded, fresh pairs", **line}


def _of_one_night(draws: Draws, rng: Generator, count: int) -> Members:
    """Pick rows; those of one benchmark and night stand side by side."""
    members = []
    nights = [np.flatnonzero(draws.group == one)[::TIMES] for one in np.unique(draws.group)]
    for _ in range(count):
        firsts = nights[rng.integers(0, len(nights))]
        chosen = rng.permutation(firsts)[:CASES]
        members.append(chosen + rng.integers(0, TIMES, CASES))
    return members


def simulated_lines(rng: Generator, scale: int) -> Iterator[Line]:
    """Forty cases of one noise each."""
    count = COUNT // scale
    for noise, spread in (("normal", 0.03), ("t3", 0.03), ("drifting", 0.03), ("bursts", 0.015)):
        draws = simulated(rng, noise, (count * CASES, c.SHORT.last), spread)
        members = list(np.arange(count * CASES).reshape(count, CASES))
        for history, one in (("true", draws), ("none", draws.without_history())):
            line = families(one, c.SHORT, 0.01, members)
            about = {"experiment": "simulated", "noise": noise, "pair_sd": spread}
            yield {**about, "history": history, **line}
