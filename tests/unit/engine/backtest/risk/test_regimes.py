from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.backtest.risk.regimes import UNKNOWN, RegimeSeries
from engine.errors import UserError

NAN = np.nan


def days(*texts: str) -> Any:
    return np.array(texts, dtype="datetime64[ns]")


def vix(**changes: Any) -> RegimeSeries:
    given: dict[str, Any] = {
        "times": days("2018-02-01", "2018-02-02", "2018-02-05"),
        "values": np.array([13.5, 17.3, 37.3]),
        "thresholds": (15.0, 30.0),
    }
    return RegimeSeries(**{**given, **changes})


def labels(series: RegimeSeries, *times: str) -> list[int]:
    return list(series.labels(days(*times)))


def test_a_value_counts_the_thresholds_that_it_has_reached() -> None:
    series = vix(values=np.array([14.99, 15.0, 30.0]))

    assert labels(series, "2018-02-01", "2018-02-02", "2018-02-05") == [0, 1, 2]


def test_a_days_value_is_known_at_that_days_close_and_not_a_day_before() -> None:
    assert labels(vix(), "2018-02-02", "2018-02-04", "2018-02-05") == [1, 1, 2]


def test_before_the_first_value_the_regime_is_unknown() -> None:
    assert labels(vix(), "2018-01-31", "2018-02-01") == [UNKNOWN, 0]


def test_a_missing_day_and_a_day_without_a_value_carry_the_last_known() -> None:
    series = vix(values=np.array([13.5, NAN, 37.3]))

    assert labels(series, "2018-02-02", "2018-02-03", "2018-02-09") == [0, 0, 2]


def test_a_value_older_than_its_maximum_age_says_nothing() -> None:
    series = vix(max_age=np.timedelta64(3, "D"))

    assert labels(series, "2018-02-08", "2018-02-09") == [2, UNKNOWN]


def test_within_the_day_a_days_close_is_not_known_yet() -> None:
    assert labels(vix(), "2018-02-05T15:00", "2018-02-06T00:00") == [1, 2]


def test_values_with_a_time_of_day_are_known_from_that_time_on() -> None:
    series = vix(times=days("2018-02-01T21:15", "2018-02-02T21:15", "2018-02-05T21:15"))

    assert labels(series, "2018-02-05T21:00", "2018-02-05T21:15") == [1, 2]


def test_a_delay_that_is_told_replaces_the_guess_by_dates() -> None:
    series = vix(known_after=np.timedelta64(21, "h"))

    assert labels(series, "2018-02-05T20:59", "2018-02-05T21:00") == [1, 2]
    assert labels(series, "2018-02-05", "2018-02-06") == [1, 2]


def test_later_values_change_no_earlier_regime() -> None:
    bars = days(*(f"2018-02-{day:02}" for day in range(1, 10)))
    changed = vix(values=np.array([13.5, 17.3, 1.0]))

    assert list(changed.labels(bars)[:4]) == list(vix().labels(bars)[:4])
    assert list(changed.labels(bars)[4:]) != list(vix().labels(bars)[4:])


def test_a_series_without_a_value_is_unknown_throughout() -> None:
    assert labels(vix(values=np.full(3, NAN)), "2018-02-05") == [UNKNOWN]


@pytest.mark.parametrize(
    "changes,words",
    [
        ({"times": days("2018-02-02", "2018-02-01", "2018-02-05")}, "times[1]"),
        ({"times": days("2018-02-01", "2018-02-01", "2018-02-05")}, "times[1]"),
        ({"times": days("2018-02-01", "NaT", "2018-02-05")}, "times[1] is no time"),
        ({"times": days("2018-02-01")}, "(1,) times and (3,) values"),
        ({"values": np.array([1.0, np.inf, 2.0])}, "values[1] = inf"),
        ({"thresholds": ()}, "thresholds"),
        ({"thresholds": (30.0, 15.0)}, "ascending"),
        ({"thresholds": (15.0, 15.0)}, "ascending"),
        ({"thresholds": (15.0, NAN)}, "finite"),
        ({"max_age": np.timedelta64(-1, "D")}, "max_age"),
        ({"known_after": np.timedelta64("NaT")}, "known_after"),
    ],
)
def test_what_is_no_series_is_refused_by_its_field(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as caught:
        labels(vix(**changes), "2018-02-05")

    assert words in str(caught.value)
