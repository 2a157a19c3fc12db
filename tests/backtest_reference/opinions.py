"""The user's own rules, asked one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from engine.backtest.bars import Bars
from engine.backtest.results import Reason
from engine.backtest.risk.python_rules import Exit, Position
from engine.backtest.risk.rules import PythonRule
from tests.backtest_reference.held import Held


def ask(rules: Sequence[PythonRule], held: Held, bars: Bars, t: int) -> bool:
    """Move the levels of *held* as the rules say; give whether one of them leaves.

    *rules* are in the order of their priorities: an exit beats levels, of levels the first
    priority's tightest holds, where it is tighter than what rests.
    """
    position = as_seen(held, bars, t)
    answers = [(rule.priority, rule.decide(position)) for rule in rules]
    if any(isinstance(answer, Exit) for _, answer in answers):
        return True
    for tighten, name, now, side in (
        (held.levels.tighten_stop, "stop", position.stop, held.side),
        (held.levels.tighten_target, "target", position.target, -held.side),
    ):
        said = [
            (priority, getattr(answer, name))
            for priority, answer in answers
            if answer is not None and getattr(answer, name) is not None
        ]
        first = [level for priority, level in said if priority == said[0][0]]
        if not first:
            continue
        level = max(first) if side > 0 else min(first)
        if now is None or (level > now if side > 0 else level < now):
            tighten(Reason.PYTHON_RULE, level)
    return False


def as_seen(held: Held, bars: Bars, t: int) -> Position:
    """Give the position as a rule sees it at close *t*."""
    n = held.asset
    stop, target = held.levels.stop(), held.levels.target()
    best, worst = held.excursions()
    return Position(
        symbol=bars.symbols[n],
        asset=n,
        bar=t,
        time=bars.times[t],
        side=held.side,
        quantity=held.quantity,
        entry_price=held.entry_price,
        bars_held=t - held.entry_bar,
        stop=None if stop is None else stop[1],
        target=None if target is None else target[1],
        peak=held.highest if held.side > 0 else held.lowest,
        mfe=best,
        mae=worst,
        open=float(bars.open[t, n]),
        high=float(bars.high[t, n]),
        low=float(bars.low[t, n]),
        close=float(bars.close[t, n]),
    )
