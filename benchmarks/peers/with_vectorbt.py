"""Jobs run by vectorbt's ``Portfolio.from_signals``, each asset an account of its own.

It has no time exit, and no fixed and trailing stop together (``sl_trail`` turns the one stop it
has into a trailing one); a slipped price is not clamped to the bar there, and targets slip too.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

from benchmarks.peers.jobs import CASH, Job, RoundTrips

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what its imports deprecate is not ours to mend
    import vectorbt

VERSION = str(vectorbt.__version__)
Engine = Literal["rust", "numba"]


def portfolio(job: Job, engine: Engine = "rust") -> Any:
    """Simulate.

    Raises:
        ValueError: the job has both a fixed and a trailing stop.
    """
    if job.stop is not None and job.trail is not None:
        message = "vectorbt has one stop: fixed or trailing"
        raise ValueError(message)
    fixed = job.stop if job.trail is None else job.trail
    stops = {"sl_stop": fixed, "tp_stop": job.target}
    shorts = {"short_entries": job.short_entries, "short_exits": job.short_exits}
    optional = {name: value for name, value in {**stops, **shorts}.items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return vectorbt.Portfolio.from_signals(
            job.bars.close,
            entries=job.entries,
            exits=job.exits,
            open=job.bars.open,
            high=job.bars.high,
            low=job.bars.low,
            sl_trail=job.trail is not None,
            **optional,
            size=1.0,
            fees=job.fee,
            init_cash=CASH,
            freq="1D",
            engine=engine,
        )


def round_trips(job: Job, engine: Engine = "rust") -> RoundTrips:
    """Run *job*; what is open at the end is left away."""
    return trips_of(portfolio(job, engine))


def trips_of(done: Any) -> RoundTrips:
    """Give the closed trades of a simulated portfolio."""
    records = done.trades.values
    closed = records[records["status"] == 1]
    return RoundTrips.ordered(
        asset=closed["col"],
        side=1 - 2 * closed["direction"].astype(int),
        entry_bar=closed["entry_idx"],
        entry_price=closed["entry_price"],
        exit_bar=closed["exit_idx"],
        exit_price=closed["exit_price"],
        quantity=closed["size"],
        pnl=closed["pnl"],
    )
