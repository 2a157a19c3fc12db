"""The rules of one run: checked, merged, and compiled into tables for the kernels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.risk.compiled_rules import CompiledRules
from engine.backtest.risk.regimes import RegimeSeries
from engine.backtest.risk.rule_checks import checked
from engine.backtest.risk.rule_tables import (
    Rows,
    column,
    dynamic_trails,
    fractions,
    max_bars,
    regime_rows,
    volatility_stops,
)
from engine.backtest.risk.rules import (
    PythonRule,
    RegimeDependentRule,
    Rule,
    StopLoss,
    TakeProfit,
    TrailingStop,
)
from engine.backtest.risk.true_range import average_true_range
from engine.errors import UserError


class RiskManager:
    """Merges rules: of one kind the lowest priority number stands, then the tightest.

    Rules of different kinds rest their levels beside each other, and the tightest is met first.
    A regime's rules stand beside those that are armed in every regime.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take the rules of a run; ``UserError`` names a rule and field that make no sense."""
        self._rules = checked(rules)

    def compiled(self, bars: Bars) -> CompiledRules:
        """Compile the rules for *bars*; a part of them is cut out by ``CompiledRules.window``.

        Raises:
            UserError: labels that do not fit the bars, or rules that cannot stand together.
        """
        switching = [rule for rule in self._rules if isinstance(rule, RegimeDependentRule)]
        always = [rule for rule in self._rules if not isinstance(rule, RegimeDependentRule)]
        _check_alike(switching)
        of_regimes, regime = regime_rows(switching, [_labels(rule, bars) for rule in switching])
        return replace(
            _tables([[*always, *of_regime] for of_regime in of_regimes], bars),
            regime=regime,
            regime_current=any(rule.switch == "current" for rule in switching),
            regime_may_loosen=any(rule.may_loosen for rule in switching),
            python=_by_priority(always),
        )


def compiled_rows(rows: Rows, bars: Bars) -> CompiledRules:
    """Compile *rows* of rules that stand beside each other, none by regime or in Python.

    Raises:
        UserError: a rule that makes no sense, or rules that cannot stand together.
    """
    return _tables([checked(row) for row in rows], bars)


def _tables(rows: Rows, bars: Bars) -> CompiledRules:
    vol, dynamic = volatility_stops(rows), dynamic_trails(rows)
    ranged = next((stop for stop in vol if stop is not None), None)
    return CompiledRules(
        stop=fractions(rows, StopLoss),
        target=fractions(rows, TakeProfit),
        trail=fractions(rows, TrailingStop),
        vol_multiple=column(vol, "multiple"),
        dyn_start=column(dynamic, "start"),
        dyn_tighten=column(dynamic, "tighten"),
        dyn_floor=column(dynamic, "floor"),
        max_bars=max_bars(rows),
        atr=None if ranged is None else average_true_range(bars, int(ranged.bars)),
        vol_current=ranged is not None and ranged.scale == "current",
        vol_ratchet=ranged is None or ranged.ratchet,
    )


def _by_priority(rules: Iterable[Rule]) -> tuple[PythonRule, ...]:
    own = [rule for rule in rules if isinstance(rule, PythonRule)]
    return tuple(sorted(own, key=lambda rule: rule.priority))


def _labels(rule: RegimeDependentRule, bars: Bars) -> NDArray[np.int64]:
    if isinstance(rule.labels, RegimeSeries):
        return rule.labels.labels(bars.times)
    if len(rule.labels) != bars.length:
        problem = f"RegimeDependentRule: {len(rule.labels)} labels for {bars.length} bars."
        remedy = "Give one label a bar, or a RegimeSeries, which its times align to the bars."
        raise UserError(problem, None, remedy)
    return rule.labels.astype(np.int64)


def _check_alike(rules: list[RegimeDependentRule]) -> None:
    for rule in rules[1:]:
        if (rule.switch, rule.may_loosen) != (rules[0].switch, rules[0].may_loosen):
            problem = "two RegimeDependentRules differ in `switch` or `may_loosen`."
            raise UserError(problem, None, "Give all of them the same.")
