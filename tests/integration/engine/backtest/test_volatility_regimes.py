"""Rules that depend on the regime of a real volatility index: VIX beside the S&P 500."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as Folder

import arch.data.sp500
import arch.data.vix
import msgspec
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from engine.backtest.account_terms import AccountTerms
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.results import Backtest, Flag, Reason
from engine.backtest.risk.regimes import UNKNOWN, RegimeSeries
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.risk.rule_specs import RuleSpec, rules_of
from engine.backtest.risk.rules import RegimeDependentRule, Rule, StopLoss, TimeBasedExit
from engine.backtest.run import Path, Setup, run
from engine.backtest.signals import Signals
from worker.series_files import load_series

THRESHOLDS = (13.0, 20.0)
STOPS = {UNKNOWN: 0.005, 0: 0.04, 1: 0.02, 2: 0.01}
RULES: dict[int, tuple[Rule, ...]] = {
    UNKNOWN: (StopLoss(STOPS[UNKNOWN]),),
    0: (StopLoss(STOPS[0]),),
    1: (StopLoss(STOPS[1]),),
    2: (StopLoss(STOPS[2]), TimeBasedExit(3)),
}


@pytest.fixture(scope="module")
def bars() -> Bars:
    frame = arch.data.sp500.load().loc["2013-12-02":]  # a month before the index begins
    prices = {
        name.lower(): np.ascontiguousarray(frame[[name]].to_numpy(np.float64))
        for name in ("Open", "High", "Low", "Close")
    }
    return Bars(times=frame.index.to_numpy(), symbols=("SPX",), **prices)


@pytest.fixture(scope="module")
def vix() -> RegimeSeries:
    frame = arch.data.vix.load()
    return RegimeSeries(
        times=frame.index.to_numpy(),
        values=frame["vix"].to_numpy(np.float64),
        thresholds=THRESHOLDS,
    )


def backtest(bars: Bars, rule: RegimeDependentRule, path: Path | None = None) -> Backtest:
    leave = np.arange(bars.length) % 10 == 0  # else a position of the calm years would stay
    signals = Signals.of(~leave, leave)
    setup = Setup(
        terms=AccountTerms(),
        costs=Costs(fee=0.0002, slippage=0.0001),
        profile=PROFILES[ProfileName.OURS],
        rules=RiskManager([rule]).compiled(bars),
    )
    return run(bars, signals, setup, path=path)


def at_entry(result: Backtest, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the regime at the close of each trade's signal: the bar before its fill."""
    return labels[result.trades.entry_bar - 1]


def test_the_regimes_are_those_of_the_last_close_as_pandas_finds_it(
    bars: Bars, vix: RegimeSeries
) -> None:
    known = arch.data.vix.load()["vix"].dropna()
    at_close = known.reindex(pd.DatetimeIndex(bars.times), method="ffill")
    expected = pd.cut(at_close, [-np.inf, *THRESHOLDS, np.inf], right=False, labels=False)

    found = vix.labels(bars.times)

    assert np.array_equal(found, expected.fillna(UNKNOWN).astype(np.int64))
    assert set(found) == {UNKNOWN, 0, 1, 2}


def test_each_stop_rests_at_the_distance_of_the_regime_at_its_entry(
    bars: Bars, vix: RegimeSeries
) -> None:
    result = backtest(bars, RegimeDependentRule(vix, RULES))

    trades = result.trades
    regime = at_entry(result, vix.labels(bars.times))
    stopped = (trades.reason == Reason.STOP_LOSS) & ((trades.flags & Flag.GAP) == 0)
    level = trades.entry_price * (1 - np.array([STOPS[label] for label in regime.tolist()]))
    low = bars.low[trades.exit_bar, 0]
    slipped = np.maximum(level * (1 - 0.0001), low)
    assert np.array_equal(trades.exit_price[stopped], slipped[stopped])
    assert set(regime[stopped]) == {UNKNOWN, 0, 1, 2}


