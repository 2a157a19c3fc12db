"""The narrow kernel as plain Python, for small jobs: no compiler is imported."""

from __future__ import annotations

from collections.abc import Callable

from engine.backtest.bars import Bars
from engine.backtest.kernels.layout import Book
from engine.backtest.kernels.narrow import run_narrow
from engine.backtest.kernels.state import State
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals


Kernel = Callable[[Book, int, int], int]


def viewed(book: Book) -> Book:
    """Give *book* with views of its arrays, through which Python reads plain numbers quickly."""
    return Book(*(memoryview(array) for array in book))


def run_plain(bars: Bars, signals: Signals, setup: Setup, kernel: Kernel = run_narrow) -> Book:
    """Run to the end with a kernel that is plain Python."""
    state = State.fresh(setup, bars.length, bars.width)
    done = 0
    while True:
        book = state.book(bars, setup.rules, signals)
        done = kernel(viewed(book), done, bars.length)
        if done == bars.length:
            return book
        state.grow()
