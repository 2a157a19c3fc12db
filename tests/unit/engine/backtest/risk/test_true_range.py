from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from engine.backtest.bars import Bars
from engine.backtest.risk.true_range import average_true_range, true_range

NAN = np.nan


def panel(high: ArrayLike, low: ArrayLike, close: ArrayLike) -> Bars:
    top, bottom, last = (np.asarray(prices, dtype=np.float64) for prices in (high, low, close))
    symbols = tuple(f"S{n}" for n in range(last.shape[1]))
    times = np.datetime64("2020-01-01") + np.arange(len(last))
    return Bars(times=times, symbols=symbols, open=last, high=top, low=bottom, close=last)


def walk(length: int, width: int, missing: float = 0.0) -> Bars:
    draw = np.random.default_rng(7)
    close = 100 + draw.normal(0, 1, (length, width)).cumsum(axis=0)
    close[draw.random(close.shape) < missing] = NAN
    reach = draw.random((2, length, width))
    return panel(close + reach[0], close - reach[1], close)


def column(values: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in values[:, 0]]


def test_a_gap_over_the_close_before_counts_into_the_range() -> None:
    bars = panel([[11], [16], [9]], [[9], [14], [7]], [[10], [15], [8]])

    assert column(true_range(bars))[1:] == [6.0, 8.0]


def test_the_first_bar_has_no_range_as_it_has_no_close_before_it() -> None:
    assert np.isnan(true_range(walk(3, 2))[0]).all()


def test_the_first_average_is_the_plain_mean_and_the_next_ones_are_smoothed() -> None:
    close = [[10], [10], [10], [10], [10]]
    high, low = [[10], [12], [14], [16], [18]], [[10], [10], [10], [10], [10]]

    found = column(average_true_range(panel(high, low, close), 2))

    assert found[2:] == [3.0, (3.0 + 6.0) / 2, (4.5 + 8.0) / 2]
    assert np.isnan(found[:2]).all()


def test_a_missing_bar_carries_the_average_and_the_close_before_it() -> None:
    high, low = [[11], [12], [NAN], [15]], [[9], [10], [NAN], [14]]
    close = [[10], [11], [NAN], [14]]

    assert column(average_true_range(panel(high, low, close), 1))[1:] == [2.0, 2.0, 4.0]


@pytest.mark.parametrize("width", [1, 3, 16, 40])
def test_an_asset_has_the_same_bits_alone_and_in_any_panel(width: int) -> None:
    bars = walk(120, width, missing=0.2)

    together = average_true_range(bars, 14)

    for n in range(width):
        alone = panel(bars.high[:, n : n + 1], bars.low[:, n : n + 1], bars.close[:, n : n + 1])
        assert np.array_equal(average_true_range(alone, 14)[:, 0], together[:, n], equal_nan=True)


@pytest.mark.parametrize("width", [2, 20])
def test_later_bars_change_no_earlier_average(width: int) -> None:
    bars = walk(60, width, missing=0.1)

    whole, part = average_true_range(bars, 5), average_true_range(bars.window(0, 31), 5)

    assert np.array_equal(whole[:31], part, equal_nan=True)


@pytest.mark.parametrize("width", [1, 20])
def test_too_few_bars_for_one_average_give_none(width: int) -> None:
    assert np.isnan(average_true_range(walk(14, width), 14)).all()
