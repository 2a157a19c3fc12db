"""The compiled kernels' ways in: a book is put together from the addresses of its arrays.

An argument costs a compiled call more than a bar does, so that one matrix holds them all:
``at[0, k]`` is the address of the array k of a ``Book``, ``at[1, k]`` the length of its rows.
"""

from __future__ import annotations

from engine.backtest.kernels.layout import Array, Book
from engine.backtest.kernels.narrow import run_narrow, step_narrow
from engine.backtest.kernels.wide import run_wide, step_wide


def book_at(at: Array) -> Book:
    """Stand for ``raw_arrays.book_at``, which compiled code has in this place."""
    raise NotImplementedError


def enter_narrow(start: int, stop: int, at: Array) -> int:
    """Run the narrow kernel over ``start <= t < stop``."""
    return run_narrow(book_at(at), start, stop)


def enter_step_narrow(t: int, orders: int, at: Array) -> bool:
    """Take one step of the narrow kernel."""
    return step_narrow(t, orders, book_at(at))


def enter_wide(start: int, stop: int, at: Array) -> int:
    """Run the wide kernel over ``start <= t < stop``."""
    return run_wide(book_at(at), start, stop)


def enter_step_wide(t: int, orders: int, at: Array) -> bool:
    """Take one step of the wide kernel."""
    return step_wide(t, orders, book_at(at))