def test_only_what_was_opened_in_the_wild_regime_leaves_by_time(
    bars: Bars, vix: RegimeSeries
) -> None:
    result = backtest(bars, RegimeDependentRule(vix, RULES))

    timed = result.trades.reason == Reason.TIME
    assert set(at_entry(result, vix.labels(bars.times))[timed]) == {2}
    assert set(result.trades.bars_held[timed]) == {4}  # filled at the open after three bars


def test_rules_of_the_unknown_regime_are_armed_before_the_index_begins_alone(
    bars: Bars, vix: RegimeSeries
) -> None:
    everywhere = RegimeDependentRule(vix, {UNKNOWN: (StopLoss(0.0001),)})

    result = backtest(bars, everywhere)

    stopped = result.trades.reason == Reason.STOP_LOSS
    assert set(at_entry(result, vix.labels(bars.times))[stopped]) == {UNKNOWN}


def test_of_the_current_regime_a_level_tightens_at_a_switch_and_never_loosens(
    bars: Bars, vix: RegimeSeries
) -> None:
    # RULES without the time exit: what is left is a stop at the tightest distance met so far.
    stops = {label: rules[:1] for label, rules in RULES.items()}

    result = backtest(bars, RegimeDependentRule(vix, stops, switch="current"))

    labels, trades = vix.labels(bars.times), result.trades
    plain = (trades.reason == Reason.STOP_LOSS) & ((trades.flags & Flag.GAP) == 0)
    later = 0
    for k in np.flatnonzero(plain):
        met = labels[trades.entry_bar[k] - 1 : trades.exit_bar[k]]
        distance = min(STOPS[label] for label in met.tolist())
        level = trades.entry_price[k] * (1 - distance)
        low = bars.low[trades.exit_bar[k], 0]
        assert trades.exit_price[k] == max(level * (1 - 0.0001), low)
        later += distance < STOPS[int(met[0])]
    assert later > 0


def test_a_spec_and_a_file_of_the_index_arm_the_same_rule(
    bars: Bars, vix: RegimeSeries, tmp_path: Folder
) -> None:
    arch.data.vix.load().to_csv(tmp_path / "vix.csv")
    rules = {str(label): [{"stop_loss": {"fraction": STOPS[label]}}] for label in STOPS}
    spec = {
        "series": {"path": "vix.csv", "column": "vix"},
        "thresholds": THRESHOLDS,
        "unknown": rules["-1"],
        "regimes": [rules["0"], rules["1"], [*rules["2"], {"time_based_exit": {"max_bars": 3}}]],
    }
    items = msgspec.convert([{"regime_dependent": spec}], tuple[RuleSpec, ...])

    (rule,) = rules_of(items, load_series(tmp_path, items, "backtest.yaml"))

    assert isinstance(rule, RegimeDependentRule)
    found, expected = backtest(bars, rule), backtest(bars, RegimeDependentRule(vix, RULES))
    assert found.equity.tobytes() == expected.equity.tobytes()
    assert found.trades.reason.tolist() == expected.trades.reason.tolist()


def test_later_closes_of_the_index_change_no_earlier_fill(bars: Bars, vix: RegimeSeries) -> None:
    day = np.datetime64("2016-06-24")  # the index had jumped the day before
    level = arch.data.vix.load()["vix"].to_numpy(np.float64)
    changed = replace(vix, values=np.where(vix.times > day, 50.0 - level, level))

    was, now = (
        backtest(bars, RegimeDependentRule(series, RULES)).fills for series in (vix, changed)
    )

    until = int(np.searchsorted(bars.times, day, side="right"))
    before = [np.count_nonzero(fills.bar <= until) for fills in (was, now)]
    assert before[0] == before[1] > 0
    assert np.array_equal(was.price[: before[0]], now.price[: before[0]])
    assert not np.array_equal(was.price, now.price)


def test_every_path_of_the_engine_gives_the_same_bits(bars: Bars, vix: RegimeSeries) -> None:
    rule = RegimeDependentRule(vix, RULES, switch="current")

    plain, *others = (backtest(bars, rule, path) for path in Path)

    for other in others:
        assert other.equity.tobytes() == plain.equity.tobytes()
        assert other.trades.exit_price.tobytes() == plain.trades.exit_price.tobytes()
