"""Money as it is reported: rounded to the digits of the account's currency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WHOLE = 2.0**52  # doubles of this size have no digits behind the point


def rounded_money(money: Floats, digits: int) -> Floats:
    """Round to *digits* behind the point, halves to even; a -0 becomes 0.

    >>> rounded_money(np.array([1234.5678, -0.001, 1e300]), 2).tolist()
    [1234.57, 0.0, 1e+300]
    """
    scale = 10.0**digits
    small = np.abs(money) < _WHOLE / scale
    return np.asarray(np.where(small, np.round(np.where(small, money, 0.0), digits), money) + 0.0)
