"""A job as the engines take it that run one asset, a bar at a time."""

from __future__ import annotations

import pandas as pd

from benchmarks.peers.jobs import Job


def levels(job: Job, basis: float, side: int) -> tuple[float | None, float | None]:
    """Give the prices of stop and target of an order whose basis price is *basis*."""
    stop = None if job.stop is None else basis * (1 - side * job.stop)
    target = None if job.target is None else basis * (1 + side * job.target)
    return stop, target


def codes(job: Job) -> tuple[list[bool], ...]:
    """Give the signals of the first asset as lists: a bar at a time is read from them."""
    nothing = [False] * job.bars.length
    given = (job.entries, job.exits, job.short_entries, job.short_exits)
    return tuple(nothing if marks is None else marks[:, 0].tolist() for marks in given)


def wishes(marks: tuple[list[bool], ...], at: int, held: float) -> tuple[bool, int]:
    """Say whether to close what is *held*, and which side to enter: 1, -1 or 0.

    Contradicting signals enter nothing; an entry opposite to what is held closes it too.
    """
    enter, leave, enter_short, leave_short = (column[at] for column in marks)
    if enter and enter_short:
        return (leave and held > 0) or (leave_short and held < 0), 0
    if held > 0:
        return leave or enter_short, -int(enter_short)
    if held < 0:
        return leave_short or enter, int(enter)
    return False, int(enter and not leave) - int(enter_short and not leave_short)


def frame(job: Job) -> pd.DataFrame:
    """Give the bars of a job's first asset in its form."""
    bars = job.bars
    columns = {name.capitalize(): getattr(bars, name)[:, 0] for name in _PRICES}
    return pd.DataFrame(columns, index=pd.DatetimeIndex(bars.times))


_PRICES = ("open", "high", "low", "close")
