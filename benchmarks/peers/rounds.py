"""Interleaved timing: every engine once a round, so that a disturbance spoils no engine alone."""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Samples = dict[str, list[float]]
LEAST_S = 0.05


def options(about: str | None, rounds: int) -> argparse.Namespace:
    """Read a command line that has but ``--rounds``."""
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=rounds, help="default: %(default)s")
    return parser.parse_args()


def interleaved(works: Mapping[str, Callable[[], object]], rounds: int) -> Samples:
    """Time each of *works* once a round, in seconds; each was run before, to warm it up.

    One that is done in less than 50 ms is repeated within its turn, and the turn divided: what a
    neighbour has left in the caches is paid for once. Every other round goes backwards, so that
    nobody always comes after the same neighbour.
    """
    repeats = {name: _repeats(work) for name, work in works.items()}
    samples: Samples = {name: [] for name in works}
    for number in range(rounds):
        for name in [*works][:: -1 if number % 2 else 1]:
            samples[name].append(_seconds(works[name], repeats[name]))
    return samples


def tenth_percentile(samples: list[float]) -> float:
    """Give the sample a tenth of the way up."""
    return sorted(samples)[len(samples) // 10]


def peak_mib() -> float:
    """Give the most memory that this process has held, as the kernel counts it.

    ``getrusage`` would do, were a process not to inherit the peak of the one that started it.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return round(int(line.split()[1]) / 1024, 1)


def _repeats(work: Callable[[], object]) -> int:
    work()
    return max(1, round(LEAST_S / max(_seconds(work, 1), 1e-9)))


def _seconds(work: Callable[[], object], times: int) -> float:
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        for _ in range(times):
            work()
        return (time.perf_counter() - started) / times
    finally:
        gc.enable()
