"""Returns of bars as returns of days, which is what sweeps are compared by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def daily(times: NDArray[np.datetime64], returns: Floats) -> tuple[tuple[str, ...], Floats]:
    """Compound the returns of bars that end on one UTC day; give the days, ascending, and theirs.

    *times* ascend and are as many as *returns*, which are fractions.

    >>> hours = np.array(["2024-01-01T10", "2024-01-01T11", "2024-01-02T10"], dtype="datetime64[h]")
    >>> days, values = daily(hours, np.array([0.5, 0.5, -0.25]))
    >>> days, values.tolist()
    (('2024-01-01', '2024-01-02'), [1.25, -0.25])
    """
    days = times.astype("datetime64[D]")
    starts = np.flatnonzero(np.concatenate([[len(days) > 0], days[1:] != days[:-1]]))
    if len(starts) == len(days):
        return tuple(np.datetime_as_string(days).tolist()), returns
    values = np.multiply.reduceat(1 + returns, starts) - 1
    return tuple(np.datetime_as_string(days[starts]).tolist()), values
