"""A strategy's own verbs, ``self.buy()`` and so on: they are those of the context it is asked with.

A strategy may have attributes of these names: they are its own then, and the verb is the
context's alone.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from engine.backtest.forms.batch_context import BatchContext
from engine.backtest.forms.event_context import EventContext
from engine.errors import UserError

_CONTEXT = "context of the run"  # in the object's own names, where no code can have one like it


class EventVerbs:
    """Orders for the asset whose bar ``on_bar`` is asked about; ``UserError`` outside of it."""

    def buy(self, size: float | None = None) -> None:
        """Open a long position, or turn a short one into it; add *size* to a long one.

        *size* is in the account's sizing; without it the account's own is opened, and a position
        that is long already stays as it is.
        """
        self._asked_for("buy").buy(size)

    def sell(self, size: float | None = None) -> None:
        """Open a short position, or turn a long one into it; add *size* to a short one."""
        self._asked_for("sell").sell(size)

    def target(self, size: float) -> None:
        """Hold *size*, signed, in the account's sizing, whatever is held now; 0 closes."""
        self._asked_for("target").target(size)

    def close(self) -> None:
        """Leave the position, long or short; nothing where there is none."""
        self._asked_for("close").close_position()

    def _asked_for(self, verb: str) -> EventContext:
        ctx: EventContext | None = vars(self).get(_CONTEXT)
        if ctx is None or not ctx.is_asking:
            raise _outside(self, verb, "on_bar", "buy, sell, target or close_position")
        return ctx


class BatchVerbs:
    """Orders for the assets that ``on_bars`` is asked about; ``UserError`` outside of it."""

    def buy(self, which: ArrayLike | None = None, size: ArrayLike | None = None) -> None:
        """Open long positions, or turn short ones into them; add *size* to long ones.

        *which*: a mask ``[N]`` or column numbers, None: all. *size*: one for all or one each
        ``[N]``, in the account's sizing; None: the account's own.
        """
        self._asked_for("buy").buy(which, size)

    def sell(self, which: ArrayLike | None = None, size: ArrayLike | None = None) -> None:
        """Open short positions, or turn long ones into them; add *size* to short ones."""
        self._asked_for("sell").sell(which, size)

    def target(self, sizes: ArrayLike) -> None:
        """Hold *sizes* (one for all, or ``[N]``), signed; NaN leaves an asset as it is."""
        self._asked_for("target").target(sizes)

    def close(self, which: ArrayLike | None = None) -> None:
        """Leave positions, long or short; nothing where there is none."""
        self._asked_for("close").close_positions(which)

    def _asked_for(self, verb: str) -> BatchContext:
        ctx: BatchContext | None = vars(self).get(_CONTEXT)
        if ctx is None or not ctx.is_asking:
            raise _outside(self, verb, "on_bars", "buy, sell, target or close_positions")
        return ctx


def trade_through(strategy: EventVerbs | BatchVerbs, ctx: EventContext | BatchContext) -> None:
    """Let the verbs of *strategy* be those of *ctx*, as long as that is asking."""
    vars(strategy)[_CONTEXT] = ctx


def _outside(strategy: object, verb: str, hook: str, verbs: str) -> UserError:
    name = type(strategy).__name__
    problem = f"{name}.{verb} was called while no run asks {name}.{hook} for orders."
    remedy = f"Call it within {hook}; code that was handed the ctx may use that: {verbs}."
    return UserError(problem, None, remedy)
