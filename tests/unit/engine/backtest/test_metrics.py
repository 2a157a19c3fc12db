"""The metrics of a run, each against numbers worked out by hand or by the formula's own source."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from engine.backtest.metrics import NAMES, Metrics, metrics_of, rounded
from engine.stats.sharpe import annualised_sharpe, long_run_variance, standardised
from tests.fakes.finished_backtests import backtest

FEW = [100.0, 110.0, 99.0, 108.9, 121.0, 118.58]


def walk(count: int) -> list[float]:
    steps = np.random.default_rng(3).standard_t(4, count) * 0.01
    return [100.0, *(100 * np.exp(np.cumsum(steps))).tolist()]


def returns_of(equity: list[float]) -> list[float]:
    return [after / before - 1 for before, after in pairwise(equity)]


def test_the_total_return_is_of_the_starting_cash() -> None:
    assert metrics_of(backtest([99.0, 120.0]), 252).total_return == pytest.approx(0.2)


def test_the_annual_return_compounds() -> None:
    found = metrics_of(backtest([100.0, 100.0, 121.0]), periods_per_year=1)
    assert found.annual_return == pytest.approx(0.1)


def test_the_volatility_is_the_deviation_over_one_less() -> None:
    found = metrics_of(backtest([100.0, 110.0, 99.0]), periods_per_year=4)
    assert found.annual_volatility == pytest.approx(math.sqrt(0.02) * 2)


def test_the_sharpe_ratio_is_the_one_of_the_statistics() -> None:
    equity = walk(500)
    found = metrics_of(backtest(equity), 252).sharpe
    assert found == pytest.approx(annualised_sharpe(returns_of(equity)), rel=1e-9)


def test_the_standard_error_is_that_of_the_statistics_influences() -> None:
    equity = walk(500)
    units, ratio = standardised(returns_of(equity), "x")
    variance = long_run_variance(units - ratio / 2 * (units**2 - 1))
    found = metrics_of(backtest(equity), 252).sharpe_error
    assert found == pytest.approx(math.sqrt(variance / 500 * 252), rel=1e-9)


def test_the_sortino_ratio_takes_what_fell_alone() -> None:
    # returns 10 %, -10 %: mean 0; then 21 %: mean 7 %, downside √(0.01 / 3)
    found = metrics_of(backtest([100.0, 110.0, 99.0, 119.79]), periods_per_year=1)
    assert found.sortino == pytest.approx(0.07 / math.sqrt(0.01 / 3))


def test_the_drawdown_is_from_the_highest_equity_to_the_lowest_behind_it() -> None:
    assert metrics_of(backtest(FEW), 252).max_drawdown == pytest.approx(0.1)


def test_the_drawdown_lasts_until_the_peak_is_seen_again() -> None:
    # 110 at bar 1, 99 at bar 2, 121 at bar 4
    assert metrics_of(backtest(FEW), 252).max_drawdown_bars == 3


def test_a_drawdown_that_is_not_made_good_lasts_to_the_end() -> None:
    found = metrics_of(backtest([100.0, 120.0, 110.0, 60.0, 70.0]), 252)
    assert (found.max_drawdown, found.max_drawdown_bars) == (pytest.approx(0.5), 3)


def test_the_longest_drawdown_need_not_be_the_deepest() -> None:
    found = metrics_of(backtest([100.0, 50.0, 100.0, 99.0, 98.0, 97.0, 100.0]), 252)
    assert (found.max_drawdown_bars, found.longest_drawdown_bars) == (2, 4)


def test_equity_below_the_starting_cash_on_the_first_bar_is_a_drawdown() -> None:
    assert metrics_of(backtest([90.0, 100.0]), 252).max_drawdown == pytest.approx(0.1)


def test_the_calmar_ratio_is_annual_return_by_drawdown() -> None:
    found = metrics_of(backtest([100.0, 50.0, 121.0]), periods_per_year=1)
    assert found.calmar == pytest.approx(0.1 / 0.5)


def test_the_tail_takes_the_last_return_in_part() -> None:
    # 30 returns: the worst 1.5 of them are -20 % and half of -10 %
    falls = [0.8, 0.9] + [1.01] * 28
    equity = [100.0, *(100 * np.cumprod(falls)).tolist()]
    found = metrics_of(backtest(equity), 252).cvar_95
    assert found == pytest.approx((0.2 + 0.5 * 0.1) / 1.5)


def test_a_tail_takes_equal_returns_as_often_as_they_are_needed() -> None:
    equity = [100.0, *(100 * np.cumprod([0.9] * 5 + [1.01] * 95)).tolist()]
    found = metrics_of(backtest(equity), 252)
    assert (found.cvar_95, found.cvar_99) == (pytest.approx(0.1), pytest.approx(0.1))


def test_trades_are_counted_and_averaged() -> None:
    rows = [
        {"pnl": 30.0, "mfe": 0.4, "mae": 0.1, "exit_bar": 1, "flags": 1},
        {"pnl": -10.0, "mfe": 0.0, "mae": 0.3, "exit_bar": 2, "flags": 2},
        {"pnl": -5.0, "mfe": 0.2, "mae": 0.2, "exit_bar": 3, "flags": 3},
        {"pnl": 0.0, "mfe": 0.2, "mae": 0.2, "exit_bar": 3},
    ]
    found = metrics_of(backtest(FEW, trades=rows), 252)
    assert (found.trades, found.hit_rate, found.profit_factor) == (4, 0.25, 2.0)
    assert (found.average_trade, found.ambiguous_exits) == (3.75, 2)
    assert (found.average_mfe, found.average_mae) == (pytest.approx(0.2), pytest.approx(0.2))


def test_exposure_is_the_share_of_closes_with_anything_held() -> None:
    rows = [
        {"entry_bar": 0, "exit_bar": 2},  # held at closes 0 and 1
        {"entry_bar": 1, "exit_bar": 2},
        {"entry_bar": 3, "exit_bar": 3},  # left on the bar of its entry
    ]
    found = metrics_of(backtest(FEW, trades=rows, held=[{"entry_bar": 5}]), 252)
    assert found.exposure == 3 / 6


def test_turnover_is_what_was_bought_and_sold_by_the_mean_equity_a_year() -> None:
    fills = [{"quantity": 2.0, "price": 50.0}, {"quantity": -2.0, "price": 100.0}]
    found = metrics_of(backtest([100.0, 200.0, 150.0], fills=fills), periods_per_year=4)
    assert found.turnover == pytest.approx(300 / 150 * 4 / 2)


def test_open_positions_are_no_trades() -> None:
    found = metrics_of(backtest(FEW, held=[{"entry_bar": 2}, {"entry_bar": 3}]), 252)
    assert (found.open_positions, found.trades) == (2, 0)


def test_a_run_without_a_trade_has_no_ratio_and_says_why() -> None:
    found = metrics_of(backtest([100.0] * 40), 252)
    why = {name: found.reasons[name] for name in ("sharpe", "sortino", "calmar", "hit_rate")}
    assert why == {
        "sharpe": "all returns are the same",
        "sortino": "no return is negative",
        "calmar": "there was no drawdown",
        "hit_rate": "no trade was closed",
    }


def test_a_few_returns_have_no_sharpe_ratio() -> None:
    found = metrics_of(backtest(FEW), 252)
    assert (found.sharpe, found.sharpe_error) == (None, None)
    assert found.reasons["sharpe"] == "it takes 20 returns or more: there are 5"


def test_a_ruined_account_has_no_returns() -> None:
    found = metrics_of(backtest([100.0, 40.0, -5.0, 10.0] + [10.0] * 30), 252)
    assert found.reasons["sharpe"] == "the equity is not positive and finite at bar 2"
    assert (found.sharpe, found.max_drawdown, found.turnover) == (None, None, None)


def test_one_bar_has_no_return() -> None:
    found = metrics_of(backtest([100.0]), 252)
    assert (found.annual_return, found.reasons["annual_return"]) == (None, "one bar has no return")
    assert (found.total_return, found.max_drawdown) == (0.0, 0.0)


def test_a_gain_beyond_floats_a_year_is_none() -> None:
    found = metrics_of(backtest([100.0, 1e9]), periods_per_year=252)
    assert found.annual_return is None
    assert found.reasons["annual_return"].startswith("it is beyond")


@pytest.mark.parametrize(
    "equity",
    [
        [100.0],
        [100.0, 0.0],
        [100.0, math.nan, 100.0],
        [100.0, math.inf],
        [100.0, 100.0],
        [5e-324, 1e308],
        [100.0] * 30,
        [100.0, 101.0] * 30,
        FEW,
        walk(200),
    ],
)
def test_what_is_not_a_finite_number_is_none_with_a_reason(equity: list[float]) -> None:
    found = metrics_of(backtest(equity), 252)
    missing = {name for name, value in found.values().items() if value is None}
    assert missing == set(found.reasons)
    assert all(math.isfinite(value) for value in found.values().values() if value is not None)


def test_money_is_rounded_where_it_is_reported() -> None:
    fills = [{"quantity": 1.0, "price": 10.0, "fee": 0.123456}]
    found = rounded(metrics_of(backtest([100.0, 100.98765], fills=fills), 252), digits=2)
    assert (found.fees, found.final_equity) == (0.12, 100.99)


def test_every_metric_is_defined_in_the_docstring() -> None:
    assert [name for name in NAMES if name not in (Metrics.__doc__ or "")] == []
