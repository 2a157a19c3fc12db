"""How many bars a year has, read off their times where that is beyond doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError, Where

DAILY, WEEKLY, MONTHLY = 252.0, 52.0, 12.0
MIN_BARS = 3

_DAY = np.timedelta64(1, "D")
_OVERNIGHT = 1.5  # days: longer gaps have a day without a bar in them
_CHANGE_OF_CLOCKS = 2 / 24  # days: bars that end at a local hour
_SHARE_OF_WEEKENDS = 0.1  # of the gaps between daily bars; a five-day week has a fifth
_MONTH = (28, 31)
_REMEDY = (
    "Write periods_per_year: how many bars a year has, such as 365 for daily bars of a market "
    "that never closes, or 252 x 78 for five-minute bars of 6.5 hours a day."
)


def periods_per_year(times: NDArray[np.datetime64], where: Where | None = None) -> float:
    """Give 252 for daily bars of a market with weekends, 52 for weekly, 12 for monthly ones.

    *times* ascend. The median gap decides: a day, seven days, or 28 to 31. *where* is the place
    of the setting that would say it.

    >>> periods_per_year(np.arange("2024-01-05", "2024-06-01", 7, dtype="datetime64[D]"))
    52.0

    Raises:
        UserError: the bars are fewer than three or of another kind; daily bars without weekends
            are, as their markets are open 365 days or five in a holiday week.
    """
    if len(times) < MIN_BARS:
        counted = "1 bar does" if len(times) == 1 else f"{len(times)} bars do"
        problem = f"{counted} not tell how many a year has."
        raise UserError(problem, where, _REMEDY)
    gaps = np.diff(times.astype("datetime64[ns]")) / _DAY
    found = _of_gap(float(np.median(gaps)), float(np.mean(gaps > _OVERNIGHT)))
    if found is None:
        problem = "how many bars a year has cannot be told from their times."
        raise UserError(problem, where, _REMEDY)
    return found


def _of_gap(median: float, longer: float) -> float | None:
    if abs(median - 1) <= _CHANGE_OF_CLOCKS and longer >= _SHARE_OF_WEEKENDS:
        return DAILY
    if abs(median - 7) <= _CHANGE_OF_CLOCKS:
        return WEEKLY
    low, high = _MONTH
    return MONTHLY if low - _CHANGE_OF_CLOCKS <= median <= high + _CHANGE_OF_CLOCKS else None
