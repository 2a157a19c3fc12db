"""Strategies in Python whose speed is measured: they do little, so that the engine is seen."""

from __future__ import annotations

import numpy as np

from engine.backtest.risk.rules import Rule
from highwater import (
    BatchContext,
    BatchStrategy,
    EventContext,
    Market,
    StopLoss,
    Strategy,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
)

NEVER = (StopLoss(0.999), TakeProfit(999.0), TrailingStop(0.999), TimeBasedExit(1_000_000))
FAR = 1e9
FAST, SLOW = 2 / 6, 2 / 16  # weights of a new close in averages of about 5 and 15 bars


class Armed:
    """Rules that are evaluated on every bar and never fire, or none."""

    armed: bool = False

    def rules(self) -> tuple[Rule, ...]:
        """Give them."""
        return NEVER if self.armed else ()


class Watching(Armed, Strategy):
    """Looks at each close and never trades."""

    def on_bar(self, ctx: EventContext) -> None:
        """Compare the close with a level far away."""
        if ctx.close > FAR:
            ctx.buy()


class Crossing(Armed, Strategy):
    """Follows two exponential averages of each asset."""

    def on_start(self, market: Market) -> None:
        """Begin without averages."""
        self.fast = [0.0] * len(market.symbols)
        self.slow = [0.0] * len(market.symbols)

    def on_bar(self, ctx: EventContext) -> None:
        """Be long while the fast one is above the slow one."""
        asset, close = ctx.asset, ctx.close
        fast = self.fast[asset] = self.fast[asset] + FAST * (close - self.fast[asset])
        slow = self.slow[asset] = self.slow[asset] + SLOW * (close - self.slow[asset])
        if ctx.position:
            if fast < slow:
                ctx.close_position()
        elif fast > slow:
            ctx.buy()


class Holding(Armed, Strategy):
    """Buys every asset on its first bar and keeps it."""

    def on_bar(self, ctx: EventContext) -> None:
        """Buy."""
        if ctx.t == 0:
            ctx.buy()


class WatchingAll(Armed, BatchStrategy):
    """Is called for each timestamp and never trades."""

    def on_bars(self, ctx: BatchContext) -> None:
        """Compare the number of the bar with one far away."""
        if ctx.t > FAR:
            ctx.buy()


class CrossingAll(Armed, BatchStrategy):
    """Follows two exponential averages of all assets at once."""

    def on_start(self, market: Market) -> None:
        """Begin without averages."""
        self.fast = np.zeros(len(market.symbols))
        self.slow = np.zeros(len(market.symbols))

    def on_bars(self, ctx: BatchContext) -> None:
        """Be long while the fast ones are above the slow ones."""
        close = ctx.close
        self.fast += FAST * (close - self.fast)
        self.slow += SLOW * (close - self.slow)
        above = self.fast > self.slow
        ctx.close_positions(~above)
        ctx.buy(above)


class HoldingAll(Armed, BatchStrategy):
    """Buys all assets on the first bar, and looks at every close."""

    def on_bars(self, ctx: BatchContext) -> None:
        """Buy, or look."""
        if ctx.t == 0:
            ctx.buy()
        elif ctx.close[0] > FAR:
            ctx.close_positions()
