"""Run a backtest: bars and signals in, trades and equity out."""

from __future__ import annotations

from engine.backtest.bars import Bars
from engine.backtest.kernels.fast import run_compiled
from engine.backtest.kernels.plain import run_plain, run_python
from engine.backtest.kernels.records import backtest_of
from engine.backtest.kernels.state import State
from engine.backtest.kernels.wide_numpy import run_numpy
from engine.backtest.paths import ENTRIES, Path, path_for
from engine.backtest.results import Backtest
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals
from engine.backtest.stepper import Stepper

__all__ = ["Path", "Setup", "path_for", "run"]

_PLAIN = {Path.PYTHON: run_python, Path.NUMPY: run_numpy}


def run(bars: Bars, signals: Signals, setup: Setup, *, path: Path | None = None) -> Backtest:
    """Run *signals* over *bars*; every *path* gives the same bits.

    None: the setup's, else by the size of the run.
    """
    way = path or setup.path or path_for(bars.length * bars.width, bars.width)
    if setup.rules is not None and setup.rules.python:
        return _stepped(bars, signals, setup, way)
    if way in ENTRIES:
        state = State.fresh(setup, bars.length, bars.width)
        book = run_compiled(state, ENTRIES[way], (bars, signals, setup))
    else:
        book = run_plain(bars, signals, setup, _PLAIN[way])
    return backtest_of(bars, setup.terms.cash, book)


def _stepped(bars: Bars, signals: Signals, setup: Setup, path: Path) -> Backtest:
    """Run bar by bar: Python is entered at every close."""
    stepper = Stepper(bars, setup, path=path)
    for t in range(bars.length):
        stepper.step(t)
        stepper.codes[:] = signals.codes[t]
        if signals.size is not None:
            stepper.sizes[:] = signals.size[t]
        stepper.close(t)
    return stepper.finish()
