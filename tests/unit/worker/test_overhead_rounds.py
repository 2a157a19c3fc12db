"""The runs of an overhead: each has one part more than the one before, and all take turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.backtest.account_terms import AccountTerms
from engine.backtest.bars import Bars
from engine.backtest.column_bytes import bytes_of
from engine.backtest.forms.event_context import EventContext
from engine.backtest.forms.strategies import SignalStrategy, Strategy
from engine.backtest.results import Backtest, Reason
from engine.backtest.risk.rules import PythonRule, Rule, StopLoss, TimeBasedExit
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals
from worker.overhead_rounds import ENGINE, HOOKS, PYTHON, RULES, timed, variants

SETUP = Setup(terms=AccountTerms(size=0.2))
asked: list[int] = []


def bars(length: int = 200) -> Bars:
    steps = 0.02 * np.random.default_rng(2).standard_normal((length, 2))
    close = 100 * np.exp(np.cumsum(steps, axis=0))
    return Bars(
        times=np.arange(length).astype("datetime64[D]"),
        symbols=("A", "B"),
        open=close,
        high=close * 1.004,
        low=close * 0.996,
        close=close,
    )


class Rising(Strategy):
    def on_bar(self, ctx: EventContext) -> None:
        asked.append(ctx.t)
        if ctx.t % 10 == ctx.asset:
            ctx.buy()


class RisingArrays(SignalStrategy):
    def signals(self, bars: Bars) -> Signals:
        return Signals.of(bars.close > bars.open)


class Armed(Rising):
    def rules(self) -> tuple[Rule, ...]:
        return (StopLoss(0.01),)


class Watched(Armed):
    def rules(self) -> tuple[Rule, ...]:
        return (*super().rules(), PythonRule(lambda position: None))


def runs(kind: Any, rules: tuple[Rule, ...] = ()) -> dict[str, Any]:
    return dict(variants(kind, bars(), SETUP, rules))


def reasons(run: object) -> set[int]:
    assert isinstance(run, Backtest)
    return set(run.trades.reason.tolist())


@pytest.mark.parametrize(
    "kind,rules,expected",
    [
        (Rising, (), [ENGINE, HOOKS]),
        (RisingArrays, (), [ENGINE, HOOKS]),
        (Armed, (), [ENGINE, HOOKS, RULES]),
        (Rising, (TimeBasedExit(4),), [ENGINE, HOOKS, RULES]),
        (Watched, (), [ENGINE, HOOKS, RULES, PYTHON]),
    ],
)
def test_only_parts_that_are_there_are_run(
    kind: Any, rules: tuple[Rule, ...], expected: list[str]
) -> None:
    assert list(runs(kind, rules)) == expected


def test_the_engine_carries_out_what_the_strategy_ordered_without_asking_it() -> None:
    found = runs(Rising)
    asked.clear()
    engine = found[ENGINE]()
    assert not asked
    assert bytes_of(engine) == bytes_of(found[HOOKS]())
    assert len(asked) == 400


def test_rules_are_armed_where_they_are_the_part_and_nowhere_before() -> None:
    found = runs(Watched, (TimeBasedExit(4),))
    stops = {Reason.STOP_LOSS, Reason.TIME}
    assert not stops & reasons(found[ENGINE]())
    assert not stops & reasons(found[HOOKS]())
    assert stops <= reasons(found[RULES]())
    assert stops <= reasons(found[PYTHON]())


def test_a_rule_in_python_is_asked_in_the_last_run_alone() -> None:
    calls: list[int] = []

    class Counted(Rising):
        def rules(self) -> tuple[Rule, ...]:
            return (StopLoss(0.5), PythonRule(lambda position: calls.append(position.bar)))

    found = runs(Counted)
    for name in (ENGINE, HOOKS, RULES):
        found[name]()
    assert not calls
    found[PYTHON]()
    assert calls


def test_all_trade_in_the_window_alone() -> None:
    found = variants(Watched, bars(), SETUP, (), 150)
    for name, one in found.items():
        backtest = one()
        assert isinstance(backtest, Backtest)
        assert len(backtest.equity) == 50, name
        assert len(backtest.fills.bar) > 0, name
    assert bytes_of(found[ENGINE]()) == bytes_of(found[HOOKS]())  # type: ignore[arg-type]


def test_making_the_rules_is_a_part_of_the_first_run_that_has_them() -> None:
    made: list[int] = []

    class Making(Watched):
        def rules_for(self, bars: Bars) -> tuple[Rule, ...]:
            made.append(bars.length)
            return super().rules_for(bars)

    found = runs(Making)
    for name, expected in {ENGINE: 0, HOOKS: 0, RULES: 1, PYTHON: 1}.items():
        made.clear()
        found[name]()
        assert len(made) == expected, name


def test_each_run_has_a_strategy_of_its_own() -> None:
    made: list[Rising] = []

    class Kept(Armed):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)
            self.seen = 0

        def on_bar(self, ctx: EventContext) -> None:
            self.seen += 1
            assert self.seen <= 400
            super().on_bar(ctx)

    found = runs(Kept)
    made.clear()
    for run in (found[HOOKS], found[RULES], found[HOOKS]):
        run()
    assert len({id(one) for one in made}) == 3


def test_all_are_run_once_untimed_and_then_in_turns_of_either_order() -> None:
    order: list[str] = []
    clock = iter(range(0, 1000, 10))
    found = timed(
        {name: lambda name=name: order.append(name) for name in "abc"},  # type: ignore[misc]
        3,
        lambda: next(clock),
    )
    assert "".join(order) == "abc" + "abc" + "cba" + "abc"
    assert found == dict.fromkeys("abc", (10, 10, 10))


def test_the_time_of_a_run_is_its_own() -> None:
    now = [0]

    def lasting(nanoseconds: int) -> Any:
        def run() -> None:
            now[0] += nanoseconds

        return run

    found = timed({"short": lasting(3), "long": lasting(7)}, 2, lambda: now[0])
    assert found == {"short": (3, 3), "long": (7, 7)}
