"""Pieces that signals are made of."""

from __future__ import annotations

import numpy as np


def moving_average(values: np.ndarray, window: int) -> np.ndarray:
    """Average of the last *window* values; NaN until there are that many."""
    sums = np.cumsum(values)
    averages = np.full(values.size, np.nan)
    averages[window - 1] = sums[window - 1] / window
    averages[window:] = (sums[window:] - sums[:-window]) / window
    return averages


def z_scores(values: np.ndarray, window: int) -> np.ndarray:
    """Distance of each value from the mean of the last *window*, in standard deviations."""
    windows = np.lib.stride_tricks.sliding_window_view(values, window)
    scores = np.full(values.size, np.nan)
    scores[window - 1 :] = (values[window - 1 :] - windows.mean(axis=1)) / windows.std(axis=1)
    return scores


def held(wanted: np.ndarray) -> np.ndarray:
    """Carry the last known position forward over NaN; the first must be known."""
    known = np.maximum.accumulate(np.where(np.isnan(wanted), 0, np.arange(wanted.size)))
    return wanted[known]
