"""What rules are compiled into does not depend on how they are written down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.bars import Bars
from engine.backtest.risk.compiled_rules import CompiledRules
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.risk.rules import (
    RegimeDependentRule,
    Rule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
)
from engine.backtest.risk.true_range import average_true_range

FRACTIONS = st.sampled_from([0.01, 0.02, 0.05, 0.1])
PRIORITIES = st.integers(-1, 1)
RULES = st.one_of(
    st.builds(StopLoss, FRACTIONS, PRIORITIES),
    st.builds(TakeProfit, FRACTIONS, PRIORITIES),
    st.builds(TrailingStop, FRACTIONS, PRIORITIES),
    st.builds(TimeBasedExit, st.integers(1, 5), PRIORITIES),
)
LISTS = st.lists(RULES, max_size=6)
TABLES = ("stop", "target", "trail", "max_bars", "vol_multiple", "dyn_start")


def walk(draw: np.random.Generator, length: int, width: int) -> Bars:
    close = 100 + draw.integers(-4, 5, (length, width)).cumsum(axis=0) / 4
    close[draw.random(close.shape) < 0.2] = np.nan
    up, down = draw.integers(0, 5, (2, length, width)) / 4
    times = np.datetime64("2020-01-01") + np.arange(length)
    symbols = tuple(f"S{n}" for n in range(width))
    prices = {"open": close, "high": close + up, "low": close - down, "close": close}
    return Bars(times=times, symbols=symbols, **prices)


FIVE_BARS = walk(np.random.default_rng(1), 5, 1)


def compiled(rules: list[Rule]) -> CompiledRules:
    return RiskManager(rules).compiled(FIVE_BARS)


def by_bar(rules: CompiledRules) -> dict[str, list[float]]:
    """Give each parameter as it holds at each bar, whatever rows the tables have."""
    rows = np.zeros(5, dtype=np.int64) if rules.regime is None else rules.regime
    tables = {name: getattr(rules, name)[rows] for name in TABLES}
    return {name: np.where(np.isnan(table), -1, table).tolist() for name, table in tables.items()}


@given(LISTS, st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(rules: list[Rule], shuffler: object) -> None:
    shuffled = [*rules]
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]

    assert by_bar(compiled(shuffled)) == by_bar(compiled(rules))


@given(LISTS, LISTS, LISTS, st.lists(st.integers(0, 2), min_size=5, max_size=5), PRIORITIES)
def test_each_bar_has_what_its_regimes_rules_make_alone(
    always: list[Rule], calm: list[Rule], wild: list[Rule], labels: list[int], priority: int
) -> None:
    of = {0: tuple(calm), 1: tuple(wild)}  # 2 has none
    regimes = RegimeDependentRule(np.array(labels), of, priority=priority)

    found = by_bar(compiled([*always, regimes]))

    for bar, label in enumerate(labels):
        own = [replace(rule, priority=rule.priority + priority) for rule in of.get(label, ())]  # type: ignore[call-arg]
        alone = by_bar(compiled([*always, *own]))
        assert {name: table[bar] for name, table in found.items()} == {
            name: table[bar] for name, table in alone.items()
        }


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 30), st.sampled_from([1, 2, 15, 16]),
    st.integers(1, 6), st.integers(0, 30),
)  # fmt: skip
def test_the_range_of_each_asset_is_its_own_and_of_the_past_alone(
    seed: int, length: int, width: int, over: int, cut: int
) -> None:
    bars = walk(np.random.default_rng(seed), length, width)

    whole = average_true_range(bars, over)

    part = average_true_range(bars.window(0, min(cut, length)), over)
    assert np.array_equal(whole[:cut], part, equal_nan=True)
    for n in range(width):
        columns = {name: getattr(bars, name)[:, [n]] for name in ("open", "high", "low", "close")}
        alone = Bars(times=bars.times, symbols=("A",), **columns)
        assert np.array_equal(average_true_range(alone, over)[:, 0], whole[:, n], equal_nan=True)
