"""The user's own rules: asked at each close for each held asset, in plain Python."""

from __future__ import annotations

from engine.backtest.bars import Bars
from engine.backtest.kernels import layout
from engine.backtest.kernels.fills import excursion
from engine.backtest.kernels.layout import Book
from engine.backtest.kernels.levels import lower_to, merge, merged_stop, merged_target, raise_to
from engine.backtest.kernels.orders import queue
from engine.backtest.risk.compiled_rules import CompiledRules
from engine.backtest.risk.python_rules import Exit, Levels, Position, decide


def ask_own_rules(book: Book, bars: Bars, rules: CompiledRules, t: int) -> None:
    """Ask the rules about each held asset that has a bar, and do what they decide."""
    for n in range(bars.width):
        if book.quantity[n] == 0.0 or book.close[t, n] != book.close[t, n]:
            continue
        decision = decide(rules.python, _position(book, bars, t, n))
        if isinstance(decision, Exit):
            if book.pending[n] == layout.NOTHING:
                queue(book, n, layout.CLOSE, layout.PYTHON_RULE)
        elif decision is not None:
            _tighten(book, n, decision)


def _tighten(book: Book, n: int, levels: Levels) -> None:
    side = 1.0 if book.quantity[n] > 0.0 else -1.0
    if levels.stop is not None:
        raise_to(book.cold, n, layout.STOP_OWN, side * levels.stop)
    if levels.target is not None:
        lower_to(book.cold, n, layout.TARGET_OWN, side * levels.target)
    merge(book, n)


def _position(book: Book, bars: Bars, t: int, n: int) -> Position:
    side = 1 if book.quantity[n] > 0.0 else -1
    stop, target = merged_stop(book, n) * side, merged_target(book, n) * side
    entry = book.cold[n, layout.ENTRY]
    up = excursion(book.peak[n] - entry, entry)
    down = excursion(entry - book.trough[n], entry)
    return Position(
        symbol=bars.symbols[n],
        asset=n,
        bar=t,
        time=bars.times[t],
        side=side,
        quantity=abs(book.quantity[n]),
        entry_price=entry,
        bars_held=t - int(book.cold[n, layout.FILL_BAR]),
        stop=stop if abs(stop) < layout.NO_LEVEL else None,
        target=target if abs(target) < layout.NO_LEVEL else None,
        peak=book.peak[n] if side > 0 else book.trough[n],
        mfe=up if side > 0 else down,
        mae=down if side > 0 else up,
        open=book.open[t, n],
        high=book.high[t, n],
        low=book.low[t, n],
        close=book.close[t, n],
    )
