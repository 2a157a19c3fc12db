"""Runs without a compiler, for small jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.backtest.bars import Bars
from engine.backtest.kernels.layout import Book
from engine.backtest.kernels.narrow import run_narrow, step_narrow
from engine.backtest.kernels.state import State
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals


class Views(NamedTuple):
    """A book twice: as arrays, and as views of them, through which Python reads plain numbers."""

    arrays: Book
    book: Book


Kernel = Callable[[Views, int, int], int]


def viewed(book: Book) -> Views:
    """Look at the arrays of *book*."""
    return Views(book, Book(*(memoryview(array) for array in book)))


def run_python(views: Views, start: int, stop: int) -> int:
    """Run the narrow kernel."""
    return run_narrow(views.book, start, stop)


def step_python(t: int, orders: int, views: Views) -> bool:
    """Take one step of the narrow kernel."""
    return step_narrow(t, orders, views.book)


def run_plain(bars: Bars, signals: Signals, setup: Setup, kernel: Kernel) -> Book:
    """Run to the end with a kernel that needs no compiler."""
    state = State.fresh(setup, bars.length, bars.width)
    done = 0
    while True:
        book = state.book(bars, setup.rules, signals)
        done = kernel(viewed(book), done, bars.length)
        if done == bars.length:
            return book
        state.grow()
