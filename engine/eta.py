"""How long people wait for a measurement: from what runs now and what similar runs took before."""

from __future__ import annotations

import heapq
import math
import statistics
from collections.abc import Sequence

import msgspec

MOST_S = 7 * 24 * 3600.0  # beyond a week a number says no more than "long"
MOST_COUNTED = 1_000_000


class Eta(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a run that is out; what is None is not known.

    *ahead* counts the runs before it while it waits. *done* of *total* launches, points or cases
    are measured. *left_s* is the time to its end.
    """

    ahead: int | None = None
    done: int | None = None
    total: int | None = None
    left_s: float | None = None


def typical_s(durations: Sequence[float]) -> float | None:
    """Give how long a run takes by what similar ones took; None when there were none.

    >>> typical_s([60.0, 61.0, 600.0])
    61.0
    """
    return statistics.median(durations) if durations else None


def counted(done: int, total: int) -> tuple[int, int] | None:
    """Give a runner's count where it can be true: runners are not trusted.

    >>> counted(12, 41), counted(5, 4), counted(0, 0)
    ((12, 41), None, None)
    """
    is_true = 0 <= done <= total <= MOST_COUNTED and total > 0
    return (done, total) if is_true else None


def waiting_s(
    busy: Sequence[float | None], ahead: Sequence[float | None], own: float | None, runners: int
) -> float | None:
    """Give the time until a waiting run has ended; None where a part of it is not known.

    *busy* is what is left of each run at work, *ahead* what each waiting one takes, in their
    order; each runner takes the next as soon as it is free.

    >>> waiting_s([60.0], [300.0, 300.0], 300.0, 1)
    960.0
    >>> waiting_s([60.0], [300.0, 300.0], 300.0, 2)  # the second one is idle
    600.0
    """
    if runners < 1 or own is None:
        return None
    known = [left for left in (*busy, *ahead) if left is not None]
    if len(known) < len(busy) + len(ahead):
        return None
    free = sorted(known[: len(busy)])[-runners:]
    free += [0.0] * (runners - len(free))
    heapq.heapify(free)
    for takes in known[len(busy) :]:
        heapq.heapreplace(free, free[0] + takes)
    return sane_s(free[0] + own)


def sane_s(seconds: float | None) -> float | None:
    """Give a time that can be shown, or None.

    >>> sane_s(90.0), sane_s(float("nan")), sane_s(-1.0)
    (90.0, None, None)
    """
    if seconds is None or not math.isfinite(seconds) or not 0 <= seconds <= MOST_S:
        return None
    return seconds
