from __future__ import annotations

import msgspec
import numpy as np
import pytest

from engine.backtest.risk.regimes import RegimeSeries
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.risk.rule_specs import (
    Readings,
    RuleSpec,
    SeriesSource,
    rules_of,
    series_sources,
)
from engine.backtest.risk.rules import (
    DynamicTrailingStop,
    RegimeDependentRule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
    VolatilityScaledStopLoss,
)
from engine.decoding import decode
from engine.errors import UserError
from engine.yaml12 import parse_yaml


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    risk: tuple[RuleSpec, ...] = ()


PLAIN = """\
risk:
  - stop_loss: {fraction: 0.05}
  - take_profit: {fraction: 0.1, priority: 2}
  - time_based_exit: {max_bars: 20}
  - trailing_stop: {fraction: 0.03}
  - volatility_scaled_stop_loss: {multiple: 3, scale: current, ratchet: false}
  - dynamic_trailing_stop: {start: 0.1, tighten: 0.01, floor: 0.02}
"""
REGIMES = """\
risk:
  - regime_dependent:
      series: {path: data/vix.csv, column: vix}
      thresholds: [15, 30]
      regimes:
        - []
        - [{stop_loss: {fraction: 0.05}}]
        - [{stop_loss: {fraction: 0.02}}, {time_based_exit: {max_bars: 3}}]
      unknown: [{stop_loss: {fraction: 0.01}}]
      switch: current
      max_age_days: 7
      known_after_hours: 21.25
"""
VIX = SeriesSource(path="data/vix.csv", column="vix")
READINGS = Readings(np.array(["2018-02-05"], dtype="M8[D]"), np.array([37.3]))


def specs(text: str) -> tuple[RuleSpec, ...]:
    return decode(parse_yaml(text.encode(), "backtest.yaml"), Spec).risk


def refusal(text: str) -> str:
    with pytest.raises(UserError) as caught:
        specs(text)
    return str(caught.value)


def regime_rule(text: str = REGIMES) -> RegimeDependentRule:
    (rule,) = rules_of(specs(text), {VIX: READINGS})
    assert isinstance(rule, RegimeDependentRule)
    return rule


def test_each_item_becomes_its_rule() -> None:
    assert rules_of(specs(PLAIN), {}) == (
        StopLoss(0.05),
        TakeProfit(0.1, priority=2),
        TimeBasedExit(20),
        TrailingStop(0.03),
        VolatilityScaledStopLoss(3, scale="current", ratchet=False),
        DynamicTrailingStop(0.1, 0.01, 0.02),
    )


def test_what_is_read_passes_the_checks_of_rules() -> None:
    RiskManager(rules_of(specs(PLAIN + REGIMES.removeprefix("risk:\n")), {VIX: READINGS}))


def test_the_series_that_rules_need_are_named_once() -> None:
    twice = REGIMES + REGIMES.removeprefix("risk:\n")

    assert series_sources(specs(twice)) == (VIX,)
    assert series_sources(specs(PLAIN)) == ()


def test_regimes_are_numbered_from_the_lowest_and_the_unknown_before_it() -> None:
    assert regime_rule().rules == {
        -1: (StopLoss(0.01),),
        0: (),
        1: (StopLoss(0.05),),
        2: (StopLoss(0.02), TimeBasedExit(3)),
    }


def test_a_regime_rule_gets_its_loaded_series_and_spans_of_time() -> None:
    labels = regime_rule().labels

    assert isinstance(labels, RegimeSeries)
    assert (labels.values is READINGS.values, labels.thresholds) == (True, (15.0, 30.0))
    assert labels.max_age == np.timedelta64(7, "D")
    assert labels.known_after == np.timedelta64(21 * 60 + 15, "m")


@pytest.mark.parametrize(
    "item,words",
    [
        ("stop_loss: {fraction: 1.5}", "backtest.yaml:2: risk[0].stop_loss.fraction"),
        ("stop_loss: {fraction: 0}", "fraction"),
        ("stop_loss: {}", "fraction"),
        ("stop_loss: {fraction: 0.1, size: 2}", "size"),
        ("time_based_exit: {max_bars: 0}", "max_bars"),
        ("stop_los: {fraction: 0.1}", "stop_los"),
        ("{}", "0 rules in one item"),
        ("{stop_loss: {fraction: 0.1}, take_profit: {fraction: 0.1}}", "2 rules in one item"),
        ("dynamic_trailing_stop: {start: 0.1, tighten: 0, floor: 0.2}", "floor 0.2 is beyond"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_place(item: str, words: str) -> None:
    assert words in refusal(f"risk:\n  - {item}\n")


@pytest.mark.parametrize(
    "old,new,words",
    [
        ("[15, 30]", "[30, 15]", "not in ascending order"),
        ("[15, 30]", "[15]", "1 thresholds make 2 regimes, not as many as 3"),
        ("[15, 30]", "[]", "thresholds"),
        ("data/vix.csv", "../vix.csv", "series"),
        ("data/vix.csv", "/etc/vix.csv", "series"),
        ("current", "exit", "switch"),
        ("- []", "- [{regime_dependent: {}}]", "regime_dependent"),
        ("max_age_days: 7", "max_age_days: 0", "max_age_days"),
    ],
)
def test_a_regime_rule_that_contradicts_itself_is_refused(old: str, new: str, words: str) -> None:
    assert words in refusal(REGIMES.replace(old, new))


def test_a_series_of_the_repository_is_a_measuring_file_and_one_of_a_mount_is_not() -> None:
    mounted = SeriesSource(path="vix.csv", mount="market")

    assert (VIX.repository_files, mounted.repository_files) == (("data/vix.csv",), ())
