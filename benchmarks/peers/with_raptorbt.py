"""Jobs run by raptorbt, an asset after the other, filled at the close of the signal.

It allows one kind of stop, puts all of an account's cash into a trade, closes what is open at the
end, fills a target at its level where the bar opens beyond it, and looks for a newer release of
itself on import unless told not to. Its trades are compared by bars and prices, with our targets
at their levels too.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.peers.jobs import CASH, Job, RoundTrips

os.environ.setdefault("RAPTORBT_NO_VERSION_CHECK", "1")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import raptorbt

VERSION = str(raptorbt.__version__)
AT_THE_END = "EndOfData"


def configured(job: Job) -> Any:
    """Give its form of a job's costs, stop and target.

    Raises:
        ValueError: the job has both a fixed and a trailing stop.
    """
    if job.stop is not None and job.trail is not None:
        message = "raptorbt has one stop: fixed or trailing"
        raise ValueError(message)
    config = raptorbt.BacktestConfig(
        initial_capital=CASH,
        fees=job.fee,
        fill_timing="same_bar_close",
        apply_slippage=False,
    )
    if job.stop is not None:
        config.set_fixed_stop(job.stop)
    if job.trail is not None:
        config.set_trailing_stop(job.trail)
    if job.target is not None:
        config.set_fixed_target(job.target)
    return config


def columns(job: Job, number: int) -> tuple[Any, ...]:
    """Give times and bars of one asset, each array on its own as it wants them."""
    bars = job.bars
    times = bars.times.astype("datetime64[ns]").astype(np.int64)
    prices = [np.ascontiguousarray(one[:, number]) for one in (bars.open, bars.high, bars.low)]
    return times, *prices, np.ascontiguousarray(bars.close[:, number]), np.ones(bars.length)


def signals(job: Job, number: int) -> tuple[Any, Any]:
    """Give the entries and exits of one asset."""
    entries, exits = (np.ascontiguousarray(one[:, number]) for one in (job.entries, job.exits))
    return entries, exits


def simulated(inputs: Sequence[tuple[Any, ...]], config: Any) -> list[Any]:
    """Run assets whose columns and signals are ready."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [raptorbt.run_single_backtest(*one, 1, 1.0, "A", config) for one in inputs]


def items(job: Job) -> list[Any]:
    """Give each column of signals as an item of a batch over the bars of one asset."""
    config = configured(job)
    marked = (signals(job, number) for number in range(job.entries.shape[1]))
    return [
        raptorbt.BatchSingleItem(str(number), *marks, 1, 1.0, "A", config)
        for number, marks in enumerate(marked)
    ]


def batched(bars: tuple[Any, ...], batch: list[Any]) -> list[Any]:
    """Run a batch over the columns of one asset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [result for _, result in raptorbt.batch_single_backtest(*bars, batch)]


def round_trips(job: Job) -> RoundTrips:
    """Run *job*, long only; quantity and profit are one unit's, as its own are all its cash's."""
    inputs = [(*columns(job, n), *signals(job, n)) for n in range(job.bars.width)]
    return trips_of(simulated(inputs, configured(job)))


def trips_of(results: Sequence[Any]) -> RoundTrips:
    """Give the trades of several results, but those that the end of the bars closed."""
    rows = [
        (number, trade)
        for number, one in enumerate(results)
        for trade in one.trades()
        if trade.exit_reason != AT_THE_END
    ]
    return RoundTrips.ordered(
        asset=[number for number, _ in rows],
        side=[trade.direction for _, trade in rows],
        entry_bar=[trade.entry_idx for _, trade in rows],
        entry_price=[trade.entry_price for _, trade in rows],
        exit_bar=[trade.exit_idx for _, trade in rows],
        exit_price=[trade.exit_price for _, trade in rows],
        quantity=np.ones(len(rows)),
        pnl=[trade.exit_price - trade.entry_price for _, trade in rows],
    )


def with_targets_at_levels(trips: RoundTrips, target: float) -> RoundTrips:
    """Fill long trades of one unit that left beyond their target at it."""
    price = np.minimum(trips.exit_price, trips.entry_price * (1 + target))
    return replace(trips, exit_price=price, pnl=price - trips.entry_price)
