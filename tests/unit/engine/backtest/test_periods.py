"""How many bars a year has, and when that has to be said."""

from __future__ import annotations

import numpy as np
import pytest

from engine.backtest.periods import periods_per_year
from engine.errors import UserError, Where
from tests.fakes.market_bars import REAL, real_bars

DAYS = np.arange("2024-01-01", "2024-12-31", dtype="datetime64[D]")


def on_weekdays(days: np.ndarray) -> np.ndarray:
    return days[np.is_busday(days)].astype("datetime64[ns]")


@pytest.mark.parametrize("name", REAL)
def test_real_daily_bars_have_252_a_year(name: str) -> None:
    assert periods_per_year(real_bars(name).times) == 252


def test_weekly_bars_have_52_a_year() -> None:
    assert periods_per_year(DAYS[::7]) == 52


def test_monthly_bars_have_12_a_year() -> None:
    assert periods_per_year(np.arange("2020-01", "2024-01", dtype="datetime64[M]")) == 12


def test_bars_that_end_at_a_local_hour_are_daily_across_a_change_of_clocks() -> None:
    utc = on_weekdays(DAYS) + np.timedelta64(21, "h")
    summer = (utc > np.datetime64("2024-03-10")) & (utc < np.datetime64("2024-11-03"))
    assert periods_per_year(utc - summer * np.timedelta64(1, "h")) == 252


@pytest.mark.parametrize(
    "times",
    [
        DAYS,  # seven days a week
        np.arange("2024-01-01T09", "2024-01-03T09", dtype="datetime64[h]"),
        DAYS[:2],
        DAYS[::91],
    ],
)
def test_other_bars_have_to_be_told(times: np.ndarray) -> None:
    with pytest.raises(UserError) as raised:
        periods_per_year(times, Where("a.yaml", field="periods_per_year"))
    assert "periods_per_year" in raised.value.remedy
    assert str(raised.value.where) == "a.yaml: periods_per_year"


@pytest.mark.parametrize("count, words", [(1, "1 bar does not"), (2, "2 bars do not")])
def test_few_bars_are_counted_in_words_that_agree(count: int, words: str) -> None:
    with pytest.raises(UserError, match=words):
        periods_per_year(DAYS[:count])
