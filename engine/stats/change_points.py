"""The watch over a history of levels: where did they step, by a vote of two of three methods.

Three methods of different blindness (order, absolute deviations, means) each name points; where
two agree within a few commits there is a step. A step found is a hypothesis, to be settled by
measuring the two commits against each other.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.stats.history_noise import PULL_AT, history_noise
from engine.stats.rank_pelt import MIN_SEGMENT, rank_pelt, segments
from engine.stats.step_fit import step_fit
from engine.stats.t_windows import t_windows

Array = npt.NDArray[np.float64]

MIN_EFFECT = 0.015  # of the old level
MAX_VALUES = 50_000  # beyond, the search takes minutes
VOTES = 2
AGREE_WITHIN = 5  # commits


@dataclass(frozen=True, slots=True)
class Step:
    """*index*: of the first value of the new level; *effect*: new/old - 1."""

    index: int
    effect: float


def find_steps(values: Sequence[float]) -> tuple[Step, ...]:
    """Find the steps of at least 1.5 % in a history of levels, oldest first.

    Each level lasts three values or more; a level is the median of its values. Under six values
    nothing is found. The unit does not matter.

    >>> history = [100.0, 101.0] * 10 + [110.0, 111.1] * 10
    >>> [(step.index, round(step.effect, 3)) for step in find_steps(history)]
    [(20, 0.1)]

    Raises:
        ValueError: a value is not above zero and finite, there are more than ``MAX_VALUES``, or
            they are too far apart for their quotient to be a number.
    """
    logs = _logs(values)
    if logs.size < 2 * MIN_SEGMENT:
        return ()
    points = _voted(logs, logs)
    if points:  # once more, now that the noise can be told from the steps
        points = _voted(logs, _without_steps(logs, points))
    return tuple(_worth_naming(logs, list(points)))


def _logs(values: Sequence[float]) -> Array:
    if len(values) > MAX_VALUES:
        message = f"a history has at most {MAX_VALUES} values; found {len(values)}"
        raise ValueError(message)
    for index, value in enumerate(values):
        if not 0 < value < math.inf:
            message = f"value {index} is {value!r}: levels are above 0 and finite"
            raise ValueError(message)
    logs = np.log(np.asarray(values, dtype=np.float64))
    if logs.size and float(np.ptp(logs)) > math.log(sys.float_info.max):
        message = "the values are too far apart for a quotient of two of them"
        raise ValueError(message)
    return logs


def _voted(logs: Array, residuals: Array) -> tuple[int, ...]:
    noise = history_noise(logs, residuals)
    named = rank_pelt(logs, noise.inflation), step_fit(logs, noise), t_windows(logs, noise)
    spans = tuple(_agreed(named))
    return tuple(_placed(logs / noise.spread, spans))


def _agreed(named: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Give the spans of points, one a method at most, that enough methods name.

    >>> list(_agreed(((10, 50), (12,), (48, 90))))
    [(10, 12), (48, 50)]
    """
    votes = sorted((point, method) for method, points in enumerate(named) for point in points)
    group: dict[int, int] = {}
    for point, method in (*votes, (sys.maxsize, -1)):
        if group and (method in group or point - min(group.values()) > AGREE_WITHIN):
            if len(group) >= VOTES:
                yield min(group.values()), max(group.values())
            group = {}
        group[method] = point


def _placed(scaled: Array, spans: tuple[tuple[int, int], ...]) -> Iterator[int]:
    """Choose each step's place within its span: where both levels fit best, outliers bounded."""
    middles = [(low + high) // 2 for low, high in spans]
    ranges = segments(tuple(middles), scaled.size)
    for (low, high), (start, _), (_, end) in zip(spans, ranges, ranges[1:], strict=False):
        first, last = max(low, start + MIN_SEGMENT), min(high, end - MIN_SEGMENT)
        if first <= last:
            yield min(range(first, last + 1), key=lambda at: _misfit(scaled, start, at, end))


def _misfit(scaled: Array, start: int, at: int, end: int) -> float:
    return sum(
        float(np.minimum((side - np.median(side)) ** 2, PULL_AT**2).sum())
        for side in (scaled[start:at], scaled[at:end])
    )


def _without_steps(logs: Array, points: tuple[int, ...]) -> Array:
    parts = [logs[start:end] for start, end in segments(points, logs.size)]
    return np.concatenate([part - np.median(part) for part in parts])


def _worth_naming(logs: Array, points: list[int]) -> Iterator[Step]:
    """Drop the smallest step while it is too small or too short, for that changes its neighbours.

    Then give what stays.
    """
    while points:
        ranges = segments(tuple(points), logs.size)
        levels = [float(np.median(logs[start:end])) for start, end in ranges]
        short = [end - start < MIN_SEGMENT for start, end in ranges]
        effects = [math.expm1(new - old) for old, new in pairwise(levels)]
        sizes = [
            0.0 if short[place] or short[place + 1] else abs(effect)
            for place, effect in enumerate(effects)
        ]
        if min(sizes) >= MIN_EFFECT:
            yield from map(Step, points, effects)
            return
        points = points[: (least := sizes.index(min(sizes)))] + points[least + 1 :]


__all__ = ["MAX_VALUES", "MIN_EFFECT", "Step", "find_steps"]
