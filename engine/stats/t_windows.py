"""Change points by Student's t between the windows before and after: Perfherder's idea.

Perfherder compares the 12 values before with the 12 after and alerts at a large t. Here windows
of three lengths are tried, so that a small step is seen over many values and two close ones over
few; the best split wins, and each side is searched anew (binary segmentation).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.stats.history_noise import HistoryNoise, pulled_in
from engine.stats.rank_pelt import MIN_SEGMENT

Array = npt.NDArray[np.float64]

LENGTHS = (10, 20, 40)
THRESHOLD = 5.0  # standard errors; calibrated, see benchmarks/accuracy
SPREAD_DF = 10.0  # degrees of freedom that the history's own spread counts for (Smyth 2004)


def t_windows(logs: Array, noise: HistoryNoise) -> tuple[int, ...]:
    """Give the first index of each new level of ln(level), ascending.

    >>> t_windows(np.array([0.0] * 10 + [0.1] * 10), HistoryNoise(0.01, 1.0))
    (10,)
    """
    values = pulled_in(logs, noise.spread)
    values = values - values.mean()  # the squares below then lose no digits
    points, open_ranges = [], [(0, values.size)]
    while open_ranges:
        start, end = open_ranges.pop()
        t, split = _best_split(values[start:end], noise)
        if t > THRESHOLD:
            points.append(start + split)
            open_ranges += [(start, start + split), (start + split, end)]
    return tuple(sorted(points))


def _best_split(values: Array, noise: HistoryNoise) -> tuple[float, int]:
    if values.size < 2 * MIN_SEGMENT:
        return 0.0, 0
    splits = np.arange(MIN_SEGMENT, values.size - MIN_SEGMENT + 1)
    sums = np.concatenate(([0.0], np.cumsum(values)))
    squares = np.concatenate(([0.0], np.cumsum(values**2)))
    tried = [_t(sums, squares, splits, (length, noise)) for length in LENGTHS]
    best = max(tried, key=lambda t: float(t.max()))
    place = int(best.argmax())
    return float(best[place]), int(splits[place])


def _t(
    sums: Array, squares: Array, splits: npt.NDArray[np.intp], terms: tuple[int, HistoryNoise]
) -> Array:
    """|mean after - mean before| in standard errors of a moderated, inflated variance."""
    length, noise = terms
    lows, highs = np.maximum(splits - length, 0), np.minimum(splits + length, sums.size - 1)
    before, after = splits - lows, highs - splits
    means = (sums[splits] - sums[lows]) / before, (sums[highs] - sums[splits]) / after
    within = squares[highs] - squares[lows] - before * means[0] ** 2 - after * means[1] ** 2
    own_df = before + after - 2
    moderated = np.maximum(within, 0.0) + SPREAD_DF * noise.spread**2
    variance = moderated / (own_df + SPREAD_DF) * noise.inflation
    t: Array = np.abs(means[1] - means[0]) / np.sqrt(variance * (1 / before + 1 / after))
    return t
