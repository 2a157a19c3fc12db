"""A strategy of any form is run by the same kernel, over all bars or over a window of them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.column_bytes import bytes_of, signature_of
from engine.backtest.costs import Costs
from engine.backtest.forms.attribution import Attribution
from engine.backtest.forms.batch_context import BatchContext
from engine.backtest.forms.evaluation import evaluate, followed
from engine.backtest.forms.event_context import EventContext
from engine.backtest.forms.running import run as run_by_hand
from engine.backtest.forms.strategies import (
    BatchStrategy,
    Market,
    SignalStrategy,
    Strategy,
    own_rules,
)
from engine.backtest.results import Reason
from engine.backtest.risk.python_rules import Exit, Position
from engine.backtest.risk.rules import PythonRule, Rule, StopLoss, TimeBasedExit
from engine.backtest.run import run
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals
from engine.errors import UserError

SETUP = Setup(terms=AccountTerms(size=0.2), costs=Costs(fee=0.001, slippage=0.0005))


def bars(length: int = 80, width: int = 4, *, holes: bool = True) -> Bars:
    random = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(0.02 * random.standard_normal((length, width)), axis=0))
    opened = close * np.exp(0.005 * random.standard_normal((length, width)))
    made = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.004,
        "low": np.minimum(opened, close) * 0.996,
        "close": close,
    }
    if holes:
        missing = random.random((length, width)) < 0.1
        for matrix in made.values():
            matrix[missing] = np.nan
    return Bars(
        times=np.arange(length).astype("datetime64[D]"),
        symbols=tuple("ABCDEFGH"[:width]),
        **made,
    )


class Rising(SignalStrategy):
    """Long after a rise, flat after a fall of more than a share."""

    def signals(self, bars: Bars) -> Signals:
        return Signals.of(bars.close > bars.open, bars.close < bars.open * 0.998)


class RisingRows(BatchStrategy):
    def on_bars(self, ctx: BatchContext) -> None:
        ctx.close_positions(ctx.close < ctx.open * 0.998)
        ctx.buy(ctx.close > ctx.open)


class RisingEvents(Strategy):
    def on_bar(self, ctx: EventContext) -> None:
        if ctx.close > ctx.open:
            ctx.buy()
        elif ctx.close < ctx.open * 0.998:
            ctx.close_position()


FORMS = (Rising, RisingRows, RisingEvents)
ARMED: tuple[tuple[Rule, ...], ...] = ((), (StopLoss(0.02), TimeBasedExit(4)))


@pytest.mark.parametrize("rules", ARMED)
@pytest.mark.parametrize("window", [None, (0, 80), (20, 60)])
def test_all_forms_of_one_strategy_give_the_same_run(
    rules: tuple[Rule, ...], window: tuple[int, int] | None
) -> None:
    runs = [evaluate(form(), bars(), SETUP, window, rules=rules) for form in FORMS]
    assert len(runs[0].trades) > 10
    assert len({bytes_of(one) for one in runs}) == 1


class Wandering(Strategy):
    """Looks at all that there is, and gives orders of every kind."""

    def on_start(self, market: Market) -> None:
        self.random = np.random.default_rng(1)

    def on_bar(self, ctx: EventContext) -> None:
        size = 1 + 5 * self.random.random()
        act: Any = self.random.choice([ctx.buy, ctx.sell, ctx.target, ctx.close_position, None])
        if act == ctx.close_position:
            act()
        elif act is not None and self.random.random() < 0.5:
            act(size if self.random.random() < 0.5 or act == ctx.target else None)


def test_what_a_strategy_ordered_gives_the_same_run_as_signals() -> None:
    setup = Setup(terms=AccountTerms(sizing=Sizing.UNITS, size=3))
    ordered, _ = followed(Wandering(), bars(), setup)
    assert set(ordered.codes.ravel().tolist()) == {0, 1, 4, 10, 16}
    once = evaluate(Wandering(), bars(), setup)
    assert len(once.trades) > 20
    assert bytes_of(run(bars(), ordered, setup)) == bytes_of(once)


def test_an_added_size_is_on_top_of_what_is_held() -> None:
    class Adding(Strategy):
        def on_bar(self, ctx: EventContext) -> None:
            if ctx.t in {1, 3}:
                ctx.buy(2)
            if ctx.t == 5:
                ctx.sell(4)
            if ctx.t == 7:
                ctx.sell(1)

    setup = Setup(terms=AccountTerms(sizing=Sizing.UNITS))
    found = evaluate(Adding(), bars(12, 1, holes=False), setup)
    assert found.fills.bar.tolist() == [2, 4, 6, 6, 8]
    assert found.fills.quantity.tolist() == [2, 2, -4, -4, -1]


def test_a_window_begins_with_a_fresh_account_and_no_orders() -> None:
    class Once(Strategy):
        def on_bar(self, ctx: EventContext) -> None:
            if ctx.t in {5, 25}:
                ctx.buy()

    found = evaluate(Once(), bars(holes=False), SETUP, (20, 60))
    assert found.equity[:6].tolist() == [100_000.0] * 6
    assert set(found.fills.bar.tolist()) == {6}
    assert found.bars.times.tolist() == bars().times[20:60].tolist()


def test_before_its_window_a_strategy_sees_bars_and_an_account_that_is_all_cash() -> None:
    seen: list[tuple[int, float, float, float]] = []

    class Looking(Strategy):
        def on_bar(self, ctx: EventContext) -> None:
            seen.append((ctx.t, ctx.position, ctx.equity, ctx.cash))
            ctx.buy()

    evaluate(Looking(), bars(40, 1, holes=False), SETUP, (20, 30))
    assert [t for t, *_ in seen] == list(range(30))
    assert {tuple(rest) for t, *rest in seen if t < 21} == {(0.0, 100_000.0, 100_000.0)}
    assert all(position > 0 for t, position, *_ in seen if t > 20)


def test_signals_are_computed_on_the_bars_up_to_the_windows_end_alone() -> None:
    class Looking(SignalStrategy):
        def signals(self, bars: Bars) -> Signals:
            base: Any = bars.close
            while base is not None:
                assert base.shape == (60, 4)
                base = base.base
            return Signals.of(bars.close > np.nanmean(bars.close))

    found = evaluate(Looking(), bars(), SETUP, (20, 60))
    assert len(found.equity) == 40


@pytest.mark.parametrize("form", FORMS)
def test_bars_behind_the_window_change_nothing(form: Any) -> None:
    changed = bars()
    for matrix in (changed.open, changed.high, changed.low, changed.close):
        matrix[60:] *= 3
    first, second = (evaluate(form(), one, SETUP, (20, 60)) for one in (bars(), changed))
    assert signature_of([first]) == signature_of([second])


@pytest.mark.parametrize("form", FORMS)
def test_what_is_ordered_does_not_depend_on_later_bars(form: Any) -> None:
    changed = bars()
    for matrix in (changed.open, changed.high, changed.low, changed.close):
        matrix[41:] *= 3
    first, second = (followed(form(), one, SETUP)[0] for one in (bars(), changed))
    assert first.codes[:41].tolist() == second.codes[:41].tolist()


def test_the_strategys_own_rules_stand_beside_those_of_the_run() -> None:
    class Armed(RisingEvents):
        def rules(self) -> tuple[Rule, ...]:
            return (StopLoss(0.02),)

    found = evaluate(Armed(), bars(), SETUP, rules=(TimeBasedExit(3),))
    assert {Reason.STOP_LOSS, Reason.TIME} <= set(found.trades.reason.tolist())


@pytest.mark.parametrize("form", FORMS)
def test_unarmed_no_rule_stands(form: Any) -> None:
    class Armed(form):  # type: ignore[misc]
        def rules(self) -> tuple[Rule, ...]:
            return (StopLoss(0.02),)

    found = evaluate(Armed(), bars(), SETUP, rules=(TimeBasedExit(3),), armed=False)
    assert bytes_of(found) == bytes_of(evaluate(form(), bars(), SETUP))


@pytest.mark.parametrize("form", FORMS)
def test_a_rule_in_python_sees_the_bars_by_their_own_numbers(form: Any) -> None:
    all_bars, seen = bars(), set()

    def leave(position: Position) -> Exit | None:
        assert position.time == all_bars.times[position.bar]
        assert position.close == all_bars.close[position.bar, position.asset]
        seen.add(position.bar)
        return Exit() if position.bars_held == 2 else None

    found = evaluate(form(), all_bars, SETUP, (20, 60), rules=(PythonRule(leave),))
    assert Reason.PYTHON_RULE in found.trades.reason
    assert min(seen) > 20
    assert max(seen) == 59


@pytest.mark.parametrize("form,calls", [(Rising, 1), (RisingRows, 80), (RisingEvents, 80)])
def test_time_is_attributed_to_hooks_rules_and_engine(form: Any, calls: int) -> None:
    ticks = itertools.count()
    found = Attribution(lambda: next(ticks))
    asked: list[Position] = []
    evaluate(form(), bars(), SETUP, rules=(PythonRule(asked.append),), attribution=found)
    assert (found.hook_calls, found.rule_calls) == (calls, len(asked))
    assert (found.hooks_ns, found.rules_ns) == (calls, len(asked))
    assert found.engine_ns > 0


@pytest.mark.parametrize(
    "given,said",
    [
        (None, "gave NoneType, not Signals"),
        (Signals([[1]]), r"array \(1, 1\)"),  # type: ignore[arg-type]
        (Signals(np.full((80, 4), np.nan)), "codes that are none"),  # type: ignore[arg-type]
        (Signals(np.full((80, 4), 257)), "codes that are none, such as 257"),  # type: ignore[arg-type]
        (Signals(np.zeros((3, 4), dtype=np.uint8)), r"an array \(3, 4\) for bars \(80, 4\)"),
        (Signals(np.zeros((80, 4), dtype=np.uint8), np.zeros(80)), r"an array \(80,\) for bars"),
    ],
)
def test_signals_that_do_not_fit_the_bars_are_refused(given: Any, said: str) -> None:
    class Wrong(SignalStrategy):
        def signals(self, bars: Bars) -> Signals:
            return given

    with pytest.raises(UserError, match=said):
        evaluate(Wrong(), bars(), SETUP)


@pytest.mark.parametrize("window", [(-1, 5), (5, 5), (0, 81)])
def test_a_window_is_within_the_bars(window: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no window within 80 bars"):
        evaluate(Rising(), bars(), SETUP, window)


def test_running_by_hand_takes_every_term_by_name() -> None:
    found = run_by_hand(
        Rising(),
        bars(),
        account=AccountTerms(size=0.2),
        costs=Costs(fee=0.001, slippage=0.0005),
        rules=(StopLoss(0.02),),
        window=(20, 60),
    )
    expected = evaluate(Rising(), bars(), SETUP, (20, 60), rules=(StopLoss(0.02),))
    assert bytes_of(found) == bytes_of(expected)


class OneRule(Rising):
    given: Any = None

    def rules(self) -> Any:
        return self.given


def test_a_single_rule_need_not_be_in_a_tuple() -> None:
    panel, stop = bars(), StopLoss(0.01)
    alone, tupled = (evaluate(OneRule(given=given), panel, SETUP) for given in (stop, (stop,)))
    assert signature_of([alone]) == signature_of([tupled])
    assert signature_of([alone]) != signature_of([evaluate(Rising(), panel, SETUP)])


def test_rules_of_any_iterable_are_taken() -> None:
    rules = [StopLoss(0.01), PythonRule(lambda _: None)]
    assert own_rules(OneRule(given=iter(rules)), bars()) == tuple(rules)


@pytest.mark.parametrize("given", [None, 0.05, "stop", (StopLoss(0.1), StopLoss)])
def test_what_is_no_rule_is_refused_with_what_to_return(given: object) -> None:
    with pytest.raises(UserError, match=r"rules\(\) of OneRule gave a .*\(StopLoss\(0.05\),\)"):
        evaluate(OneRule(given=given), bars(), SETUP)
