"""Regimes: the number of each bar's regime, from a series such as a volatility index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError

UNKNOWN = -1  # the regime of a bar at which no value is known, or too old a one
_DAY = np.timedelta64(1, "D")
_NANOSECOND = "datetime64[ns]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeSeries:
    """Values in time, and the thresholds that part them into regimes.

    Regime 0 is below the first threshold, k is at or above the k-th. ``times`` are UTC, strictly
    ascending; NaN values are days without one. A value becomes known *known_after* its time. By
    default that is at once, but for bars with a time of day, where a value with a date alone is
    known when that day is over. A value older than *max_age* says nothing: regime ``UNKNOWN``.
    """

    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    thresholds: tuple[float, ...]
    known_after: np.timedelta64 | None = None
    max_age: np.timedelta64 | None = None

    def labels(self, times: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Give the regime of each bar, int64 ``[T]``, from what was known at the bar's close.

        *times* are those of the bars. A missing day carries the last known value on.

        Raises:
            UserError: the series is no series, or its thresholds do not part it.

        >>> vix = RegimeSeries(
        ...     times=np.array(["2018-02-01", "2018-02-02", "2018-02-05"], dtype="M8[D]"),
        ...     values=np.array([13.5, 17.3, 37.3]), thresholds=(15.0, 30.0))
        >>> vix.labels(np.array(["2018-01-31", "2018-02-01", "2018-02-05"], dtype="M8[D]"))
        array([-1,  0,  2])
        """
        _check(self)
        present = ~np.isnan(self.values)
        stamps = self.times[present].astype(_NANOSECOND)
        bars = times.astype(_NANOSECOND)
        last = np.searchsorted(stamps + self._delay(bars), bars, side="right") - 1
        if len(stamps) == 0:
            return np.full(len(bars), UNKNOWN, dtype=np.int64)
        regime = np.searchsorted(np.array(self.thresholds), self.values[present], side="right")
        known = last >= 0
        if self.max_age is not None:
            known &= bars - stamps[last] <= self.max_age
        return np.where(known, regime[last], UNKNOWN).astype(np.int64)

    def _delay(self, bars: NDArray[np.datetime64]) -> np.timedelta64:
        if self.known_after is not None:
            return self.known_after
        return _DAY if _dated(self.times) and not _dated(bars) else np.timedelta64(0, "D")


def _dated(times: NDArray[np.datetime64]) -> bool:
    """Whether all times are dates: midnights."""
    return bool(np.all(times == times.astype("datetime64[D]")))


def _check(series: RegimeSeries) -> None:
    found = _problem_of_values(series.times, series.values) or _problem_of_parameters(series)
    if found is not None:
        problem, remedy = f"RegimeSeries: {found[0]}.", found[1]
        raise UserError(problem, None, remedy)


def _problem_of_values(
    times: NDArray[np.datetime64], values: NDArray[np.float64]
) -> tuple[str, str] | None:
    """Give the first problem and its remedy."""
    if times.ndim != 1 or values.shape != times.shape:
        remedy = "Give one time a value, both of one dimension."
        return f"{times.shape} times and {values.shape} values", remedy
    for at in np.flatnonzero(np.isnat(times)).tolist():
        return f"times[{at}] is no time", "Leave the row out."
    for at in np.flatnonzero(times[1:] <= times[:-1]).tolist():
        problem = f"times[{at + 1}] = {times[at + 1]} comes after {times[at]}"
        return problem, "Sort it, with each time once."
    for at in np.flatnonzero(np.isinf(values)).tolist():
        return f"values[{at}] = {values[at]}", "Use NaN where there is no value."
    return None


def _problem_of_parameters(series: RegimeSeries) -> tuple[str, str] | None:
    edges = np.array(series.thresholds, dtype=np.float64)
    ascending = edges.ndim == 1 and bool(np.all(edges[1:] > edges[:-1]))
    if not len(series.thresholds) or not ascending or not np.all(np.isfinite(edges)):
        problem = f"thresholds = {series.thresholds}"
        return problem, "Give finite numbers, at least one, in ascending order."
    for name, span in (("known_after", series.known_after), ("max_age", series.max_age)):
        if span is not None and not span >= np.timedelta64(0, "ns"):
            return f"{name} = {span}", "Give a span of time >= 0."
    return None
