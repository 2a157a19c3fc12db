"""Limits of a quantile that hold whatever the distribution: they are observed values themselves.

Of n values, the number below the true q quantile is binomial (n, q), so the r-th smallest lies
at or below it with probability P(X >= r) (H. David, H. Nagaraja, Order Statistics, 2003, section
7.1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import bdtr


class QuantileLimits(NamedTuple):
    """One-sided limits of a quantile, in the values' unit; None where too few values give one."""

    low: float | None
    high: float | None


def quantile_limits(
    values: Sequence[float], quantile: float = 0.9, confidence: float = 0.95
) -> QuantileLimits:
    """Give the largest value that is a lower limit of the *quantile*, the smallest upper one.

    Each holds by itself with *confidence*.

    >>> quantile_limits(range(1, 11))
    QuantileLimits(low=7, high=None)
    >>> quantile_limits(range(1, 201))
    QuantileLimits(low=173, high=188)

    Raises:
        ValueError: a value is not a number, or quantile or confidence not between 0 and 1.
    """
    if any(map(math.isnan, values)):
        message = "a quantile is of numbers: found nan"
        raise ValueError(message)
    ranks = limit_ranks(len(values), quantile, confidence)
    ordered = sorted(values)
    low, high = (None if rank is None else ordered[rank - 1] for rank in ranks)
    return QuantileLimits(low, high)


def limit_ranks(
    count: int, quantile: float = 0.9, confidence: float = 0.95
) -> tuple[int | None, int | None]:
    """Give the ranks, from 1, of the values that are the lower and the upper limit.

    An upper limit of the 90 % quantile takes 29 values.

    >>> limit_ranks(10), limit_ranks(200), limit_ranks(28)[1], limit_ranks(29)[1]
    ((7, None), (173, 188), None, 29)

    Raises:
        ValueError: the count is negative, or quantile or confidence not between 0 and 1.
    """
    if count < 0 or not (0 < quantile < 1 and 0 < confidence < 1):
        message = f"no limits of the {quantile} quantile of {count} values at {confidence}"
        raise ValueError(message)
    # fewer[r - 1] = P(X <= r - 1): the r-th smallest is an upper limit with this probability.
    fewer = bdtr(np.arange(count), count, quantile)
    lower = np.flatnonzero(1 - fewer >= confidence)
    upper = np.flatnonzero(fewer >= confidence)
    return (
        int(lower[-1]) + 1 if lower.size else None,
        int(upper[0]) + 1 if upper.size else None,
    )
