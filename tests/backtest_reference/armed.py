"""What a position is armed with, read straight from the rule values; and Wilder's range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backtest.bars import Bars
from engine.backtest.risk.regimes import RegimeSeries
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


@dataclass
class Arms:
    """The rules of one regime: None where there is none of its kind."""

    stop: float | None = None
    target: float | None = None
    trail: float | None = None
    max_bars: int | None = None
    volatility: VolatilityScaledStopLoss | None = None
    dynamic: DynamicTrailingStop | None = None


class Armoury:
    """All rules of a run: which arms are in force at each close."""

    def __init__(self, rules: Sequence[Rule], bars: Bars) -> None:
        self.python = sorted(
            (rule for rule in rules if isinstance(rule, PythonRule)), key=lambda rule: rule.priority
        )
        self.regimes = [rule for rule in rules if isinstance(rule, RegimeDependentRule)]
        self.labels = [labels_of(rule, bars) for rule in self.regimes]
        self.always = [
            rule for rule in rules if not isinstance(rule, RegimeDependentRule | PythonRule)
        ]
        of_regimes = [
            rule for regime in self.regimes for some in regime.rules.values() for rule in some
        ]
        self.ranges: list[list[float]] | None = None
        for rule in (*self.always, *of_regimes):
            if isinstance(rule, VolatilityScaledStopLoss):
                self.ranges = wilder_ranges(bars, rule.bars)

    def arms_at(self, t: int) -> Arms:
        """Give the arms of the regime of close *t*."""
        found: list[tuple[int, Rule]] = [(rule.priority, rule) for rule in self.always]
        for regime, label in zip(self.regimes, self.label_at(t), strict=True):
            some = regime.rules.get(label, ())
            found += [(rule.priority + regime.priority, rule) for rule in some]
        arms = Arms()
        arms.stop = least(fraction.fraction for fraction in first(found, StopLoss))
        arms.target = least(fraction.fraction for fraction in first(found, TakeProfit))
        arms.trail = least(fraction.fraction for fraction in first(found, TrailingStop))
        arms.max_bars = least(limit.max_bars for limit in first(found, TimeBasedExit))
        for rule in first(found, VolatilityScaledStopLoss):
            arms.volatility = rule
        for rule in first(found, DynamicTrailingStop):
            arms.dynamic = rule
        return arms

    def label_at(self, t: int) -> tuple[int, ...]:
        """Give the regime of close *t*: one number a regime rule."""
        return tuple(labels[t] for labels in self.labels)

    def range_at(self, t: int, n: int) -> float | None:
        """Give the average true range of asset *n* as known at close *t*."""
        if self.ranges is None or math.isnan(self.ranges[t][n]):
            return None
        return self.ranges[t][n]


def labels_of(rule: RegimeDependentRule, bars: Bars) -> list[int]:
    """Give the number of the regime of each bar."""
    labels = rule.labels
    known = labels.labels(bars.times) if isinstance(labels, RegimeSeries) else labels
    return [int(label) for label in known]


def first(found: list[tuple[int, Rule]], kind: type) -> list[Any]:
    """Give the rules of *kind* that have the lowest priority number."""
    of_kind = [(priority, rule) for priority, rule in found if isinstance(rule, kind)]
    return [rule for priority, rule in of_kind if priority == min(one for one, _ in of_kind)]


def least(values: Iterable[Any]) -> Any:
    """Give the smallest value: None where there is none."""
    return min(values, default=None)


def wilder_ranges(bars: Bars, length: int) -> list[list[float]]:
    """Give ``[T][N]`` average true ranges; NaN until *length* ranges are known."""
    known = [[math.nan] * bars.width for _ in range(bars.length)]
    for n in range(bars.width):
        before: float | None = None
        average = math.nan
        total, count = 0.0, 0
        for t in range(bars.length):
            high, low, close = (float(a[t, n]) for a in (bars.high, bars.low, bars.close))
            if not np.isnan(close):
                if before is not None:
                    reach = max(high - low, abs(high - before), abs(low - before))
                    count += 1
                    if count < length:
                        total += reach
                    elif count == length:
                        average = (total + reach) / length
                    else:
                        average = (average * (length - 1) + reach) / length
                before = close
            known[t][n] = average
    return known
