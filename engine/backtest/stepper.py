"""The kernels one bar at a time, for strategies that are asked at every close."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.kernels import layout
from engine.backtest.kernels.compiled import load_compiled
from engine.backtest.kernels.own_rules import ask_own_rules
from engine.backtest.kernels.plain import step_python, viewed
from engine.backtest.kernels.records import backtest_of
from engine.backtest.kernels.state import Armed, State, addresses
from engine.backtest.kernels.wide_numpy import step_numpy
from engine.backtest.paths import Path, path_for
from engine.backtest.results import Backtest
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals

_PLAIN = {Path.PYTHON: step_python, Path.NUMPY: step_numpy}
_COMPILED = {Path.NARROW: "enter_step_narrow", Path.WIDE: "enter_step_wide"}


class Stepper:
    """One run, bar by bar: ``step(t)`` takes bar t up to its close, ``close(t)`` what is ordered.

    Bars come in order from 0. Between the two, ``position`` (signed units), ``entry_price`` (NaN
    where flat), ``equity`` and ``cash`` are those of close t. Orders are codes of
    ``engine.backtest.signals`` put into ``codes``, sizes into ``sizes`` (NaN: the account's own),
    uint8 and float64 rows ``[N]``, read and emptied by the next ``step``, after which is
    seen what an order did.
    """

    __slots__ = (
        "_bars", "_book", "_compiled", "_orders", "_rows", "_rules", "_setup", "_state", "_step",
        "_target", "_view",
        "codes", "entry_price", "position", "sizes",
    )  # fmt: skip

    def __init__(self, bars: Bars, setup: Setup, *, path: Path | None = None) -> None:
        """Start flat; every *path* gives the same bits, None: the setup's, else by size."""
        path = path or setup.path or path_for(bars.length * bars.width, bars.width)
        self._bars, self._setup, self._rules = bars, setup, setup.rules
        self._state = State.fresh(setup, bars.length, bars.width)
        self._orders = -1  # the close whose orders are not yet read
        self.codes: NDArray[np.uint8] = np.zeros(bars.width, dtype=np.uint8)
        self.sizes: NDArray[np.float64] = np.full(bars.width, np.nan)
        self._rows = Signals(self.codes[None], self.sizes[None])
        self.position: NDArray[np.float64] = self._state.hot[0]
        self.entry_price: NDArray[np.float64] = self._state.cold[:, layout.ENTRY]
        self._compiled = path in _COMPILED
        if self._compiled:
            self._step = load_compiled().entry(_COMPILED[path], Armed.by(setup.rules))
        else:
            self._step = _PLAIN[path]
        self._bind()

    @property
    def equity(self) -> float:
        """Cash plus marks at the last close, before orders that are filled at it."""
        return float(self._view.worth[0])

    @property
    def cash(self) -> float:
        """Cash, what shorts keep from being spent included."""
        return float(self._view.cash[0])

    def step(self, t: int) -> None:
        """Carry out what was ordered at the close before, and take bar *t* up to its close."""
        roomy = self._step(t, self._orders, self._target)
        self._orders = -1
        if self._rules is not None and self._rules.python:
            ask_own_rules(self._view, self._bars, self._rules, t)
        if not roomy:
            self._state.grow()
            self._bind()

    def order(self, n: int, code: int, size: float = layout.NO_SIZE) -> None:
        """Order *code* for asset *n* at this close."""
        self.codes[n] = code
        self.sizes[n] = size

    def close(self, t: int) -> None:
        """Leave the orders of close *t* to be read; rows are emptied by the next step."""
        self._orders = t

    def finish(self) -> Backtest:
        """Carry out what is filled at the last close, and give the run."""
        if self._orders >= 0:
            self._step(-1, self._orders, self._target)
            self._orders = -1
        return backtest_of(self._bars, self._setup.terms.cash, self._book)

    def _bind(self) -> None:
        self._book = self._state.book(self._bars, self._rules, self._rows)
        views = viewed(self._book)
        self._view = views.book
        self._target: Any = addresses(self._book) if self._compiled else views
