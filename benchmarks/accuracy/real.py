"""The decision and its rivals on recorded launches of a dedicated machine."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.draws import Draws, Generator
from benchmarks.accuracy.recordings import Nights, again, fresh, tips
from benchmarks.accuracy.rivals import LAUNCHES, rivals
from benchmarks.accuracy.tallies import Line, called, decided
from engine.stats import constants as c

EFFECTS = (0.0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.10)
BUDGETS = (0.01, 0.02, 0.03, 0.05, 0.10)
QUIET = 0.015
TIMES = 10  # rows a night and benchmark
UNCHANGED, CHANGED = 0.005, 0.04  # what the neighbouring nights say of tip against base


def lines(nights: Nights, rng: Generator, scale: int) -> Iterator[Line]:
    """Base against base with effects put in, then tip against base."""
    times = max(1, TIMES // scale)
    split = fresh(nights, rng, times)
    yield from _guard(split, "recorded, fresh pairs", c.path_of(12))
    yield from _rivals(split, "recorded, fresh pairs")
    yield from _guard(again(nights, rng, times, 36), "recorded, 36 resampled pairs", c.SHORT)
    yield from _tips(nights)


def _subsets(draws: Draws) -> dict[str, NDArray[np.bool_]]:
    """Give the rows by how noisy they are; robust: by what the other nights' pairs tell."""
    return {
        "all": np.ones(len(draws.spread), dtype=bool),
        "pair sd <= 1.5 %": np.asarray(draws.spread <= QUIET),
        "robust pair sd <= 1.5 %": np.asarray(draws.robust <= QUIET),
        "pair sd <= 3 %": np.asarray(draws.spread <= 2 * QUIET),
    }


def _guard(draws: Draws, data: str, path: c.Path) -> Iterator[Line]:
    for subset, rows in _subsets(draws).items():
        some = draws.of(rows)
        for history, one in some.histories().items():
            for budget in BUDGETS if subset == "all" else (0.03,):
                for effect in EFFECTS:
                    line = decided(one, path, effect=effect, budget=budget)
                    yield {"experiment": data, "subset": subset, "history": history, **line}


def _rivals(draws: Draws, data: str) -> Iterator[Line]:
    for subset, rows in _subsets(draws).items():
        some = draws.of(rows)
        whole = some.of(np.asarray(~np.isnan(some.base[:, :LAUNCHES]).any(axis=1)))
        for effect in EFFECTS if subset == "all" else (0.0, 0.02, 0.04, 0.05):
            for name, calls in rivals(whole.slower(effect)).items():
                yield {"experiment": data, "subset": subset, **called(name, calls, effect)}


def _tips(nights: Nights) -> Iterator[Line]:
    """Judge real changes, by what the neighbouring nights say of them: one row a night each."""
    draws, truth = tips(nights)
    known: dict[str, NDArray[np.bool_]] = {
        "unchanged": np.abs(truth) <= UNCHANGED,
        "slower by 4 % or more": truth >= np.log1p(CHANGED),
        "faster by 4 % or more": truth <= -np.log1p(CHANGED),
    }
    for name, rows in known.items():
        some = draws.of(rows)
        yield from (
            {"experiment": "recorded, tip against base", "truth": name, "history": history, **line}
            for history, line in _both(some)
        )
        for rule, calls in rivals(some).items():
            line = called(rule, calls, 0.0)
            yield {"experiment": "recorded, tip against base", "truth": name, **line}


def _both(draws: Draws) -> Iterator[tuple[str, Line]]:
    """Decide with and without history; what only an injected effect allows is left out."""
    for history, one in draws.histories().items():
        line = decided(one, c.path_of(25), effect=0.0, budget=0.03)
        yield history, {key: line[key] for key in line if not key.startswith("covered")}
