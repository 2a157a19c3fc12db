"""Timing in batches: each sample is a batch of iterations long enough for the clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Protocol

BATCH_S = 0.005
WARM_UP_S = 0.05


class Case(Protocol):
    """One benchmark case, its inputs drawn."""

    @property
    def name(self) -> str:
        """What people call it."""

    def iterate(self, number: int) -> None:
        """Do the work once; *number* chooses among the inputs."""

    def verify(self) -> None:
        """See that the work is right, against an independent computation."""


def sampled(
    cases: Sequence[Case], batches: int, clock: Callable[[], float] = time.process_time
) -> dict[str, tuple[float, ...]]:
    """Time *batches* batches of each case, in seconds an iteration.

    Cases take turns, so that a disturbance of some milliseconds spoils no case's samples alone.
    """
    sizes = {case.name: _batch_size(case, clock) for case in cases}
    samples: dict[str, list[float]] = {case.name: [] for case in cases}
    for _ in range(batches):
        for case in cases:
            size = sizes[case.name]
            samples[case.name].append(_batch_s(case, size, clock) / size)
    return {name: tuple(values) for name, values in samples.items()}


def _batch_size(case: Case, clock: Callable[[], float]) -> int:
    """Warm up, then say how many iterations fill a batch."""
    size, spent = 1, 0.0
    while spent < WARM_UP_S:
        batch = _batch_s(case, size, clock)
        spent += batch
        if batch < BATCH_S:
            size *= 2
    return max(1, math.ceil(size * BATCH_S / _batch_s(case, size, clock)))


def _batch_s(case: Case, size: int, clock: Callable[[], float]) -> float:
    iterate = case.iterate
    started = clock()
    for number in range(size):
        iterate(number)
    return clock() - started
