"""Wilder's average true range of a panel."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars, Matrix

_NARROW = 16  # below it a loop over each asset's numbers beats one over rows


def true_range(bars: Bars) -> Matrix:
    """Give the true range of each bar, ``[T, N]``, in quote currency.

    The largest of ``high - low``, ``abs(high - c)`` and ``abs(low - c)``, where c is the close of
    the asset's bar before; NaN on its first bar and where it has no bar.
    Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978, "Volatility".
    """
    before = _close_before(bars.close)
    reach = np.maximum(np.abs(bars.high - before), np.abs(bars.low - before))
    return np.asarray(np.maximum(bars.high - bars.low, reach))


def average_true_range(bars: Bars, length: int) -> Matrix:
    """Give Wilder's average true range over *length* bars, ``[T, N]``, in quote currency.

    The mean of an asset's first *length* true ranges, then ``(before * (length - 1) + range) /
    length``. Row t uses bars <= t alone. NaN until *length* ranges are known (``length + 1``
    bars); a missing bar carries the last value.
    Source: as ``true_range``, the smoothing of its worksheet.

    >>> price = np.array([[10.0], [11.0], [13.0], [12.0]])
    >>> bars = Bars(times=np.arange(4).astype("M8[D]"), symbols=("A",), open=price,
    ...             high=price + 0.5, low=price - 0.5, close=price)
    >>> average_true_range(bars, 2).ravel().tolist()
    [nan, nan, 2.0, 1.75]
    """
    ranges = true_range(bars)
    if bars.width >= _NARROW:
        return _by_row(ranges, length)
    smoothed = np.empty_like(ranges)
    for asset in range(bars.width):
        smoothed[:, asset] = _of_asset(ranges[:, asset], length)
    return smoothed


def _close_before(close: Matrix) -> Matrix:
    """Give each asset's last close before each bar, over missing bars; NaN before its first."""
    rows = np.arange(len(close))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(close), 0, rows), axis=0)
    carried = np.take_along_axis(close, last, axis=0)
    before = np.full_like(close, np.nan)
    before[1:] = carried[:-1]
    return before


def _of_asset(ranges: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    known = ~np.isnan(ranges)
    values = ranges[known].tolist()
    if len(values) < length:
        return np.full_like(ranges, np.nan)
    less = length - 1
    first = _sum_in_order(values[:length]) / length
    averages = accumulate(values[length:], lambda a, x: (a * less + x) / length, initial=first)
    found = np.concatenate([[np.nan] * length, np.fromiter(averages, np.float64)])
    return np.asarray(found[np.maximum(np.cumsum(known) - length + 1, 0) + length - 1])


def _sum_in_order(values: list[float]) -> float:
    """Add from the first to the last: ``sum`` compensates from Python 3.12 on."""
    total = 0.0
    for value in values:
        total += value
    return total


def _by_row(ranges: Matrix, length: int) -> Matrix:
    smoothed = np.empty_like(ranges)
    seen = np.zeros(ranges.shape[1], dtype=np.int64)
    total = np.zeros(ranges.shape[1])
    average = np.full(ranges.shape[1], np.nan)
    for row, now in enumerate(ranges):
        known = ~np.isnan(now)
        seen += known
        early = known & (seen <= length)
        if early.any():
            total[early] += now[early]
            average[early & (seen == length)] = total[early & (seen == length)] / length
        later = known & (seen > length)
        np.divide(average * (length - 1) + now, length, out=average, where=later)
        smoothed[row] = average
    return smoothed
