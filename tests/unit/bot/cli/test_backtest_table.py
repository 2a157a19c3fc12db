"""The table of a backtest's metrics, and the lines above its plot."""

from __future__ import annotations

import msgspec

from bot.cli.backtest_table import curve_title, data_words, table
from engine.backtest.bar_checks import DataReport
from engine.backtest.metrics import metrics_of, rounded
from tests.fakes.finished_backtests import backtest
from worker.backtest_files import BacktestManifest

REPORT = DataReport(
    files=("data/sp500.csv",),
    rows=5105,
    bars=5105,
    assets=1,
    missing=0,
    first="2000-01-03",
    last="2020-04-17",
)
MANIFEST = BacktestManifest(
    spec_hash="00",
    git_sha=None,
    platform="x86_64-linux-gnu",
    versions={},
    seed=7,
    started_utc="2024-01-01T00:00:00+00:00",
    finished_utc="2024-01-01T00:00:01+00:00",
    strategy="strategies/sma.py:SmaCross",
    params={"fast": 20, "slow": 100},
    bars=5105,
    assets=1,
    first_bar="2000-01-03",
    last_bar="2020-04-17",
    periods_per_year=252.0,
    data_report=REPORT,
)
TRADES = [
    {"side": 1, "pnl": 1200.5, "mfe": 0.2, "mae": 0.05, "exit_bar": 20},
    {"side": 1, "pnl": -400.25, "mfe": 0.01, "mae": 0.07, "exit_bar": 30, "flags": 1},
]
FILLS = [{"quantity": 10.0, "price": 100.0, "fee": 1.005}] * 4
RUN = backtest(
    [1000.0 + (bar * 37) % 101 for bar in range(150)], start=1000.0, trades=TRADES, fills=FILLS
)
EXPECTED = """\
strategies/sma.py:SmaCross  fast 20, slow 100
5,105 bars, 2000-01-03 to 2020-04-17, 252 a year

total return                5.90 %    final equity              1,059.00
annual return              10.18 %    fees                          4.02
annual volatility          72.78 %    turnover a year             6.44 x
Sharpe                 0.50 ± 0.32    exposure                   20.00 %
Sortino                       0.64    trades                           2
Calmar                        1.12    hit rate                   50.00 %
max drawdown                9.09 %    profit factor                 3.00
longest drawdown          101 bars    average trade               400.12
CVaR 95 %                   6.00 %    average MFE, MAE   10.50 %, 6.00 %
CVaR 99 %                   6.01 %    ambiguous exits                  1
                                      open positions                   0"""


def test_every_metric_has_its_place() -> None:
    assert table(MANIFEST, rounded(metrics_of(RUN, 252), 2), 2) == EXPECTED


def test_the_length_of_the_largest_drawdown_is_told_where_another_one_was_longer() -> None:
    equity = [1000.0, 500.0, *(1000.0 + bar for bar in range(1, 5)), *[1003.0] * 10, 1100.0]
    lines = table(MANIFEST, metrics_of(backtest(equity, start=1000.0), 252), 2).splitlines()
    words = [" ".join(line[:34].split()) for line in lines]
    assert "from peak to peak 2 bars" in words
    assert "longest drawdown 11 bars" in words


def test_what_is_missing_says_why_once() -> None:
    text = table(MANIFEST, metrics_of(backtest([100.0] * 30), 252), 2)
    _, below = text.rsplit("\n\n", 1)
    assert below.splitlines() == [
        "annual_volatility, sharpe, sharpe_error: all returns are the same",
        "sortino: no return is negative",
        "calmar: there was no drawdown",
        "cvar_99: it takes 100 returns or more",
        "hit_rate, profit_factor, average_trade, average_mfe, average_mae: no trade was closed",
    ]


def test_a_panel_says_of_how_many_assets() -> None:
    manifest = msgspec.structs.replace(MANIFEST, assets=451)
    assert "5,105 bars of 451 assets, 2000-01-03" in table(manifest, metrics_of(RUN, 252), 2)


def test_a_plot_is_headed_by_what_was_run() -> None:
    title, below = curve_title(MANIFEST, metrics_of(RUN, 252))
    assert title == "strategies/sma.py:SmaCross  fast 20, slow 100"
    assert below.startswith("2000-01-03 to 2020-04-17    Sharpe ")


def test_many_parameters_are_cut() -> None:
    many = {f"parameter_{number}": number for number in range(40)}
    title, _ = curve_title(msgspec.structs.replace(MANIFEST, params=many), metrics_of(RUN, 252))
    assert title.endswith("…")
    assert len(title) < 100


def test_a_plot_leaves_out_what_is_missing() -> None:
    _, below = curve_title(MANIFEST, metrics_of(backtest([100.0]), 252))
    assert below == "2000-01-03 to 2020-04-17    max drawdown 0.00 %"


def test_repairs_and_warnings_are_told_and_silence_means_that_there_are_none() -> None:
    assert data_words(REPORT) == ""
    repairs = {"sort": 16606, "keep_last": 1}
    mended = msgspec.structs.replace(REPORT, repairs=repairs, warnings=("1 bar is odd.",))
    assert data_words(mended).splitlines() == [
        "Repairs: sort (16,606 rows), keep_last (1 row)",
        "Warning: 1 bar is odd.",
    ]


def test_money_beyond_all_bounds_stays_in_its_cell() -> None:
    text = table(MANIFEST, metrics_of(backtest([1e300] * 30, start=1e300), 252), 2)
    assert max(map(len, text.splitlines()[2:14])) <= 72
    assert "1.000000e+300" in text
