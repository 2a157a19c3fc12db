"""Ranks of values, ties sharing their mean: as ``scipy.stats.rankdata`` gives them.

That package alone takes longer to import than all the rest of a runner.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def mean_ranks(values: Array) -> Array:
    """Rank a vector of numbers from 1; equal ones share the mean of their ranks.

    >>> mean_ranks(np.array([0.5, 0.1, 0.5, 2.0])).tolist()
    [2.5, 1.0, 2.5, 4.0]
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Array = ends - (counts - 1) / 2
    return ranks[places]
