"""Regimes are aligned without a look ahead, whatever the series and the bars."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.risk.regimes import UNKNOWN, RegimeSeries

MOMENTS = st.lists(st.integers(0, 200), unique=True, max_size=20).map(sorted)
VALUES = st.one_of(st.just(float("nan")), st.integers(0, 9).map(float))
EDGES = st.lists(st.integers(0, 9), unique=True, min_size=1, max_size=4).map(sorted)
AGES = st.none() | st.integers(0, 60)
HOUR = np.timedelta64(1, "h")


def hours(moments: list[int]) -> np.ndarray:
    return np.datetime64("2020-01-01T00:30", "ns") + np.array(moments, dtype=np.int64) * HOUR


@st.composite
def cases(draw: st.DrawFn) -> tuple[RegimeSeries, list[int], list[int]]:
    moments = draw(MOMENTS)
    values = draw(st.lists(VALUES, min_size=len(moments), max_size=len(moments)))
    age, delay = draw(AGES), draw(st.integers(0, 30))
    series = RegimeSeries(
        times=hours(moments),
        values=np.array(values, dtype=np.float64),
        thresholds=tuple(map(float, draw(EDGES))),
        max_age=None if age is None else age * HOUR,
        known_after=delay * HOUR,
    )
    return series, moments, draw(MOMENTS)


@given(cases())
def test_each_bar_has_the_regime_of_the_last_value_known_at_its_close(
    case: tuple[RegimeSeries, list[int], list[int]],
) -> None:
    series, moments, bars = case

    found = series.labels(hours(bars)).tolist()

    assert found == [obvious(series, moments, bar) for bar in bars]


def obvious(series: RegimeSeries, moments: list[int], bar: int) -> int:
    """Look through all values, one by one."""
    label = UNKNOWN
    for moment, value in zip(moments, series.values.tolist(), strict=True):
        known = moment * HOUR + series.known_after <= bar * HOUR
        if known and not np.isnan(value):
            young = series.max_age is None or (bar - moment) * HOUR <= series.max_age
            reached = sum(value >= edge for edge in series.thresholds)
            label = reached if young else UNKNOWN
    return label


@given(cases(), st.integers(0, 200), st.floats(0, 9))
def test_values_that_are_not_known_yet_change_no_regime(
    case: tuple[RegimeSeries, list[int], list[int]], now: int, other: float
) -> None:
    series, moments, bars = case
    past = [bar for bar in bars if bar <= now]
    later = hours(moments) + series.known_after > hours([now])
    changed = RegimeSeries(
        times=series.times,
        values=np.where(later, other, series.values),
        thresholds=series.thresholds,
        max_age=series.max_age,
        known_after=series.known_after,
    )

    assert changed.labels(hours(past)).tolist() == series.labels(hours(past)).tolist()
