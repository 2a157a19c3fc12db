"""What a strategy's author derives from: one class for each form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from engine.backtest.bars import Bars
from engine.backtest.forms.batch_context import BatchContext
from engine.backtest.forms.event_context import EventContext
from engine.backtest.forms.parameters import Parameterised
from engine.backtest.forms.verbs import BatchVerbs, EventVerbs
from engine.backtest.risk.rules import Rule
from engine.backtest.signals import Signals
from engine.errors import UserError


@dataclass(frozen=True, slots=True)
class Market:
    """What a strategy is told before the first bar."""

    symbols: tuple[str, ...]
    has_volume: bool


class Armed(Parameterised):
    """A strategy of any form: its parameters, and the risk rules that guard its positions.

    One object is for one run: it may keep what it likes in its attributes meanwhile.
    """

    def rules(self) -> tuple[Rule, ...]:
        """Give the risk rules of every position; none unless overridden."""
        return ()

    def rules_for(self, bars: Bars) -> tuple[Rule, ...]:
        """Give rules that are computed of the bars, such as regimes; :meth:`rules` by default."""
        del bars
        return self.rules()


class SignalStrategy(Armed):
    """The fastest form: all decisions at once, as arrays, and then nothing but compiled code."""

    def signals(self, bars: Bars) -> Signals:
        """Give the decisions at each close; those at t may rest on bars up to t alone."""
        raise NotImplementedError


class BatchStrategy(BatchVerbs, Armed):
    """One call a timestamp, for all assets at once.

    Within it ``self.buy``, ``self.sell``, ``self.target`` and ``self.close`` give orders.
    """

    def on_start(self, market: Market) -> None:
        """Prepare, before the first bar."""

    def on_bars(self, ctx: BatchContext) -> None:
        """Decide at the close of the bars ``ctx.t``; orders are filled from the next bar on."""
        raise NotImplementedError


class Strategy(EventVerbs, Armed):
    """One call an event: each asset's bar, in asset order at each timestamp.

    An asset without a bar at a timestamp is left out there. Within the call ``self.buy``,
    ``self.sell``, ``self.target`` and ``self.close`` give orders, as those of the context do.
    """

    def on_start(self, market: Market) -> None:
        """Prepare, before the first bar."""

    def on_bar(self, ctx: EventContext) -> None:
        """Decide at the close of one asset's bar; orders are filled from the next bar on."""
        raise NotImplementedError


EventStrategy = Strategy
AnyStrategy = SignalStrategy | BatchStrategy | Strategy
_RULES = get_args(Rule)


def own_rules(strategy: AnyStrategy, bars: Bars) -> tuple[Rule, ...]:
    """Give the rules that *strategy* arms itself with; a single one need not be in a tuple.

    Raises:
        UserError: what it gave are no rules.
    """
    return as_rules(strategy.rules_for(bars), type(strategy).__name__)


def as_rules(given: object, owner: str) -> tuple[Rule, ...]:
    """Give the rules that a method of the class *owner* returned.

    Raises:
        UserError: they are none.
    """
    if isinstance(given, _RULES):
        return (given,)
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    strange = [one for one in found if not isinstance(one, _RULES)]
    if strange:
        problem = f"rules() of {owner} gave a {type(strange[0]).__name__}, which is no rule."
        raise UserError(problem, None, "Return a tuple of rules, such as (StopLoss(0.05),).")
    return found
