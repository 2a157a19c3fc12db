from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from engine.backtest.bars import Bars
from engine.backtest.risk.compiled_rules import CompiledRules
from engine.backtest.risk.regimes import RegimeSeries
from engine.backtest.risk.risk_manager import RiskManager
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
from engine.backtest.risk.true_range import average_true_range
from engine.errors import UserError

T, N = 40, 2
CALM, WILD = 0, 1
LABELS = np.arange(T) // 20
WILD_STOP = VolatilityScaledStopLoss(2.0, bars=5, scale="current", ratchet=False)


def bars(length: int = T) -> Bars:
    close = 100 + np.random.default_rng(3).normal(0, 1, (length, N)).cumsum(axis=0)
    times = np.datetime64("2020-01-01") + np.arange(length)
    return Bars(
        times=times, symbols=("A", "B"), open=close, high=close + 1, low=close - 1, close=close
    )


def compiled(*rules: Rule) -> CompiledRules:
    return RiskManager(rules).compiled(bars())


def refusal(*rules: Rule) -> str:
    with pytest.raises(UserError) as caught:
        compiled(*rules)
    return str(caught.value)


def by_regime(**changes: Any) -> RegimeDependentRule:
    given: dict[str, Any] = {"labels": LABELS, "rules": {WILD: (StopLoss(0.02), TimeBasedExit(3))}}
    return RegimeDependentRule(**{**given, **changes})


def test_no_rules_arm_nothing() -> None:
    rules = compiled()

    armed = [
        name for name in dir(CompiledRules) if name.startswith("has_") and getattr(rules, name)
    ]
    assert (armed, rules.atr, rules.regime, len(rules.stop)) == ([], None, None, 1)


def test_each_rule_fills_its_own_table() -> None:
    rules = compiled(
        StopLoss(0.05), TakeProfit(0.1), TrailingStop(0.04), TimeBasedExit(9),
        DynamicTrailingStop(0.2, 0.01, 0.1), VolatilityScaledStopLoss(3.0),
    )  # fmt: skip

    tables = (rules.stop, rules.target, rules.trail, rules.max_bars, rules.vol_multiple)
    assert [table.tolist() for table in tables] == [[0.05], [0.1], [0.04], [9], [3.0]]
    assert (rules.dyn_start[0], rules.dyn_tighten[0], rules.dyn_floor[0]) == (0.2, 0.01, 0.1)
    assert rules.has_any_stop
    assert rules.has_time


def test_of_two_rules_of_a_kind_and_priority_the_tightest_stands() -> None:
    rules = compiled(
        StopLoss(0.05), StopLoss(0.03), TakeProfit(0.2), TakeProfit(0.3),
        TrailingStop(0.1), TrailingStop(0.2), TimeBasedExit(7), TimeBasedExit(4),
    )  # fmt: skip

    assert (rules.stop[0], rules.target[0], rules.trail[0], rules.max_bars[0]) == (
        0.03, 0.2, 0.1, 4,
    )  # fmt: skip


def test_of_two_rules_of_a_kind_the_lower_priority_number_stands_before_the_tightest() -> None:
    assert compiled(StopLoss(0.03, priority=1), StopLoss(0.05, priority=0)).stop[0] == 0.05


@pytest.mark.parametrize(
    "one,other",
    [
        (VolatilityScaledStopLoss(2.0, bars=5), VolatilityScaledStopLoss(3.0, bars=20)),
        (VolatilityScaledStopLoss(2.0), VolatilityScaledStopLoss(3.0, ratchet=False)),
        (DynamicTrailingStop(0.1, 0.01, 0.02), DynamicTrailingStop(0.2, 0.05, 0.01)),
        (DynamicTrailingStop(0.1, 0.01, 0.02), DynamicTrailingStop(0.1, 0.05, 0.03)),
    ],
)
def test_two_rules_of_which_neither_is_always_the_tighter_are_refused(one: Any, other: Any) -> None:
    said = refusal(one, other)

    assert str(one) in said
    assert str(other) in said


@pytest.mark.parametrize("turn", [1, -1])
def test_of_stops_that_move_alike_the_tightest_stands(turn: int) -> None:
    scaled = [VolatilityScaledStopLoss(multiple, bars=5) for multiple in (3.0, 2.0, 4.0)]
    trails = [DynamicTrailingStop(0.2, 0.01, 0.05), DynamicTrailingStop(0.1, 0.02, 0.05)]

    rules = compiled(*scaled[::turn], *trails[::turn])

    assert rules.vol_multiple[0] == 2.0
    assert (rules.dyn_start[0], rules.dyn_tighten[0], rules.dyn_floor[0]) == (0.1, 0.02, 0.05)


@pytest.mark.parametrize("turn", [1, -1])
def test_one_that_is_tighter_than_all_stands_whatever_the_others_are_to_each_other(
    turn: int,
) -> None:
    trails = [
        DynamicTrailingStop(0.1, 0.01, 0.02),
        DynamicTrailingStop(0.2, 0.05, 0.01),
        DynamicTrailingStop(0.05, 0.05, 0.01),
    ]
    assert compiled(*trails[::turn]).dyn_start[0] == 0.05


