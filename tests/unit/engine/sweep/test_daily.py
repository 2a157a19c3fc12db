from __future__ import annotations

import numpy as np
import pytest

from engine.sweep.daily import daily


def test_daily_bars_keep_their_returns_to_the_bit() -> None:
    times = np.arange("2024-01-01", "2024-01-04", dtype="datetime64[D]")
    returns = np.array([0.1, -0.2, 0.3])
    assert daily(times, returns)[0] == ("2024-01-01", "2024-01-02", "2024-01-03")
    assert daily(times, returns)[1].tolist() == returns.tolist()


def test_the_bars_of_a_day_are_compounded() -> None:
    times = np.array(["2024-01-01T23", "2024-01-02T00", "2024-01-02T23"], dtype="datetime64[ns]")
    days, values = daily(times, np.array([0.5, 0.1, 0.1]))
    assert days == ("2024-01-01", "2024-01-02")
    assert values.tolist() == pytest.approx([0.5, 0.21])


def test_no_returns_are_no_days() -> None:
    days, values = daily(np.array([], dtype="datetime64[D]"), np.array([]))
    assert (days, values.tolist()) == ((), [])
