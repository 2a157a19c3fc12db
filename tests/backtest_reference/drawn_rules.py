"""Risk rules of every kind, by hypothesis, and rules in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from engine.backtest.risk.python_rules import Decision, Exit, Levels, Position
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
from tests.backtest_reference.panels import LONGEST

FRACTIONS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 0.01, 0.03)
# On a ladder of prices these put levels on prices: low == stop.
LADDER_FRACTIONS = (1 / 2, 1 / 2, 1 / 4)
PLAINEST = ["stop", "target", "trail", "time"]


def plain_rules(fractions: tuple[float, ...]) -> st.SearchStrategy[list[Rule]]:
    """Any rules but those of a regime."""
    fraction, priority = st.sampled_from(fractions), st.sampled_from([0, 0, 0, 1])
    kinds = {
        "stop": st.builds(StopLoss, fraction, priority),
        "second stop": st.builds(StopLoss, fraction, priority),
        "target": st.builds(TakeProfit, fraction | st.just(max(fractions)), priority),
        "time": st.builds(TimeBasedExit, st.integers(1, 8), priority),
        "trail": st.builds(TrailingStop, fraction, priority),
        "volatility": volatility_stops(),
        "dynamic": st.builds(
            DynamicTrailingStop,
            st.sampled_from([1 / 8, 1 / 16]),
            st.sampled_from([0.0, 1 / 128, 0.003]),
            st.sampled_from([1 / 64, 1 / 32]),
        ),
    }
    names = PLAINEST if fractions is LADDER_FRACTIONS else sorted(kinds)
    several = st.lists(st.sampled_from(names), unique=True, min_size=1, max_size=5)
    nothing: st.SearchStrategy[list[str]] = st.just([])
    chosen = nothing | several | several
    return chosen.flatmap(lambda names: st.tuples(*(kinds[name] for name in names))).map(list)


def volatility_stops(**fixed: object) -> st.SearchStrategy[Rule]:
    """Stops that scale with the range."""
    some = {"scale": st.sampled_from(["entry", "current"]), "ratchet": st.booleans()}
    return st.builds(
        VolatilityScaledStopLoss,
        multiple=st.sampled_from([0.5, 1.0, 1.5]),
        bars=st.sampled_from([1, 2, 4]),
        **{**some, **{name: st.just(value) for name, value in fixed.items()}},
    )


@st.composite
def regime_rules(draw: st.DrawFn, length: int) -> Rule:
    """Two or three regimes, each with rules of its own, none in one of them."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = generator.integers(0, 3, LONGEST)[:length].astype(np.int64)
    of_kind = (StopLoss, TakeProfit, TrailingStop)
    one = st.one_of(*(st.builds(kind, st.sampled_from(FRACTIONS)) for kind in of_kind))
    timed = st.builds(TimeBasedExit, st.integers(1, 6))
    some = st.lists(st.one_of(one, one, timed), max_size=3)
    calm, wild = list(draw(some)), list(draw(some))
    if draw(st.booleans()):
        stop = draw(volatility_stops())
        calm.append(stop)
        if draw(st.booleans()):
            assert isinstance(stop, VolatilityScaledStopLoss)
            wild.append(replace(stop, multiple=2.0))
    return RegimeDependentRule(
        labels=labels,
        rules={0: tuple(calm), 2: tuple(wild)},
        switch=draw(st.sampled_from(["entry", "current"])),
        may_loosen=draw(st.booleans()),
    )


@st.composite
def armed(draw: st.DrawFn, length: int, fractions: tuple[float, ...]) -> tuple[Rule, ...]:
    """Any rules that can stand together."""
    rules = draw(plain_rules(fractions))
    if draw(st.integers(0, 3)) == 0:
        rules = [rule for rule in rules if not isinstance(rule, VolatilityScaledStopLoss)]
        rules.append(draw(regime_rules(length)))
    return tuple(rules)


def leaving_after(bars: int) -> Callable[[Position], Decision | None]:
    """Leave a losing position after some bars."""

    def decide(position: Position) -> Decision | None:
        losing = (position.close - position.entry_price) * position.side < 0
        return Exit("losing") if losing and position.bars_held >= bars else None

    return decide


def following(fraction: float) -> Callable[[Position], Decision | None]:
    """Rest stop and target at one distance from each close."""

    def decide(position: Position) -> Decision | None:
        away = position.side * fraction * position.close
        return Levels(position.close - away, position.close + away)

    return decide


def own_rules() -> st.SearchStrategy[Rule]:
    """Rules in Python."""
    leave = st.builds(leaving_after, st.integers(0, 5))
    follow = st.builds(following, st.sampled_from(FRACTIONS))
    return st.builds(PythonRule, leave | follow, st.sampled_from([0, 0, 1]))
