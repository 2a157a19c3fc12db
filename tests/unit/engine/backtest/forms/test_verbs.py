"""A strategy's own verbs are those of its context, while it is asked and at no other time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.column_bytes import bytes_of
from engine.backtest.forms.batch_context import BatchContext
from engine.backtest.forms.event_context import EventContext
from engine.backtest.forms.parameters import REQUIRED, parameters_of
from engine.backtest.forms.running import run
from engine.backtest.forms.strategies import BatchStrategy, Market, Strategy
from engine.backtest.results import Backtest
from engine.backtest.risk.rules import PythonRule, Rule
from engine.errors import UserError

UNITS = AccountTerms(sizing=Sizing.UNITS, size=3)


def bars(length: int = 60, width: int = 3) -> Bars:
    close = 100 + np.random.default_rng(3).random((length, width))
    return Bars(
        times=np.arange(length).astype("datetime64[D]"),
        symbols=tuple("ABC"[:width]),
        open=close,
        high=close + 0.1,
        low=close - 0.1,
        close=close,
    )


def ran(strategy: Strategy | BatchStrategy) -> Backtest:
    return run(strategy, bars(), account=UNITS)


def wander(orders: Any, close: Callable[[], None], turn: int) -> None:
    """Give an order of another kind at every turn, with a size and without."""
    moves: tuple[Callable[[], None], ...] = (
        orders.buy,
        lambda: orders.buy(2),
        lambda: orders.sell(1),
        lambda: orders.sell(size=1),
        close,
        lambda: orders.target(-4),
        lambda: orders.target(0),
    )
    moves[turn % len(moves)]()


def test_each_verb_of_an_event_is_that_of_the_context() -> None:
    class Own(Strategy):
        def on_bar(self, ctx: EventContext) -> None:
            wander(self, self.close, ctx.t + 3 * ctx.asset)

    class Contexts(Strategy):
        def on_bar(self, ctx: EventContext) -> None:
            wander(ctx, ctx.close_position, ctx.t + 3 * ctx.asset)

    assert len(ran(Own()).trades) > 30
    assert bytes_of(ran(Own())) == bytes_of(ran(Contexts()))


def test_each_verb_of_a_timestamp_is_that_of_the_context() -> None:
    def orders(given: Any, close: Callable[[Any], None], ctx: BatchContext) -> None:
        moves: tuple[Callable[[], None], ...] = (
            lambda: given.buy([0, 1], 2),
            lambda: given.sell([True, False, True]),
            lambda: close([0]),
            lambda: given.target([1, np.nan, -2]),
            lambda: close(None),
        )
        moves[ctx.t % len(moves)]()

    class Own(BatchStrategy):
        def on_bars(self, ctx: BatchContext) -> None:
            orders(self, self.close, ctx)

    class Contexts(BatchStrategy):
        def on_bars(self, ctx: BatchContext) -> None:
            orders(ctx, ctx.close_positions, ctx)

    assert len(ran(Own()).trades) > 30
    assert bytes_of(ran(Own())) == bytes_of(ran(Contexts()))


class Idle(Strategy):
    def on_bar(self, ctx: EventContext) -> None:
        pass


class IdleRows(BatchStrategy):
    def on_bars(self, ctx: BatchContext) -> None:
        pass


VERBS = {"buy": (), "sell": (), "target": (1,), "close": ()}
FORMS = ((Idle, "on_bar", "close_position"), (IdleRows, "on_bars", "close_positions"))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("form,hook,close", FORMS)
@pytest.mark.parametrize("has_run", [False, True])
def test_outside_of_a_run_a_verb_says_where_it_belongs(
    verb: str, form: type[Any], hook: str, close: str, has_run: bool
) -> None:
    strategy = form()
    if has_run:
        ran(strategy)
    with pytest.raises(UserError) as caught:
        getattr(strategy, verb)(*VERBS[verb])
    name = form.__name__
    assert (
        caught.value.problem
        == f"{name}.{verb} was called while no run asks {name}.{hook} for orders."
    )
    assert close in (caught.value.remedy or "")


def test_before_the_first_bar_nothing_can_be_ordered() -> None:
    class Early(Idle):
        def on_start(self, market: Market) -> None:
            self.buy()

    with pytest.raises(UserError, match="no run asks Early"):
        ran(Early())


def test_a_rule_in_python_cannot_order_for_the_asset_that_was_last_asked_about() -> None:
    class Meddling(Strategy):
        def on_bar(self, ctx: EventContext) -> None:
            self.buy()

        def rules(self) -> tuple[Rule, ...]:
            return (PythonRule(lambda _: self.close()),)

    with pytest.raises(UserError, match="no run asks Meddling"):
        ran(Meddling())


def test_a_strategys_own_attribute_of_such_a_name_stays_its_own() -> None:
    class Named(Strategy):
        target: float = 0.5

        def on_bar(self, ctx: EventContext) -> None:
            self.close = ctx.close  # type: ignore[assignment, method-assign]
            if self.target == 0.25:
                self.buy()

    assert parameters_of(Named) == {"target": 0.5}
    assert len(ran(Named(target=0.25)).fills.bar) == 3


def test_a_method_of_ours_is_no_default_of_a_parameter() -> None:
    class Named(Idle):
        target: float

    assert parameters_of(Named) == {"target": REQUIRED}
    with pytest.raises(UserError, match="was given no target"):
        Named()
