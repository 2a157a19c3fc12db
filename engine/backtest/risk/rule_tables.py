"""The rules of each regime, merged into one row of parameters."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.backtest.risk.rules import (
    DynamicTrailingStop,
    RegimeDependentRule,
    Rule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
    VolatilityScaledStopLoss,
)
from engine.errors import UserError

R = TypeVar("R", bound=Rule)
Fraction = StopLoss | TakeProfit | TrailingStop
Rows = Sequence[Sequence[Rule]]


def regime_rows(
    rules: Sequence[RegimeDependentRule], labels: Sequence[NDArray[np.int64]]
) -> tuple[list[list[Rule]], NDArray[np.int64] | None]:
    """Give the sub-rules of each combination of regimes, and each bar's row of them.

    None for the bars where there is one row alone.
    """
    if not rules or not len(labels[0]):
        return [[]], None
    found, rows = np.unique(np.column_stack(labels), axis=0, return_inverse=True)
    sub_rules = [
        [part for rule, number in zip(rules, numbers, strict=True) for part in _of(rule, number)]
        for numbers in found.tolist()
    ]
    return sub_rules, None if len(found) == 1 else rows.reshape(-1).astype(np.int64)


def _of(rule: RegimeDependentRule, number: int) -> Iterable[Rule]:
    """Give a regime's rules; their priorities count from that of the regime rule."""
    return (
        replace(part, priority=part.priority + rule.priority) for part in rule.rules.get(number, ())
    )


def fractions(rows: Rows, kind: type[Fraction]) -> NDArray[np.float64]:
    """Give the tightest fraction of *kind* of each row, of the first priority; NaN: absent."""
    firsts = [_first(row, kind) for row in rows]
    return np.array([min((rule.fraction for rule in first), default=np.nan) for first in firsts])


def max_bars(rows: Rows) -> NDArray[np.int64]:
    """Give the shortest time exit of each row, of the first priority; 0: absent."""
    firsts = [_first(row, TimeBasedExit) for row in rows]
    shortest = [min((int(rule.max_bars) for rule in first), default=0) for first in firsts]
    return np.array(shortest, dtype=np.int64)


def volatility_stops(rows: Rows) -> list[VolatilityScaledStopLoss | None]:
    """Give the tightest volatility stop of each row, of the first priority.

    Raises:
        UserError: two, of one row and priority or of two rows, differ in more than the multiple.
    """
    stops = [_tightest(row, VolatilityScaledStopLoss, _scales_closer) for row in rows]
    armed = [stop for stop in stops if stop is not None]
    for stop in armed[1:]:
        if _range_of(stop) != _range_of(armed[0]):
            problem = f"{armed[0]} and {stop} scale by different ranges."
            remedy = "Use one `bars`, `scale` and `ratchet` in all regimes; `multiple` may differ."
            raise UserError(problem, None, remedy)
    return stops


def dynamic_trails(rows: Rows) -> list[DynamicTrailingStop | None]:
    """Give the tightest dynamic trailing stop of each row, of the first priority.

    Raises:
        UserError: of two of one row and priority, neither is the tighter one whenever one looks.
    """
    return [_tightest(row, DynamicTrailingStop, _trails_closer) for row in rows]


def column(stops: Sequence[object | None], field: str) -> NDArray[np.float64]:
    """Give one *field* of each row's rule; NaN: absent."""
    return np.array([np.nan if stop is None else float(getattr(stop, field)) for stop in stops])


def _range_of(stop: VolatilityScaledStopLoss) -> tuple[int, str, bool]:
    return stop.bars, stop.scale, stop.ratchet


def _first(row: Iterable[Rule], kind: type[R]) -> list[R]:
    """Give the rules of *kind* that have the lowest priority number."""
    found = [rule for rule in row if isinstance(rule, kind)]
    least = min((rule.priority for rule in found), default=0)
    return [rule for rule in found if rule.priority == least]


def _tightest(row: Iterable[Rule], kind: type[R], is_as_tight: Callable[[R, R], bool]) -> R | None:
    found = _first(row, kind)
    for one in found:
        if all(is_as_tight(one, other) for other in found):
            return one
    if not found:
        return None
    pairs = itertools.combinations(found, 2)
    one, other = next((a, b) for a, b in pairs if not is_as_tight(a, b) and not is_as_tight(b, a))
    problem = f"{one} and {other}: neither is always the tighter one."
    remedy = "Keep one, or give one a lower `priority`: it then stands alone."
    raise UserError(problem, None, remedy)


def _scales_closer(one: VolatilityScaledStopLoss, other: VolatilityScaledStopLoss) -> bool:
    return _range_of(one) == _range_of(other) and one.multiple <= other.multiple


def _trails_closer(one: DynamicTrailingStop, other: DynamicTrailingStop) -> bool:
    """Whether *one* is never the looser one: it starts, tightens and ends at least as close."""
    ends = one.start <= other.start and one.floor <= other.floor
    return ends and one.tighten >= other.tighten
