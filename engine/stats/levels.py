"""The level of one launch: a low statistic of its samples, for the launch is the evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.values import Better

_P95 = 0.95


def level(samples: Sequence[float], better: Better, *, dedicated: bool = False) -> float:
    """Reduce the samples of one launch to its level, in their unit.

    On a shared machine the best sample: others only ever take time away. On a *dedicated* one the
    mean of the better half, which is steadier there.

    >>> level((3.0, 1.0, 2.0, 6.0), Better.LOWER), level((3.0, 1.0), Better.HIGHER)
    (1.0, 3.0)
    >>> level((3.0, 1.0, 2.0, 6.0), Better.LOWER, dedicated=True)
    1.5

    Raises:
        ValueError: there are no samples, or one is not finite.
    """
    _require(samples)
    ordered = sorted(samples, reverse=better is Better.HIGHER)
    kept = ordered[: (len(ordered) + 1) // 2] if dedicated else ordered[:1]
    return math.fsum(kept) / len(kept)


def mean(samples: Sequence[float]) -> float:
    """Give the mean of a launch's samples, in their unit.

    Raises:
        ValueError: there are no samples, or one is not finite.
    """
    _require(samples)
    return math.fsum(samples) / len(samples)


def worst_of_twenty(samples: Sequence[float], better: Better) -> float:
    """Give the 95th centile of a launch, from the better end (nearest rank), in the samples' unit.

    >>> worst_of_twenty([float(n) for n in range(1, 21)], Better.LOWER)
    19.0

    Raises:
        ValueError: there are no samples, or one is not finite.
    """
    _require(samples)
    ordered = sorted(samples, reverse=better is Better.HIGHER)
    return ordered[math.ceil(_P95 * len(ordered)) - 1]


def _require(samples: Sequence[float]) -> None:
    if not samples or not all(map(math.isfinite, samples)):
        message = f"a launch needs samples, all finite; found {len(samples)}"
        raise ValueError(message)
