"""Change points by a penalised step function: the L1 fit of airspeed velocity's idea.

asv fits a piecewise constant function in L1 with a penalty a step (the Potts functional; Storath,
Weinmann, Demaret 2014). Here the absolute deviation is bounded, so that a burst of a few outliers
costs less than the two steps around it, and levels come from a grid of the history's own
running medians, which makes the fit one pass of dynamic programming in O(values · grid).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.stats.history_noise import HistoryNoise, running_median

Array = npt.NDArray[np.float64]

PENALTY = 2.5  # ln n of absolute deviation in spreads a step; calibrated, see benchmarks/accuracy
BOUND = 4.0  # spreads: no value deviates more
_GRID = 200
_RUNNING = 5


def step_fit(logs: Array, noise: HistoryNoise) -> tuple[int, ...]:
    """Give the first index of each new level of ln(level), ascending.

    >>> step_fit(np.array([0.0] * 10 + [0.1] * 10), HistoryNoise(0.01, 1.0))
    (10,)
    """
    running = running_median(logs, _RUNNING)
    grid = np.unique(np.quantile(running, np.linspace(0.0, 1.0, _GRID))) / noise.spread
    penalty = PENALTY * float(np.log(logs.size)) * noise.inflation
    return _walked_back(*_best_levels(logs / noise.spread, grid, penalty))


def _best_levels(
    values: Array, grid: Array, penalty: float
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp], int]:
    """Viterbi's pass: per value and level whether to stay there, where jumps come from, the end."""
    stays = np.ones((values.size, grid.size), dtype=np.bool_)
    origins = np.zeros(values.size, dtype=np.intp)
    costs = np.minimum(np.abs(values[0] - grid), BOUND)
    for place in range(1, values.size):
        cheapest = int(costs.argmin())
        jump = costs[cheapest] + penalty
        origins[place], stays[place] = cheapest, costs <= jump
        costs = np.minimum(costs, jump) + np.minimum(np.abs(values[place] - grid), BOUND)
    return stays, origins, int(costs.argmin())


def _walked_back(
    stays: npt.NDArray[np.bool_], origins: npt.NDArray[np.intp], level: int
) -> tuple[int, ...]:
    points = []
    for place in range(stays.shape[0] - 1, 0, -1):
        if not stays[place, level]:
            points.append(place)
            level = int(origins[place])
    return tuple(reversed(points))
