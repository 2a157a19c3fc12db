from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.backtest.risk.regimes import RegimeSeries
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.risk.rule_checks import checked
from engine.backtest.risk.rules import (
    DynamicTrailingStop,
    PythonRule,
    RegimeDependentRule,
    Rule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
    VolatilityScaledStopLoss,
)
from engine.errors import UserError

NAN, INF = float("nan"), float("inf")
LABELS = np.array([0, 1])
STOP = StopLoss(0.05)
TARGET = TakeProfit(0.1)
TIME = TimeBasedExit(5)
TRAIL = TrailingStop(0.05)
VOL = VolatilityScaledStopLoss(3.0)
DYNAMIC = DynamicTrailingStop(0.1, 0.01, 0.03)
PYTHON = PythonRule(lambda _: None)
REGIME = RegimeDependentRule(LABELS, {0: (STOP,), 1: (TRAIL, TIME)})
VIX = RegimeSeries(times=np.array([], "M8[D]"), values=np.array([]), thresholds=(15.0, 30.0))


def refusal(*rules: Any) -> str:
    with pytest.raises(UserError) as caught:
        RiskManager(rules)
    return str(caught.value)


def test_rules_that_make_sense_come_back_as_they_are() -> None:
    rules = (STOP, TARGET, TIME, TRAIL, VOL, DYNAMIC, PYTHON, REGIME)

    assert checked(rules) == rules


@pytest.mark.parametrize("rule", [STOP, TRAIL])
@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.0, 5, NAN, INF, True, "0.1", None])
def test_a_distance_that_is_no_share_is_refused(rule: Rule, fraction: Any) -> None:
    said = refusal(replace(rule, fraction=fraction))  # type: ignore[call-arg]

    assert f"{type(rule).__name__}: fraction = {fraction!r}" in said


@pytest.mark.parametrize(
    "rule,field,values",
    [
        (TARGET, "fraction", [0.0, -1.0, NAN, INF]),
        (TIME, "max_bars", [0, -1, 1.5, True, NAN]),
        (VOL, "multiple", [0.0, -1.0, NAN, INF]),
        (VOL, "bars", [0, 1.5, True]),
        (VOL, "scale", ["exit", None]),
        (VOL, "ratchet", [1, None]),
        (DYNAMIC, "start", [0.0, 1.0, NAN]),
        (DYNAMIC, "tighten", [-0.01, NAN]),
        (DYNAMIC, "floor", [0.0, NAN]),
        (PYTHON, "decide", [None, 3]),
        (PYTHON, "name", ["", 3]),
        (REGIME, "labels", [[0, 1], LABELS.astype(float), LABELS[:, None]]),
        (REGIME, "rules", [None, (STOP,), {0: STOP}]),
        (REGIME, "switch", ["exit"]),
        (REGIME, "may_loosen", [None]),
        (STOP, "priority", [0.5, True, None]),
    ],
)
def test_a_field_that_makes_no_sense_is_named_with_its_rule(
    rule: Any, field: str, values: list[Any]
) -> None:
    for value in values:
        assert f"{type(rule).__name__}: {field} = " in refusal(replace(rule, **{field: value}))


def test_a_target_may_be_farther_than_the_price_itself() -> None:
    assert checked([TakeProfit(3.0)])


def test_a_floor_beyond_the_start_is_refused() -> None:
    assert "floor = 0.2 is beyond start = 0.1" in refusal(replace(DYNAMIC, floor=0.2))


def test_numbers_of_numpy_are_numbers() -> None:
    assert checked([StopLoss(np.float64(0.1)), TimeBasedExit(np.int64(3))])


def test_a_wrong_rule_within_a_regime_is_found_there() -> None:
    said = refusal(replace(REGIME, rules={0: (StopLoss(NAN),)}))

    assert "rules[0]: StopLoss: fraction = nan" in said


@pytest.mark.parametrize("within", [REGIME, PYTHON])
def test_regimes_hold_neither_regimes_nor_python(within: Rule) -> None:
    said = refusal(replace(REGIME, rules={0: (within,)}))

    assert f"{type(within).__name__} is no rule here" in said


@pytest.mark.parametrize("number", [3, -2, "high"])
def test_a_regime_that_the_thresholds_do_not_make_is_refused(number: Any) -> None:
    said = refusal(RegimeDependentRule(VIX, {number: (STOP,)}))

    assert f"rules has the regime {number!r}" in said


def test_the_unknown_regime_may_have_rules() -> None:
    assert checked([RegimeDependentRule(VIX, {-1: (STOP,), 2: (TRAIL,)})])


def test_what_is_no_rule_is_refused() -> None:
    assert "float is no rule here: 0.05" in refusal(0.05)
