"""The walk over the bars: the engine's part of a bar, the strategy's, and its orders."""

from __future__ import annotations

from engine.backtest.bars import Bars
from engine.backtest.forms.attribution import Attribution
from engine.backtest.forms.deciders import Decider
from engine.backtest.forms.orders import Watching
from engine.backtest.results import Backtest
from engine.backtest.setup import Setup
from engine.backtest.stepper import Stepper


def walk(
    decider: Decider,
    bars: Bars,
    setup: Setup,
    start: int,
    attribution: Attribution | None = None,
) -> Backtest:
    """Ask *decider* at each close from bar 0, and trade from bar *start* with a fresh account.

    ``setup.rules`` are those of the bars from *start* on.
    """
    decide = decider.decide if attribution is None else attribution.hook(decider.decide)
    decider.use(Watching(bars.width, setup.terms.cash))
    for t in range(start):
        decide(t)
    trading = bars.window(start, bars.length)
    stepper = Stepper(trading, setup)
    decider.use(stepper)
    step, close = stepper.step, stepper.close
    for t in range(trading.length):
        step(t)
        decide(start + t)
        close(t)
    return stepper.finish()
