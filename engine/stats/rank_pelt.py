"""Change points by PELT on ranks: which partition explains the order of the values best.

Killick, Fearnhead, Eckley 2012 (PELT) with the rank cost of Lung-Yut-Fong, Lévy-Leduc, Cappé
2015. Ranks bound the weight of an outlier, and know nothing of the noise's shape.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.stats.ranks import mean_ranks

Array = npt.NDArray[np.float64]

MIN_SEGMENT = 3  # commits a side of a step
PENALTY = 4.0  # ln n of noise variance a step; calibrated, see benchmarks/accuracy


def rank_pelt(values: Array, inflation: float) -> tuple[int, ...]:
    """Give the first index of each new level, ascending; *inflation*: see ``history_noise``.

    The ranks' noise variance is half the mean square of their successive differences (von
    Neumann 1941), so that many levels in one history do not stretch the measure.

    >>> rank_pelt(np.array([1.0, 1.1] * 10 + [2.0, 2.1] * 10), 1.0)
    (20,)
    """
    ranks = mean_ranks(values)
    noise = float(np.mean(np.diff(ranks) ** 2)) / 2
    if noise == 0.0:
        return ()
    centred = (ranks - ranks.mean()) / noise**0.5
    return least_squares_partition(centred, PENALTY * float(np.log(values.size)) * inflation)


def least_squares_partition(values: Array, penalty: float) -> tuple[int, ...]:
    """Minimise the sum of squares about the segments' means + *penalty* a change, by PELT.

    Segments hold at least three values. Σ(x - mean)² is Σx² - (Σx)²/n, whose first part is the
    same for every partition, so only the second is computed.

    >>> least_squares_partition(np.array([0.0] * 5 + [9.0] * 5), 10.0)
    (5,)
    """
    size, sums = values.size, np.concatenate(([0.0], np.cumsum(values)))
    best = np.full(size + 1, np.inf)
    best[0] = -penalty
    last = np.zeros(size + 1, dtype=np.intp)
    starts = np.zeros(1, dtype=np.intp)
    for end in range(MIN_SEGMENT, size + 1):
        totals = best[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        winner = int(totals.argmin())
        best[end], last[end] = totals[winner] + penalty, starts[winner]
        starts = starts[totals <= best[end]]  # no other can win later: PELT's pruning
        if end >= 2 * MIN_SEGMENT - 1:
            starts = np.append(starts, end - MIN_SEGMENT + 1)
    return _walked_back(last)


def segments(points: tuple[int, ...], size: int) -> tuple[tuple[int, int], ...]:
    """Give the half-open ranges between change points.

    >>> segments((3, 5), 9)
    ((0, 3), (3, 5), (5, 9))
    """
    return tuple(pairwise((0, *points, size)))


def _walked_back(last: npt.NDArray[np.intp]) -> tuple[int, ...]:
    points, end = [], int(last[-1])
    while end > 0:
        points.append(end)
        end = int(last[end])
    return tuple(reversed(points))
