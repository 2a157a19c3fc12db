"""Rules of one's own: the position that they see, what they may decide, and how it is merged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from engine.backtest.risk.rules import PythonRule
from engine.errors import UserError


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A held asset as a rule sees it at a close, after the levels moved for the next bar.

    ``side`` is 1 long, -1 short; ``quantity`` > 0. Prices are in quote currency. ``stop`` and
    ``target`` rest for the next bar, None: none does. ``peak`` is the best price since the fill:
    the highest of a long, the lowest of a short. ``mfe`` and ``mae`` are the best and worst
    excursion from ``entry_price`` as fractions of it, both >= 0, whatever the quantity.
    """

    symbol: str
    asset: int  # its column
    bar: int  # its row: the bar that has just closed
    time: np.datetime64
    side: int
    quantity: float
    entry_price: float
    bars_held: int
    stop: float | None
    target: float | None
    peak: float
    mfe: float
    mae: float
    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True, slots=True)
class Exit:
    """Leave at the next open; *reason* is for whoever reads the decision."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Levels:
    """Rest these prices from the next bar on; None leaves one as it is. No level loosens."""

    stop: float | None = None
    target: float | None = None


Decision = Exit | Levels


def decide(rules: Iterable[PythonRule], position: Position) -> Decision | None:
    """Ask every rule, and merge what they say; ``UserError`` where one says what it cannot.

    *rules* are in the order of their priority (``RiskManager`` sorts them).
    """
    said: list[tuple[int, Decision]] = []
    for rule in rules:
        decision = _checked(rule, rule.decide(position))
        if decision is not None:
            said.append((rule.priority, decision))
    return merged(said, position.side) if said else None


def merged(decisions: Sequence[tuple[int, Decision]], side: int) -> Decision | None:
    """Merge decisions, each with its priority, on a position of *side*; None: nothing changes.

    Exits beat levels; a lower priority number comes first; of one priority the level nearest to
    the price wins. A level rests beside those of the other rules, of which the tightest holds,
    and only tightens: one that is farther than before changes nothing.
    """
    first = sorted(decisions, key=lambda pair: pair[0])
    for _, decision in first:
        if isinstance(decision, Exit):
            return decision
    moves = [(order, what) for order, what in first if isinstance(what, Levels)]
    stop = _tightest([(order, what.stop) for order, what in moves], side)
    target = _tightest([(order, what.target) for order, what in moves], -side)
    return None if stop is None and target is None else Levels(stop, target)


def tighter(one: float, other: float, side: int) -> float:
    """Give the tighter of two stops of a position of *side*.

    The higher one of a long, the lower one of a short. Targets tighten the other way: pass
    ``-side``.
    """
    return max(one, other) if side > 0 else min(one, other)


def _tightest(wanted: Iterable[tuple[int, float | None]], side: int) -> float | None:
    """Pick the tightest level of the first priority that has one."""
    levels = [(order, level) for order, level in wanted if level is not None]
    best: float | None = None
    for order, level in levels:
        if order == levels[0][0]:
            best = level if best is None else tighter(best, level, side)
    return best


def _checked(rule: PythonRule, said: object) -> Decision | None:
    if said is None or isinstance(said, Exit):
        return said
    if not isinstance(said, Levels):
        problem = f"{rule.name} decided {said!r}."
        raise UserError(problem, None, "Return Exit(reason), Levels(stop=, target=) or None.")
    for name, level in (("stop", said.stop), ("target", said.target)):
        if level is not None and not (math.isfinite(level) and level > 0):
            problem = f"{rule.name} decided {name} = {level!r}."
            remedy = "A level is a price: finite and > 0; None leaves it as it is."
            raise UserError(problem, None, remedy)
    return said
