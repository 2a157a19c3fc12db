"""Whether a rule's parameters make sense: each rule's fields and what they must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from reprlib import repr as shortened
from typing import Any

import numpy as np

from engine.backtest.risk.regimes import UNKNOWN, RegimeSeries
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

Test = Callable[[Any], bool]


def checked(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Give the *rules* back, each of them checked.

    Raises:
        UserError: names the rule, its field, what was found and what it must be.
    """
    return tuple(_check(rule, _FIELDS) for rule in rules)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 < value < 1


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_not_negative(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_integer(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral)


def _is_count(value: Any) -> bool:
    return _is_integer(value) and value >= 1


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_switch(value: Any) -> bool:
    return value in ("entry", "current")


def _is_rules(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(isinstance(rules, tuple | list) for rules in value.values())


def _is_labels(value: Any) -> bool:
    if isinstance(value, RegimeSeries):
        return True
    return isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iu"


_SHARE = (_is_share, "a number between 0 and 1, both excluded")
_POSITIVE = (_is_positive, "a finite number > 0")
_COUNT = (_is_count, "an integer >= 1")
_BOOL = (_is_bool, "True or False")
_SWITCH = (_is_switch, '"entry" or "current"')
_FIELDS: dict[type, dict[str, tuple[Test, str]]] = {
    StopLoss: {"fraction": _SHARE},
    TakeProfit: {"fraction": _POSITIVE},
    TimeBasedExit: {"max_bars": _COUNT},
    TrailingStop: {"fraction": _SHARE},
    VolatilityScaledStopLoss: {
        "multiple": _POSITIVE,
        "bars": _COUNT,
        "scale": _SWITCH,
        "ratchet": _BOOL,
    },
    DynamicTrailingStop: {
        "start": _SHARE,
        "tighten": (_is_not_negative, "a finite number >= 0"),
        "floor": _SHARE,
    },
    RegimeDependentRule: {
        "labels": (_is_labels, "an array of integers, one a bar, or a RegimeSeries"),
        "rules": (_is_rules, "a mapping of regimes to tuples of rules"),
        "switch": _SWITCH,
        "may_loosen": _BOOL,
    },
    PythonRule: {
        "decide": (callable, "a function of the position"),
        "name": (_is_name, "a text"),
    },
}
_OF_A_REGIME = {
    kind: fields
    for kind, fields in _FIELDS.items()
    if kind not in (RegimeDependentRule, PythonRule)
}


def _check(rule: Rule, kinds: dict[type, dict[str, tuple[Test, str]]]) -> Rule:
    name = type(rule).__name__
    fields = kinds.get(type(rule))
    if fields is None:
        allowed = ", ".join(kind.__name__ for kind in kinds)
        problem = f"{name} is no rule here: {shortened(rule)}."
        raise UserError(problem, None, f"Rules here: {allowed}.")
    for field, (test, allowed) in {**fields, "priority": (_is_integer, "an integer")}.items():
        value = getattr(rule, field)
        if not test(value):
            problem = f"{name}: {field} = {shortened(value)}."
            raise UserError(problem, None, f"It must be {allowed}.")
    if isinstance(rule, DynamicTrailingStop) and rule.floor > rule.start:
        problem = f"{name}: floor = {rule.floor!r} is beyond start = {rule.start!r}."
        raise UserError(problem, None, "It tightens from start to floor: make floor <= start.")
    if isinstance(rule, RegimeDependentRule):
        _check_regimes(rule)
    return rule


def _check_regimes(rule: RegimeDependentRule) -> None:
    for number, rules in rule.rules.items():
        _check_number(number, rule)
        for within in rules:
            try:
                _check(within, _OF_A_REGIME)
            except UserError as error:
                place = f"RegimeDependentRule: rules[{number!r}]: {error.problem}"
                raise UserError(place, None, error.remedy) from error


def _check_number(number: object, rule: RegimeDependentRule) -> None:
    problem = f"RegimeDependentRule: rules has the regime {number!r}."
    if not _is_integer(number):
        raise UserError(problem, None, "A regime is an integer.")
    if isinstance(rule.labels, RegimeSeries):
        most = len(rule.labels.thresholds)
        if number not in range(UNKNOWN, most + 1):
            remedy = f"{most} thresholds make the regimes 0 to {most}, and {UNKNOWN}: unknown."
            raise UserError(problem, None, remedy)
