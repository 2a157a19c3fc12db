"""The noise of a history of levels: its spread from commit to commit, and how far it persists.

Measured levels wander: neighbouring commits share the state of a machine, so a mean of w of them
is less certain than w independent ones. A method that assumes independence then finds steps in
nothing; its penalties are multiplied by the inflation given here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Array = npt.NDArray[np.float64]

SPREAD_FLOOR = 0.001  # a spread below a fifteenth of the smallest step changes no decision
MAD_TO_SD = 1.482602218505602  # 1/Φ⁻¹(3/4): a normal's sd of its median absolute deviation
PULL_AT = 3.0  # spreads from the running median
_RUNNING = 7  # values of the running median: a burst of up to three is an outlier
_BLOCK = 6  # values of a block whose means are compared
_QUANTILE = 0.3  # of the blocks' differences: steps at every 20th commit leave it alone
_PRIOR_DF = 4.0  # independence counts for so many pairs of blocks: short histories tell little
_MAX_INFLATION = 6.0  # that of a lag-1 correlation of 0.7; beyond, there are no levels to speak of


class HistoryNoise(NamedTuple):
    """*spread*: the sd of ln(level) about its level; *inflation*: its long-run variance's share.

    The variance of a mean of w neighbours is about inflation · spread² / w; 1 is independence.
    """

    spread: float
    inflation: float


def history_noise(logs: Array, residuals: Array) -> HistoryNoise:
    """Measure the noise of ln(level), of which *residuals* are free of the steps known so far.

    >>> noise = history_noise(np.array([0.0, 0.02] * 30), np.array([0.0, 0.02] * 30))
    >>> round(noise.spread, 4), noise.inflation
    (0.021, 1.0)
    """
    spread = _spread(logs)
    return HistoryNoise(spread, _inflation(pulled_in(residuals, spread), spread))


def pulled_in(logs: Array, spread: float) -> Array:
    """Pull values beyond three spreads of their running median in to there.

    >>> pulled_in(np.array([0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]), 0.01).tolist()
    [0.0, 0.0, 0.0, 0.03, 0.0, 0.0, 0.0]
    """
    middle = running_median(logs, _RUNNING)
    return np.clip(logs, middle - PULL_AT * spread, middle + PULL_AT * spread)


def running_median(values: Array, width: int) -> Array:
    """Take the median of the *width* (odd) values around each; the ends are repeated outwards.

    >>> running_median(np.array([1.0, 9.0, 2.0, 3.0]), 3).tolist()
    [1.0, 2.0, 3.0, 3.0]
    """
    padded = np.pad(values, width // 2, mode="edge")
    medians: Array = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return medians


def _spread(logs: Array) -> float:
    """Sd by the median of successive differences (after von Neumann 1941): free of levels."""
    differences = np.abs(np.diff(logs))
    return max(float(np.median(differences)) * MAD_TO_SD / 2**0.5, SPREAD_FLOOR)


def _inflation(values: Array, spread: float) -> float:
    """Compare differences of adjacent blocks' means with those of adjacent values.

    Were values independent, var(difference of means of w) = 2 var / w. A low quantile of the
    differences, which steps do not reach, stands for their sd.
    """
    if values.size < 4 * _BLOCK:
        return 1.0
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(_BLOCK, values.size - _BLOCK + 1)
    differences = np.abs(sums[ends + _BLOCK] - 2 * sums[ends] + sums[ends - _BLOCK]) / _BLOCK
    sd = float(np.quantile(differences, _QUANTILE)) / float(ndtri((1 + _QUANTILE) / 2))
    reach = 2 * (PULL_AT * spread) ** 2  # a step is one difference; it is not to weigh more
    alone = float(np.mean(np.minimum(np.diff(values) ** 2, reach))) / 2
    found = float(np.clip(sd**2 * _BLOCK / 2 / max(alone, 1e-300), 1.0, _MAX_INFLATION))
    known = values.size / (2 * _BLOCK)
    return (known * found + _PRIOR_DF) / (known + _PRIOR_DF)
