"""Jobs run by backtesting.py, an asset after the other.

It has one account of one asset, whole units, stops and targets as prices of a new order, and no
trailing stop of its own; it first calls a strategy on the second bar.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.jobs import CASH, Job, RoundTrips, joined
from benchmarks.peers.one_asset import codes, frame, levels, wishes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import backtesting

VERSION = str(backtesting.__version__)


class Signalled(backtesting.Strategy):  # type: ignore[misc]
    """Follows a job's signals of one asset."""

    job: Job

    def init(self) -> None:
        """Take the columns as lists: a price at a time is read from them."""
        self.marks = codes(self.job)

    def next(self) -> None:
        """Give the orders of this close."""
        leave, side = wishes(self.marks, len(self.data) - 1, self.position.size)
        if leave:
            self.position.close()
        if side:
            self._enter(side)

    def _enter(self, side: int) -> None:
        close = float(self.data.Close[-1])
        stop, target = levels(self.job, close, side)
        order = self.buy if side > 0 else self.sell
        order(size=1, sl=stop, tp=target)


def round_trips(job: Job) -> RoundTrips:
    """Run *job*; what is open at the end is left away."""
    return joined([_trips_of(simulated(job.asset(n))) for n in range(job.bars.width)])


def simulated(job: Job) -> Any:
    """Run the job of one asset: its statistics.

    Raises:
        ValueError: the job has a trailing stop.
    """
    if job.trail is not None:
        message = "backtesting.py has no trailing stop of its own"
        raise ValueError(message)
    strategy = type("Job", (Signalled,), {"job": job})
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):  # its progress bar
        warnings.simplefilter("ignore")
        test = backtesting.Backtest(
            frame(job), strategy, cash=CASH, commission=job.fee, finalize_trades=False
        )
        return test.run()


def _trips_of(statistics: Any) -> RoundTrips:
    trades = statistics["_trades"]
    size: NDArray[np.int64] = trades["Size"].to_numpy()
    return RoundTrips.ordered(
        asset=np.zeros(len(size)),
        side=np.sign(size),
        entry_bar=trades["EntryBar"].to_numpy(),
        entry_price=trades["EntryPrice"].to_numpy(),
        exit_bar=trades["ExitBar"].to_numpy(),
        exit_price=trades["ExitPrice"].to_numpy(),
        quantity=np.abs(size),
        pnl=trades["PnL"].to_numpy(),
    )
