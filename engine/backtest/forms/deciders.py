"""How each form is asked at a close: one interface for the walk over the bars."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.backtest.account_terms import Sizing
from engine.backtest.bars import Bars
from engine.backtest.forms.batch_context import BatchContext
from engine.backtest.forms.event_context import EventContext
from engine.backtest.forms.orders import Account, Watching
from engine.backtest.forms.strategies import BatchStrategy, Market, Strategy
from engine.backtest.forms.verbs import trade_through
from engine.backtest.signals import Signals


class Decider(Protocol):
    """Asks one strategy; its orders go to the rows of the account in use."""

    def use(self, account: Account) -> None:
        """Trade on *account* from now on."""

    def decide(self, t: int) -> None:
        """Ask for the orders at close *t*."""


class OfBatches:
    """One call a timestamp."""

    def __init__(self, strategy: BatchStrategy, bars: Bars, sizing: Sizing) -> None:
        self._ctx = BatchContext(bars, sizing, Watching(bars.width, 0.0))
        self._on_bars = strategy.on_bars
        trade_through(strategy, self._ctx)
        strategy.on_start(_market(bars))

    def use(self, account: Account) -> None:
        """Trade on *account* from now on."""
        self._ctx.use(account)

    def decide(self, t: int) -> None:
        """Ask once."""
        ctx = self._ctx
        ctx.t, ctx.is_asking = t, True
        self._on_bars(ctx)
        ctx.is_asking = False


class OfEvents:
    """One call an event: the bars of one timestamp in asset order."""

    def __init__(self, strategy: Strategy, bars: Bars, sizing: Sizing) -> None:
        self._ctx = EventContext(bars, sizing, Watching(bars.width, 0.0))
        self._on_bar = strategy.on_bar
        trade_through(strategy, self._ctx)
        strategy.on_start(_market(bars))

    def use(self, account: Account) -> None:
        """Trade on *account* from now on."""
        self._ctx.use(account)

    def decide(self, t: int) -> None:
        """Ask at each asset's bar; the loop sets the context without a call of its own."""
        ctx, on_bar = self._ctx, self._on_bar
        events = ctx.at(t)
        ctx.is_asking = True
        for ctx.asset, ctx.close, ctx.position in events:
            on_bar(ctx)
        ctx.is_asking = False


class Recorded:
    """Asks a decider, and keeps what it orders."""

    def __init__(self, decider: Decider, length: int, width: int) -> None:
        self._decider = decider
        self._codes = np.zeros((length, width), dtype=np.uint8)
        self._sizes = np.full((length, width), np.nan)

    @property
    def signals(self) -> Signals:
        """What was ordered at each close."""
        return Signals(self._codes, self._sizes)

    def use(self, account: Account) -> None:
        """Trade on *account* from now on."""
        self._account = account
        self._decider.use(account)

    def decide(self, t: int) -> None:
        """Ask, and copy the orders."""
        self._decider.decide(t)
        self._codes[t] = self._account.codes
        self._sizes[t] = self._account.sizes


def _market(bars: Bars) -> Market:
    return Market(symbols=bars.symbols, has_volume=bars.volume is not None)
