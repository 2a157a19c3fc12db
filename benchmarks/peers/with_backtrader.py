"""Jobs run by backtrader, an asset after the other, entries as brackets.

Its averages of a position's price lose the last bit, so money is compared to 1e-9. A bracket's
children are cancelled by the strategy when it leaves: the broker would test them before the
market order.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from benchmarks.peers.jobs import CASH, Job, RoundTrips, joined
from benchmarks.peers.one_asset import codes, frame, levels, wishes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import backtrader

VERSION = str(backtrader.__version__)


class Fill(NamedTuple):
    """One order that was carried out."""

    bar: int
    units: float  # signed
    price: float
    fee: float
    pnl: float  # before fees; 0 for an entry


class Signalled(backtrader.Strategy):  # type: ignore[misc]
    """Follows a job's signals of one asset, and notes its fills."""

    params = (("job", None),)

    def __init__(self) -> None:
        self.marks = codes(self.p.job)
        self.fills: list[Fill] = []
        self.children: list[Any] = []

    def next(self) -> None:
        """Give the orders of this close."""
        leave, side = wishes(self.marks, len(self) - 1, self.position.size)
        if leave:
            for child in self.children:
                self.cancel(child)
            self.close()
        if side:
            self._enter(side)

    def _enter(self, side: int) -> None:
        stop, target = levels(self.p.job, self.data.close[0], side)
        order, back = (self.buy, self.sell) if side > 0 else (self.sell, self.buy)
        kinds = ((backtrader.Order.Stop, stop), (backtrader.Order.Limit, target))
        wanted = [(kind, price) for kind, price in kinds if price is not None]
        parent = order(size=1, transmit=not wanted)
        self.children = [
            back(size=1, exectype=kind, price=price, parent=parent, transmit=last)
            for (kind, price), last in zip(wanted, _last(len(wanted)), strict=True)
        ]

    def notify_order(self, order: Any) -> None:
        """Note a fill."""
        if order.status == order.Completed:
            done = order.executed
            self.fills.append(Fill(len(self) - 1, done.size, done.price, done.comm, done.pnl))


def round_trips(job: Job) -> RoundTrips:
    """Run *job*; what is open at the end is left away."""
    return joined([_trips_of(simulated(job.asset(n)).fills) for n in range(job.bars.width)])


def simulated(job: Job) -> Any:
    """Run the job of one asset: the strategy, with its fills.

    Raises:
        ValueError: the job has a trailing stop, which is one of closes there.
    """
    if job.trail is not None:
        message = "backtrader's trailing stop follows closes, ours follows highs"
        raise ValueError(message)
    cerebro = backtrader.Cerebro(stdstats=False)
    cerebro.broker.setcash(CASH)
    cerebro.broker.setcommission(commission=job.fee)
    cerebro.adddata(backtrader.feeds.PandasData(dataname=frame(job)))
    cerebro.addstrategy(Signalled, job=job)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (strategy,) = cerebro.run()
    return strategy


def _last(count: int) -> list[bool]:
    return [number == count for number in range(1, count + 1)]


def _trips_of(fills: Sequence[Fill]) -> RoundTrips:
    """Pair entries with exits: there is one unit at most."""
    pairs = list(zip(fills[::2], fills[1::2], strict=False))
    return RoundTrips.ordered(
        asset=[0 for _ in pairs],
        side=[1 if entry.units > 0 else -1 for entry, _ in pairs],
        entry_bar=[entry.bar for entry, _ in pairs],
        entry_price=[entry.price for entry, _ in pairs],
        exit_bar=[leave.bar for _, leave in pairs],
        exit_price=[leave.price for _, leave in pairs],
        quantity=[abs(leave.units) for _, leave in pairs],
        pnl=[leave.pnl - entry.fee - leave.fee for entry, leave in pairs],
    )
