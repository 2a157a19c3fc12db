"""What the pairs of each row say of their own spread, by a look at many rows at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.stats import constants as c

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MAD_TO_SD = 1.4826  # of a normal distribution


@dataclass(frozen=True, slots=True)
class Own:
    """Mean and sd of the pairs alone; ``pulled`` ones with outliers pulled in earlier.

    ``slow`` and ``fast`` count what would be pulled in, on the worse and on the better side.
    """

    mean: Floats
    sd: Floats
    pulled_mean: Floats
    pulled_sd: Floats
    slow: Counts
    fast: Counts


def own_spread(values: Floats) -> Own:
    """Take mean and sd of every row of *values* (rows, pairs), by itself and with outliers in."""
    pairs = values.shape[1]
    pulled = pulled_in(values) if pairs >= c.MIN_PULLED_PAIRS else values
    own = pulled if pairs >= c.MIN_PULLED_PAIRS_UNSTORED else values
    return Own(
        mean=own.mean(axis=1),
        sd=own.std(axis=1, ddof=1),
        pulled_mean=pulled.mean(axis=1),
        pulled_sd=pulled.std(axis=1, ddof=1),
        slow=np.sum(pulled < values, axis=1),
        fast=np.sum(pulled > values, axis=1),
    )


def pulled_in(values: Floats) -> Floats:
    """Pull what lies beyond 3 robust sds (1.4826 · MAD, at least 0.1 %) of a row's median in.

    A row of which over half is equal is left as it is.

    >>> pulled_in(np.array([[0.0, 0.01, -0.01, 0.02, -0.02, 0.9]])).round(3).tolist()
    [[0.0, 0.01, -0.01, 0.02, -0.02, 0.072]]
    """
    median = np.median(values, axis=1, keepdims=True)
    deviation = np.median(np.abs(values - median), axis=1, keepdims=True)
    spread = np.maximum(_MAD_TO_SD * deviation, c.SPREAD_FLOOR)
    # Where over half of the pairs are equal (a coarse clock), no other one is an outlier.
    reach = c.PULL_AT * np.where(deviation > 0, spread, np.inf)
    return np.asarray(np.clip(values, median - reach, median + reach), dtype=np.float64)


def noisier(values: Floats, stored: Floats) -> Flags:
    """Tell where the bulk of the pairs spreads over three times what is stored.

    By a robust sd: single wild pairs are pulled in, and say nothing of the machine.
    """
    median = np.median(values, axis=1, keepdims=True)
    robust = _MAD_TO_SD * np.median(np.abs(values - median), axis=1)
    return np.asarray(robust > c.TOO_NOISY * np.maximum(stored, c.SPREAD_FLOOR))  # of NaN: False


def halves_differ(values: Floats) -> Flags:
    """Tell where the mean of the first half of the pairs has another sign than the second's."""
    half = values.shape[1] // 2
    first, second = values[:, :half].mean(axis=1), values[:, half:].mean(axis=1)
    return np.asarray(first * second < 0)
