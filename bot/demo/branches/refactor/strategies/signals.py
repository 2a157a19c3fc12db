"""Pieces that signals are made of."""

from __future__ import annotations

import numpy as np


def moving_average(values: np.ndarray, window: int) -> np.ndarray:
    """Average of the last *window* rows; NaN until there are that many."""
    sums = np.cumsum(values, axis=0)
    averages = np.full(values.shape, np.nan)
    averages[window - 1] = sums[window - 1] / window
    averages[window:] = (sums[window:] - sums[:-window]) / window
    return averages


def z_scores(values: np.ndarray, window: int) -> np.ndarray:
    """Distance of each row from the mean of the last *window*, in standard deviations."""
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
    scores = np.full(values.shape, np.nan)
    recent = values[window - 1 :]
    scores[window - 1 :] = (recent - windows.mean(axis=-1)) / windows.std(axis=-1)
    return scores
