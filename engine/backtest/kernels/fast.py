"""A run by a compiled kernel."""

from __future__ import annotations

from engine.backtest.bars import Bars
from engine.backtest.kernels.compiled import load_compiled
from engine.backtest.kernels.layout import Book
from engine.backtest.kernels.state import Armed, State, addresses
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals


def run_fast(bars: Bars, signals: Signals, setup: Setup, entry: str) -> Book:
    """Run to the end with the compiled kernel *entry* (``entries``)."""
    kernel = load_compiled().entry(entry, Armed.by(setup.rules))
    state = State.fresh(setup, bars.length, bars.width)
    done = 0
    while True:
        book = state.book(bars, setup.rules, signals)
        done = kernel(done, bars.length, addresses(book))
        if done == bars.length:
            return book
        state.grow()
