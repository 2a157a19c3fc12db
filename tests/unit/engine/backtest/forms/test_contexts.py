"""What a strategy sees at a close, and what its orders become."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.backtest.account_terms import Sizing
from engine.backtest.bars import Bars
from engine.backtest.forms.batch_context import BatchContext
from engine.backtest.forms.event_context import EventContext
from engine.backtest.forms.orders import EXIT, Watching
from engine.backtest.signals import ENTER_LONG, ENTER_SHORT, TARGET
from engine.errors import UserError

T, N = 6, 3


def bars(*, volume: bool = True) -> Bars:
    close = 10.0 + np.arange(T * N).reshape(T, N)
    return Bars(
        times=np.arange("2024-01-01", "2024-01-07", dtype="datetime64[D]"),
        symbols=("A", "B", "C"),
        open=close - 0.5,
        high=close + 1.0,
        low=close - 1.0,
        close=close,
        volume=close * 100 if volume else None,
    )


def account(position: list[float], equity: float = 1000.0) -> Watching:
    made = Watching(N, equity)
    made.position[:] = position
    return made


def event(
    holding: Watching, sizing: Sizing = Sizing.FRACTION, *, t: int = 3, asset: int = 1
) -> EventContext:
    ctx = EventContext(bars(), sizing, holding)
    events = ctx.at(t)
    for ctx.asset, ctx.close, ctx.position in events:
        if ctx.asset == asset:
            break
    return ctx


def test_an_event_is_the_bar_of_one_asset() -> None:
    ctx, all_bars = event(account([0, 7, 0])), bars()
    found = (ctx.open, ctx.high, ctx.low, ctx.close, ctx.volume, ctx.position)
    assert found == (19.5, 21.0, 19.0, 20.0, 2000.0, 7.0)
    assert (ctx.symbol, ctx.time, ctx.t) == ("B", all_bars.times[3], 3)


def test_prices_are_those_of_the_bar_that_is_walked_on_to() -> None:
    ctx = event(account([0, 0, 0]))
    assert ctx.open == 19.5
    events = ctx.at(4)
    for ctx.asset, ctx.close, ctx.position in events:
        break
    assert ctx.open == bars().open[4, 0]


def test_an_asset_without_a_bar_has_no_event() -> None:
    some = bars()
    some.close[2, 1] = np.nan
    ctx = EventContext(some, Sizing.UNITS, account([1, 2, 3]))
    assert [tuple(one) for one in ctx.at(2)] == [(0, 16.0, 1.0), (2, 18.0, 3.0)]


@pytest.mark.parametrize("n,expected", [(2, [17.0, 20.0]), (9, [11.0, 14.0, 17.0, 20.0])])
def test_a_history_ends_with_this_bar(n: int, expected: list[float]) -> None:
    assert event(account([0, 0, 0])).history("close", n).tolist() == expected


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume"])
def test_nothing_that_a_context_gives_leads_to_a_later_bar(field: str) -> None:
    batch = BatchContext(bars(), Sizing.UNITS, account([0, 0, 0]))
    batch.t = 3
    given = [event(account([0, 0, 0])).history(field, 2), batch.history(field, 2)]
    for array in (*given, getattr(batch, field), batch.position):
        assert array.base is None


def test_bars_without_volume_say_so() -> None:
    ctx = BatchContext(bars(volume=False), Sizing.UNITS, account([0, 0, 0]))
    ctx.t = 0
    with pytest.raises(UserError, match=r"no volume.*open, high, low, close\."):
        _ = ctx.volume


def test_a_history_of_something_else_is_refused() -> None:
    with pytest.raises(UserError, match="no times"):
        event(account([0, 0, 0])).history("times", 2)
    with pytest.raises(ValueError, match="at least 1 bar"):
        event(account([0, 0, 0])).history("close", 0)


def ordered(held: float, act: Callable[[EventContext], None], sizing: Sizing) -> tuple[int, float]:
    holding = account([0, held, 0])
    act(event(holding, sizing))
    assert [holding.codes[n] for n in (0, 2)] == [0, 0]
    return int(holding.codes[1]), float(holding.sizes[1])


@pytest.mark.parametrize("held", [-2.0, 0.0, 2.0])
def test_an_order_without_size_enters_with_the_accounts_own(held: float) -> None:
    code, size = ordered(held, lambda ctx: ctx.buy(), Sizing.FRACTION)
    assert (code, np.isnan(size)) == (ENTER_LONG, True)
    code, size = ordered(held, lambda ctx: ctx.sell(), Sizing.FRACTION)
    assert (code, np.isnan(size)) == (ENTER_SHORT, True)


@pytest.mark.parametrize("held", [-2.0, 0.0])
def test_a_size_is_that_of_the_new_position(held: float) -> None:
    assert ordered(held, lambda ctx: ctx.buy(3), Sizing.UNITS) == (ENTER_LONG, 3.0)
    assert ordered(-held, lambda ctx: ctx.sell(3), Sizing.UNITS) == (ENTER_SHORT, 3.0)


@pytest.mark.parametrize(
    "sizing,expected",
    [(Sizing.UNITS, 5.0), (Sizing.VALUE, 43.0), (Sizing.FRACTION, 3.04)],
)
def test_a_size_is_added_to_a_position_of_its_side(sizing: Sizing, expected: float) -> None:
    assert ordered(2.0, lambda ctx: ctx.buy(3), sizing) == (TARGET, pytest.approx(expected))
    assert ordered(-2.0, lambda ctx: ctx.sell(3), sizing) == (TARGET, pytest.approx(-expected))


def test_a_target_and_an_exit_are_what_they_say() -> None:
    assert ordered(2.0, lambda ctx: ctx.target(-1.5), Sizing.UNITS) == (TARGET, -1.5)
    assert ordered(2.0, lambda ctx: ctx.close_position(), Sizing.UNITS)[0] == EXIT


def test_the_last_order_counts() -> None:
    def changed(ctx: EventContext) -> None:
        ctx.target(5)
        ctx.buy()

    code, size = ordered(0.0, changed, Sizing.UNITS)
    assert (code, np.isnan(size)) == (ENTER_LONG, True)


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf")])
def test_a_size_that_is_none_is_refused(size: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        event(account([0, 0, 0])).buy(size)
    with pytest.raises(ValueError, match="above 0"):
        batch(account([0, 0, 0])).sell(size=[1.0, size, 1.0])


@pytest.mark.parametrize("size", [float("nan"), float("-inf")])
def test_a_target_that_is_none_is_refused(size: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        event(account([0, 0, 0])).target(size)


def batch(holding: Watching, sizing: Sizing = Sizing.UNITS) -> BatchContext:
    ctx = BatchContext(bars(), sizing, holding)
    ctx.t = 3
    return ctx


def test_a_row_has_one_value_an_asset() -> None:
    ctx = batch(account([1, 0, -1]))
    assert (ctx.close.tolist(), ctx.position.tolist()) == ([19, 20, 21], [1, 0, -1])
    assert ctx.history("close", 2).tolist() == [[16, 17, 18], [19, 20, 21]]


@pytest.mark.parametrize("which", [[True, False, True], [0, 2]])
def test_assets_are_named_by_mask_or_number(which: list[int]) -> None:
    holding = account([0, 0, 0])
    batch(holding).buy(which)
    assert holding.codes.tolist() == [ENTER_LONG, 0, ENTER_LONG]


def test_batched_orders_are_those_of_events() -> None:
    holding = account([2, 0, -2])
    batch(holding).buy(size=[3.0, 4.0, 5.0])
    assert holding.codes.tolist() == [TARGET, ENTER_LONG, ENTER_LONG]
    assert holding.sizes.tolist() == [5.0, 4.0, 5.0]


def test_a_batched_target_leaves_what_is_nan() -> None:
    holding = account([0, 0, 0])
    batch(holding).target([1.0, np.nan, 0.0])
    assert holding.codes.tolist() == [TARGET, 0, TARGET]


def test_all_positions_or_some_are_closed() -> None:
    holding = account([1, 1, 1])
    batch(holding).close_positions([1])
    assert holding.codes.tolist() == [0, EXIT, 0]
    batch(holding).close_positions()
    assert holding.codes.tolist() == [EXIT] * 3
