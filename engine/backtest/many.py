"""Many runs over the same bars, in memory that stays as it is.

What a run gives lies in buffers that the next run overwrites: take from it what is needed, or
copy. An object belongs to one thread; compiled kernels hold no lock, so that threads with an
object each run side by side, and give the same bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.kernels import layout
from engine.backtest.kernels.fast import run_compiled
from engine.backtest.kernels.records import backtest_of, trades_of
from engine.backtest.kernels.state import State
from engine.backtest.paths import ENTRIES, Path, path_for
from engine.backtest.results import Backtest, Trades
from engine.backtest.run import run
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals


@dataclass(frozen=True, slots=True)
class Combination:
    """One run of many: *signals* and *setup* of the whole bars, traded in ``start <= t < stop``.

    The account starts at *start*; *stop* None: to the end.
    """

    signals: Signals
    setup: Setup
    start: int = 0
    stop: int | None = None


def run_many(
    bars: Bars, combinations: Iterable[Combination], *, expected: int, path: Path | None = None
) -> Iterator[Backtest]:
    """Run each of about *expected* combinations; each result is overwritten by the next.

    The bits are those of ``run`` over the window of bars, signals and rules.
    """
    way = path_for(bars.length * bars.width * expected, bars.width) if path is None else path
    runs = _Runs(bars, way) if way in ENTRIES else None
    for one in combinations:
        part, signals, setup = _windowed(bars, one)
        own = setup.rules is not None and setup.rules.has_python
        if runs is None or own:
            yield run(part, signals, setup, path=way)
        else:
            yield runs.run(part, signals, setup)


def _windowed(bars: Bars, one: Combination) -> tuple[Bars, Signals, Setup]:
    stop = bars.length if one.stop is None else one.stop
    if (one.start, stop) == (0, bars.length):
        return bars, one.signals, one.setup
    part = slice(one.start, stop)
    codes, size = one.signals.codes[part], one.signals.size
    rules = None if one.setup.rules is None else one.setup.rules.window(one.start, stop)
    setup = replace(one.setup, rules=rules)
    return bars.window(one.start, stop), Signals(codes, None if size is None else size[part]), setup


class _Runs:
    """One state for run after run."""

    def __init__(self, bars: Bars, path: Path) -> None:
        self._entry = ENTRIES[path]
        self._state = State.fresh(Setup(), bars.length, bars.width)

    def run(self, bars: Bars, signals: Signals, setup: Setup) -> Backtest:
        self._state.rearm(setup)
        book = run_compiled(self._state, self._entry, (bars, signals, setup))
        book = book._replace(equity=book.equity[: bars.length])
        return backtest_of(bars, setup.terms.cash, book)


@dataclass(frozen=True, slots=True)
class LaneRuns:
    """Runs side by side, C of them: views that the next ``Lanes.run`` overwrites.

    ``trades`` are those of all lanes in the order of their exits; ``asset`` is the lane.
    """

    equity: NDArray[np.float64]  # [T, C]; [1, C] where that of the last close alone is kept
    cash_end: NDArray[np.float64]  # [C]
    trade_counts: NDArray[np.int64]  # [C]
    trades: Trades


class Lanes:
    """Up to *width* runs at once over the bars of one asset, each with an account of its own.

    Ten times as quick as one after the other: a bar is looked at for all of them in vectors. All
    have one *setup*; with *own_rules* row c of its rules' tables (R = *width*, no labels) is that
    of lane c. The bits are those of ``run``. About 250 lanes fit the caches.
    """

    def __init__(
        self,
        bars: Bars,
        width: int,
        setup: Setup,
        *,
        own_rules: bool = False,
        equity: bool = True,
    ) -> None:
        """Make room; without *equity* that of the last close alone is kept.

        Raises:
            ValueError: the bars are of more than one asset.
        """
        if bars.width != 1:
            message = f"lanes run over the bars of one asset, found {bars.width}"
            raise ValueError(message)
        self._bars, self._setup = bars, setup
        self._state = State.fresh(setup, bars.length, width, lanes=True, equity=equity)
        self._state.knobs[layout.OWN_RULES] = own_rules
        self._width = width

    def run(self, codes: NDArray[np.uint8], sizes: NDArray[np.float64] | None = None) -> LaneRuns:
        """Run *codes* ``[T, C]``, C <= the width; *sizes* likewise, None: the account's own."""
        count = codes.shape[1]
        if count < self._width:
            codes = np.hstack([codes, np.zeros((len(codes), self._width - count), np.uint8)])
        size = None
        if sizes is not None:
            size = np.full(codes.shape, np.nan)
            size[:, :count] = sizes
        self._state.reset(self._setup.terms.cash)
        job = self._bars, Signals(codes, size), self._setup
        book = run_compiled(self._state, "enter_wide", job, lanes=True)
        trades = trades_of(book)
        return LaneRuns(
            equity=book.equity[:, :count],
            cash_end=book.cash[:count],
            trade_counts=np.bincount(trades.asset, minlength=count),
            trades=trades,
        )
