"""A run by a compiled kernel."""

from __future__ import annotations

from engine.backtest.bars import Bars
from engine.backtest.kernels.compiled import load_compiled
from engine.backtest.kernels.layout import Book
from engine.backtest.kernels.state import Armed, State, addresses
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals


def run_compiled(
    state: State, entry: str, of: tuple[Bars, Signals, Setup], *, lanes: bool = False
) -> Book:
    """Run a compiled kernel to the end in a *state* that is at its start."""
    bars, signals, setup = of
    kernel = load_compiled().entry(entry, Armed.by(setup.rules), lanes=lanes)
    done = 0
    while True:
        book = state.book(bars, setup.rules, signals)
        done = kernel(done, bars.length, addresses(book))
        if done == bars.length:
            return book
        state.grow()