def test_a_lower_priority_number_settles_which_of_two_volatility_stops_stands() -> None:
    rules = compiled(
        VolatilityScaledStopLoss(2.0, bars=5, priority=1), VolatilityScaledStopLoss(3.0, bars=20)
    )

    assert rules.vol_multiple[0] == 3.0
    assert np.array_equal(rules.atr, average_true_range(bars(), 20), equal_nan=True)  # type: ignore[arg-type]


def test_the_range_is_computed_over_the_bars_of_the_rule() -> None:
    rules = compiled(WILD_STOP)

    assert np.array_equal(rules.atr, average_true_range(bars(), 5), equal_nan=True)  # type: ignore[arg-type]
    assert (rules.vol_current, rules.vol_ratchet) == (True, False)


def test_a_regimes_rules_stand_beside_those_of_every_regime() -> None:
    rules = compiled(StopLoss(0.05), TakeProfit(0.1), by_regime())

    assert rules.regime is not None
    assert rules.stop[rules.regime].tolist() == [0.05] * 20 + [0.02] * 20
    assert rules.max_bars[rules.regime].tolist() == [0] * 20 + [3] * 20
    assert set(rules.target) == {0.1}


def test_a_regime_may_widen_a_stop_by_a_lower_priority_number() -> None:
    wide = by_regime(rules={WILD: (StopLoss(0.2),)}, priority=-1)

    rules = compiled(StopLoss(0.05), wide)

    assert rules.stop.tolist() == [0.05, 0.2]


def test_labels_of_any_numbers_find_their_rules() -> None:
    labels = np.where(LABELS == WILD, -7, 900)

    rules = compiled(by_regime(labels=labels, rules={-7: (StopLoss(0.02),)}))

    assert rules.regime is not None
    assert np.array_equal(np.isnan(rules.stop[rules.regime]), labels == 900)


def test_one_regime_throughout_needs_no_switching() -> None:
    rules = compiled(by_regime(labels=np.full(T, WILD)))

    assert (rules.regime, rules.stop.tolist()) == (None, [0.02])


def test_two_regime_rules_meet_in_every_combination() -> None:
    other = by_regime(labels=np.arange(T) % 2, rules={0: (TakeProfit(0.3),)})

    rules = compiled(by_regime(), other)

    assert rules.regime is not None
    stops, targets = rules.stop[rules.regime], rules.target[rules.regime]
    assert np.array_equal(np.isnan(stops), LABELS == CALM)
    assert np.array_equal(np.isnan(targets), np.arange(T) % 2 == 1)


def test_two_regime_rules_must_switch_alike() -> None:
    assert "switch" in refusal(by_regime(), by_regime(switch="current"))


def test_how_regimes_switch_is_handed_on() -> None:
    rules = compiled(by_regime(switch="current", may_loosen=True))

    assert (rules.regime_current, rules.regime_may_loosen) == (True, True)


def test_ranges_of_regimes_must_agree() -> None:
    calm, wild = VolatilityScaledStopLoss(2.0, bars=5), VolatilityScaledStopLoss(2.0, bars=20)

    assert "scale by different ranges" in refusal(by_regime(rules={CALM: (calm,), WILD: (wild,)}))


def test_multiples_of_regimes_may_differ() -> None:
    calm, wild = VolatilityScaledStopLoss(2.0), VolatilityScaledStopLoss(4.0)

    rules = compiled(by_regime(rules={CALM: (calm,), WILD: (wild,)}))

    assert rules.vol_multiple.tolist() == [2.0, 4.0]


def test_labels_that_do_not_fit_the_bars_are_refused() -> None:
    assert "39 labels for 40 bars" in refusal(by_regime(labels=LABELS[1:]))


def test_a_series_is_aligned_to_the_bars_by_its_times() -> None:
    vix = RegimeSeries(
        times=np.array(["2020-01-05"], dtype="M8[D]"), values=np.array([40.0]), thresholds=(20.0,)
    )

    rules = compiled(RegimeDependentRule(vix, {1: (StopLoss(0.01),)}))

    assert rules.regime is not None
    assert np.isnan(rules.stop[rules.regime]).tolist() == [True] * 4 + [False] * 36


def test_a_window_keeps_ranges_and_regimes_of_its_bars() -> None:
    whole = compiled(WILD_STOP, by_regime())

    part = whole.window(10, 30)

    assert np.array_equal(part.atr, average_true_range(bars(), 5)[10:30])  # type: ignore[arg-type]
    assert part.regime is not None
    assert part.regime.tolist() == LABELS[10:30].tolist()


def test_no_bars_are_no_reason_to_fail() -> None:
    rules = RiskManager([StopLoss(0.1), by_regime(labels=LABELS[:0])]).compiled(bars(0))

    assert (len(rules.stop), rules.regime) == (1, None)


def test_rules_of_ones_own_are_sorted_by_priority() -> None:
    late, early = PythonRule(lambda _: None, priority=2), PythonRule(lambda _: None, priority=-1)

    assert compiled(late, early).python == (early, late)


def test_compiled_rules_hold_nothing_that_a_bar_would_have_to_call() -> None:
    rules = compiled(StopLoss(0.05), TrailingStop(0.1), WILD_STOP, by_regime())

    values = [getattr(rules, field.name) for field in fields(rules)]
    assert not any(callable(value) for value in values)
    assert rules.python == ()
