"""Bounding how many samples of a launch travel in a report."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.samples import Launch

MAX_SAMPLES = 500  # of one launch: its quantiles to 0.2 %
MAX_SAMPLES_IN_ALL = 100_000  # of one process launch: 24 of them stay below the report's bound
MIN_SAMPLES = 8


def thinned(launches: Sequence[Launch]) -> tuple[Launch, ...]:
    """Keep of each launch with very many samples evenly spaced order statistics of them.

    The launch, not the sample, is the unit of evidence: minimum, maximum and quantiles stay
    what they are, and pairs of samples are never looked at.
    """
    fair = MAX_SAMPLES_IN_ALL // max(1, len(launches))
    limit = max(MIN_SAMPLES, min(MAX_SAMPLES, fair))
    return tuple(
        msgspec.structs.replace(launch, samples=order_statistics(launch.samples, limit))
        for launch in launches
    )


def order_statistics(samples: tuple[float, ...], limit: int) -> tuple[float, ...]:
    """Choose *limit* (at least 2) evenly spaced order statistics; few samples stay as they are.

    >>> order_statistics((5.0, 1.0, 2.0, 3.0, 4.0), 3)
    (1.0, 3.0, 5.0)
    >>> order_statistics((2.0, 1.0), 3)
    (2.0, 1.0)
    """
    if len(samples) <= limit:
        return samples
    ordered = sorted(samples)
    last = len(ordered) - 1
    return tuple(ordered[round(step * last / (limit - 1))] for step in range(limit))
