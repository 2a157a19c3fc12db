from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.backtest.risk.python_rules import Exit, Levels, Position, decide, merged
from engine.backtest.risk.rules import PythonRule
from engine.errors import UserError

LONG, SHORT = 1, -1


def held(side: int, **changes: Any) -> Position:
    given: dict[str, Any] = {
        "symbol": "A", "asset": 0, "bar": 9, "time": np.datetime64("2020-01-10"), "side": side,
        "quantity": 3.0, "entry_price": 100.0, "bars_held": 4,
        "stop": 100.0 - 5 * side, "target": 100.0 + 10 * side, "peak": 100.0 + 4 * side,
        "mfe": 0.04, "mae": 0.01, "open": 100.0, "high": 102.0, "low": 99.0, "close": 101.0,
    }  # fmt: skip
    return Position(**{**given, **changes})


def says(decision: Any, priority: int = 0) -> PythonRule:
    return PythonRule(lambda _: decision, priority, "mine")


def test_an_exit_beats_levels_of_any_priority() -> None:
    found = decide([says(Levels(stop=98.0), 0), says(Exit("late"), 9)], held(LONG))

    assert found == Exit("late")


def test_of_two_exits_the_lower_priority_number_is_heard() -> None:
    assert merged([(5, Exit("late")), (1, Exit("early"))], LONG) == Exit("early")


@pytest.mark.parametrize("side,stop,target", [(LONG, 99.0, 104.0), (SHORT, 97.0, 106.0)])
def test_of_one_priority_the_tightest_level_for_the_side_is_taken(
    side: int, stop: float, target: float
) -> None:
    wanted = [(0, Levels(97.0, 106.0)), (0, Levels(99.0, 104.0))]

    assert merged(wanted, side) == Levels(stop, target)
    assert merged(wanted[::-1], side) == Levels(stop, target)


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_lower_priority_number_is_taken_before_the_tightest_level(side: int) -> None:
    loose, tight = Levels(100.0 - 4 * side), Levels(100.0 - side)

    assert merged([(2, tight), (1, loose)], side) == loose


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_stop_and_target_may_be_of_different_rules(side: int) -> None:
    stop, target = Levels(stop=100.0 - side), Levels(target=100.0 + 9 * side)

    assert decide([says(stop), says(target, 3)], held(side)) == Levels(stop.stop, target.target)


def test_nothing_said_changes_nothing() -> None:
    assert decide([says(None), says(Levels())], held(LONG)) is None


@pytest.mark.parametrize("level", [float("nan"), float("inf"), 0.0, -1.0])
def test_a_level_that_is_no_price_is_refused_by_the_rules_name(level: float) -> None:
    with pytest.raises(UserError, match="mine decided stop = "):
        decide([says(Levels(stop=level))], held(LONG))


@pytest.mark.parametrize("said", [True, 95.0, "exit", (95.0, 110.0)])
def test_what_is_no_decision_is_refused_by_the_rules_name(said: Any) -> None:
    with pytest.raises(UserError, match="mine decided "):
        decide([says(said)], held(LONG))
