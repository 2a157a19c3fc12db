"""What lanes refuse, before a kernel is compiled or reads beyond the end of an array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.backtest.bars import Bars
from engine.backtest.lanes import Lanes
from engine.backtest.risk.python_rules import Exit
from engine.backtest.risk.rules import PythonRule, RegimeDependentRule, StopLoss
from engine.errors import UserError

LENGTH, WIDTH = 5, 3
OWN = PythonRule(lambda _: Exit("now"))
BY_REGIME = RegimeDependentRule(np.zeros(LENGTH, np.int64), {0: (StopLoss(0.1),)})


def flat_bars(length: int, width: int) -> Bars:
    price = np.full((length, width), 10.0)
    return Bars(
        times=np.arange(length).astype("datetime64[D]"),
        symbols=tuple(f"S{n}" for n in range(width)),
        open=price,
        high=price,
        low=price,
        close=price,
    )


def lanes(bars: Bars | None = None, width: int = WIDTH, **options: Any) -> Lanes:
    return Lanes(flat_bars(LENGTH, 1) if bars is None else bars, width, **options)


def codes(length: int = LENGTH, width: int = WIDTH, kind: Any = np.uint8) -> Any:
    return np.zeros((length, width), kind)


def one_row_short() -> Lanes:
    return lanes(replace(flat_bars(LENGTH, 1), low=np.full((LENGTH - 1, 1), 10.0)))


def without_columns() -> Lanes:
    return lanes(replace(flat_bars(LENGTH, 1), close=np.full(LENGTH, 10.0)))


@pytest.mark.parametrize(
    "make, told",
    [
        (lambda: lanes(flat_bars(LENGTH, 2)), "one asset, found 2"),
        (lambda: lanes(flat_bars(0, 1)), "there are no bars"),
        (one_row_short, r"low is \(4, 1\) for 5 bars"),
        (without_columns, r"close is \(5,\) for 5 bars"),
        (lambda: lanes(width=0), "the width is 0"),
        (lambda: lanes(profile="theirs"), "theirs"),
        (lambda: lanes(rules=[StopLoss(0.1), OWN]), "a PythonRule here"),
        (lambda: lanes(own_rules=[[], [OWN], []]), "a PythonRule here"),
        (lambda: lanes(own_rules=[[], [BY_REGIME], []]), "a RegimeDependentRule here"),
        (lambda: lanes(own_rules=[[]]), "own_rules are 1 for 3 lanes"),
        (lambda: lanes(rules=[StopLoss(0.1)], own_rules=[[]] * WIDTH), "give those of all lanes"),
    ],
)
def test_lanes_that_cannot_be_are_refused(make: Callable[[], Lanes], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.parametrize(
    "given, told",
    [
        ([codes(length=LENGTH - 1)], r"codes are \(4, 3\), not \(5, C\) with C from 1 to 3"),
        ([codes(length=LENGTH + 1)], r"codes are \(6, 3\)"),
        ([codes(width=WIDTH + 1)], r"codes are \(5, 4\)"),
        ([codes(width=0)], r"codes are \(5, 0\)"),
        ([codes()[:, 0]], r"codes are \(5,\)"),
        ([codes(kind=np.int64)], "codes are an array of int64, not of uint8"),
        ([codes(kind=bool)], "codes are an array of bool, not of uint8"),
        ([codes().tolist()], "codes are a list, not an array of uint8"),
        ([codes(), codes(width=2, kind=np.float64)], r"sizes are \(5, 2\), not \(5, 3\)"),
        ([codes(), codes(kind=np.float64)[:, 0]], r"sizes are \(5,\)"),
        ([codes(), codes(kind=np.float32)], "sizes are an array of float32, not of float64"),
        ([codes(), 1.0], "sizes are a float, not an array of float64"),
    ],
)
def test_codes_and_sizes_that_do_not_fit_are_refused(given: list[Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        lanes().run(*given)


@pytest.mark.parametrize("rules", [{"rules": [StopLoss(5)]}, {"own_rules": [[StopLoss(5)]] * 3}])
def test_a_rule_that_makes_no_sense_is_told_by_its_name(rules: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="fraction = 5"):
        lanes(**rules)
