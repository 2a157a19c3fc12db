"""Which clock decides: process CPU time where both sides spend their time computing, else wall.

CPU time leaves out what other processes take, and also whatever a change moves to where it does
not count: a sleep, a lock, a child that nobody waited for. So it decides only where it is nearly
all of the wall time on both sides.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Literal

Clock = Literal["cpu", "wall"]
BUSY = 0.97  # of a launch's wall time


def choose_clock(base: Sequence[float], head: Sequence[float], *, max_worsening: float) -> Clock:
    """Choose from the ratios of CPU time to wall time of each side's launches.

    ``cpu`` when every ratio is above 0.97 and the sides' medians differ by less than half of the
    budget, a fraction; without a launch on both sides, ``wall``.

    >>> choose_clock([0.99, 1.0], [0.99, 0.98], max_worsening=0.03)
    'cpu'
    >>> choose_clock([0.99, 1.0], [0.70, 0.71], max_worsening=0.03)
    'wall'
    """
    if not base or not head or not min(*base, *head) > BUSY:
        return "wall"
    apart = abs(statistics.median(base) - statistics.median(head))
    return "cpu" if apart < max_worsening / 2 and math.isfinite(apart) else "wall"
