"""Histories of levels with steps put in where they are known: what watches are tried on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Generator = np.random.Generator

COMMITS = 250
KINDS = ("none", "3", "5", "10", "mixed")  # per cent of the one step; mixed: three steps
MIXED_STEPS = (0.03, 0.08, 0.15, 0.30)
MARGIN = 30  # commits from a step to either end, and more between two
SPREADS = (0.005, 0.01, 0.02, 0.03)
NOISES = ("normal", "t3", "autocorrelated", "drifting", "outliers", "two levels")
STABLE = 0.012  # medians of a stretch's fifths lie within this
TRIES = 60
SECOND_LEVEL, SINGLES, PAIRS = 0.3, 0.04, 0.01  # shares of commits


@dataclass(frozen=True, slots=True)
class History:
    """Levels of one benchmark, oldest first; *steps*: where a new level truly begins."""

    data: str
    kind: str
    values: Floats
    steps: tuple[int, ...]


def histories(folder: Path | None, rng: Generator, count: int) -> Iterator[History]:
    """Give simulated histories, *count* a noise and spread, and those of *folder*'s recordings."""
    for noise in NOISES:
        for spread in SPREADS:
            for _ in range(count):
                values = np.exp(spread * _noise(noise, rng)) * rng.lognormal(0, 3)
                yield from stepped(f"simulated, {noise}", values, rng)
    if folder is not None:
        yield from _given(folder)
        yield from _hosted(folder, rng, count)
        yield from _dedicated(folder, rng, 5 * count)
        yield from _nightly(folder, rng)


def stepped(data: str, values: Floats, rng: Generator) -> Iterator[History]:
    """Put the steps of each kind into one history; the first is left as it is."""
    for kind in KINDS:
        if kind == "none":
            yield History(data, kind, values, ())
            continue
        steps = _places(kind, values.size, rng)
        changed = values.copy()
        for step in steps:
            size = rng.choice(MIXED_STEPS) if kind == "mixed" else int(kind) / 100
            changed[step:] *= 1 + size * rng.choice([-1, 1])
        yield History(data, kind, changed, steps)


def _places(kind: str, size: int, rng: Generator) -> tuple[int, ...]:
    if kind != "mixed":
        return (int(rng.integers(MARGIN, size - MARGIN)),)
    thirds = size * np.array([0.19, 0.49, 0.79]) + rng.integers(-size // 14, size // 14, 3)
    return tuple(int(place) for place in thirds)


def _noise(noise: str, rng: Generator) -> Floats:
    """Draw noise whose robust sd is about 1."""
    plain = rng.normal(size=COMMITS)
    if noise == "t3":
        return rng.standard_t(3, size=COMMITS) / 1.1
    if noise == "autocorrelated":
        return _autocorrelated(rng)
    if noise == "drifting":
        return plain + 0.07 * np.cumsum(rng.normal(size=COMMITS))
    if noise == "outliers":
        return plain + _outliers(rng)
    if noise == "two levels":
        return 0.6 * plain + 2.0 * (rng.random(COMMITS) < SECOND_LEVEL)
    return plain


def _autocorrelated(rng: Generator, correlation: float = 0.5) -> Floats:
    found = rng.normal(size=COMMITS + MARGIN)
    for place in range(1, found.size):
        own = found[place] * (1 - correlation**2) ** 0.5
        found[place] = correlation * found[place - 1] + own
    return found[MARGIN:]


def _outliers(rng: Generator) -> Floats:
    """Slow single commits (4 %) and pairs of them (1 %), ten spreads on average."""
    found = np.where(rng.random(COMMITS) < SINGLES, rng.exponential(10, COMMITS), 0.0)
    for place in np.flatnonzero(rng.random(COMMITS - 1) < PAIRS):
        found[place : place + 2] += rng.exponential(10)
    return found


def _given(folder: Path) -> Iterator[History]:
    for one in _read(folder, "cpd_sunpy_injected"):
        steps = tuple(int(place) for place, _ in one["cps"])
        yield History("sunpy, as given", one["kind"], np.array(one["y"]), steps)


def _hosted(folder: Path, rng: Generator, count: int) -> Iterator[History]:
    """Stable stretches of commits measured on hosted runners."""
    for one in _read(folder, "sunpy_gh_actions"):
        levels = np.array([point[2] for point in one["pts"]])
        for _ in range(count):
            stretch = _stable(levels, rng)
            if stretch is not None:
                yield from stepped("sunpy, hosted runners", stretch, rng)


def _stable(levels: Floats, rng: Generator) -> Floats | None:
    for _ in range(TRIES):
        start = int(rng.integers(0, levels.size - COMMITS))
        stretch = levels[start : start + COMMITS]
        fifths = [np.median(part) for part in np.array_split(np.log(stretch), 5)]
        if np.ptp(fifths) < STABLE:
            return stretch
    return None


def _dedicated(folder: Path, rng: Generator, count: int) -> Iterator[History]:
    """Launches of one version in their order, over ten nights of a dedicated machine."""
    nights = [night["base"]["bench"] for _, night in sorted(_nights(folder).items())]
    names = sorted(set.intersection(*(set(night) for night in nights)))
    for name in rng.choice(names, size=min(count, len(names)), replace=False):
        levels = np.concatenate([night[name] for night in nights])
        if levels.min() > 0 and levels.size > COMMITS:
            start = int(rng.integers(0, levels.size - COMMITS))
            yield from stepped("Go, dedicated", levels[start : start + COMMITS], rng)


def _nightly(folder: Path, rng: Generator) -> Iterator[History]:
    """Short histories: 99 runs of a database's benchmarks; where they truly step is not known."""
    for one in _read(folder, "rocksdb_2023"):
        levels = np.array([point[2] for point in one["pts"]])
        if levels.min() > 0:
            short = stepped("RocksDB", levels, rng)
            yield from (history for history in short if history.kind != "mixed")


def _nights(folder: Path) -> dict[str, Any]:
    nights: dict[str, Any] = _read(folder, "go_bent_cron_2022")["nights"]
    return nights


def _read(folder: Path, name: str) -> Any:
    with gzip.open(folder / f"{name}.json.gz") as file:
        return json.load(file)
