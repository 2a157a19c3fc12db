"""W3 and W4: many pairs of averages over the bars of one asset, each with an account of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import with_highwater
from benchmarks.peers.contenders import OURS, Contender, adapter
from benchmarks.peers.jobs import CASH, Job, RoundTrips, differences, joined, numbered_on
from benchmarks.peers.workloads import Grid
from engine.backtest.lanes import Lanes
from engine.backtest.profiles import ProfileName
from engine.backtest.run import Path
from engine.backtest.signals import Signals

Codes = NDArray[np.uint8]
Averages = Mapping[int, NDArray[np.float64]]
Scores = tuple[NDArray[np.float64], NDArray[np.int64]]  # profit and number of trades of each pair

LANES = 250  # pairs at once: as many as the caches hold
SLOW = {"backtesting": ProfileName.BACKTESTING, "backtrader": ProfileName.BACKTRADER}
ROUNDING = 1e-9
COMPARED = 25  # pairs of W4 whose trades are compared one by one, evenly spread
TOO_SLOW = "not run: ten times its W3"


@dataclass(frozen=True, slots=True)
class SweepWork:
    """A grid of pairs; *few* are what slow engines are given, 0: they take no part.

    With *from_closes* the averages and signals are a part of the work.
    """

    grid: Grid
    few: int
    from_closes: bool

    @property
    def events(self) -> int:
        """How many bars are evaluated."""
        return len(self.grid.pairs) * self.grid.bars.length

    def absence(self, name: str) -> str:
        """Say why an engine takes no part."""
        return TOO_SLOW if name in SLOW and not self.few else f"{name} is not installed"

    def contender(self, name: str) -> Contender | None:
        """Prepare an engine; None: it is not installed, or too slow."""
        if name == OURS:
            return self._ours()
        peer = None if name in SLOW and not self.few else adapter(name)
        if peer is None:
            return None
        if name in SLOW:
            return self._slow(name, peer)
        return self._raptorbt(peer) if name == "raptorbt" else self._vectorbt(peer)

    def _ours(self) -> Contender:
        blocks = [slice(at, at + LANES) for at in range(0, len(self.grid.pairs), LANES)]
        terms = self.grid.job(slice(1))
        averages = None if self.from_closes else self.grid.averages()
        ready = averages and [self._codes(averages, one) for one in blocks]

        def codes() -> Iterable[Codes]:
            """Give the signals of one block after the other; where they are made, none is kept."""
            fresh = self.grid.averages()
            return (self._codes(fresh, one) for one in blocks)

        return Contender(
            name=OURS,
            work=lambda: self._scored(ready or codes(), terms),
            apart=lambda scores: self._apart(scores, ready or codes(), terms),
        )

    def _codes(self, averages: Averages, block: slice) -> Codes:
        entries, exits = self.grid.marks(averages, block)
        return Signals.of(entries, exits).codes

    def _lanes(self, terms: Job) -> Lanes:
        width = min(LANES, len(self.grid.pairs))
        return with_highwater.lanes(terms, ProfileName.VECTORBT, width)

    def _scored(self, blocks: Iterable[Codes], terms: Job) -> list[Scores]:
        """Give what a sweep wants to know of each pair, block by block."""
        lanes, found = self._lanes(terms), []
        for codes in blocks:
            done = lanes.run(codes)
            found.append((done.equity[-1] - CASH, done.trade_counts.copy()))
        return found

    def _apart(self, scores: Sequence[Scores], blocks: Iterable[Codes], terms: Job) -> list[str]:
        """Compare the trades of some pairs one by one, and of all how many there were."""
        lanes = self._lanes(terms)
        done = (lanes.run(codes) for codes in blocks)
        trips = numbered_on([with_highwater.trips_of(one) for one in done], LANES)
        counts = np.concatenate([counts for _, counts in scores])
        if not np.array_equal(np.bincount(trips.asset, minlength=len(counts)), counts):
            return ["the trades counted are not those that there are"]
        return differences(self._plain(), self._chosen(trips))

    def _vectorbt(self, peer: Any) -> Contender:
        ready = None if self.from_closes else self.grid.job()

        def work() -> Any:
            done = peer.portfolio(ready or self.grid.job())
            done.total_profit()
            return done

        return Contender(
            name="vectorbt",
            work=work,
            apart=lambda done: differences(self._plain(), self._chosen(peer.trips_of(done))),
        )

    def _raptorbt(self, peer: Any) -> Contender:
        columns = peer.columns(self.grid.job(slice(1)), 0)
        ready = None if self.from_closes else peer.items(self.grid.job())

        def apart(results: Any) -> list[str]:
            ours = peer.with_targets_at_levels(self._plain(), self.grid.target)
            return differences(ours, self._chosen(peer.trips_of(results)), ROUNDING)

        return Contender(
            name="raptorbt",
            work=lambda: peer.batched(columns, ready or peer.items(self.grid.job())),
            apart=apart,
        )

    def _slow(self, name: str, peer: Any) -> Contender:
        jobs = [*_single(self.grid.job(slice(self.few)))]
        profile = SLOW[name]

        def apart(trips: RoundTrips) -> list[str]:
            ours = [with_highwater.round_trips(job, profile, Path.PYTHON) for job in jobs]
            return differences(joined(ours), trips, ROUNDING)

        return Contender(
            name=name,
            work=lambda: joined([peer.round_trips(job) for job in jobs]),
            apart=apart,
            share=self.few / len(self.grid.pairs),
        )

    def _plain(self) -> RoundTrips:
        """Give the trades of the compared pairs by our slowest path."""
        jobs = [*_single(self.grid.job(self._compared()))]
        profile = ProfileName.VECTORBT
        return joined([with_highwater.round_trips(job, profile, Path.PYTHON) for job in jobs])

    def _compared(self) -> slice:
        return slice(None, None, max(1, len(self.grid.pairs) // COMPARED))

    def _chosen(self, trips: RoundTrips) -> RoundTrips:
        """Give the trades of the compared pairs of a whole result, numbered anew."""
        return trips.every(self._compared().step)


def _single(job: Job) -> Iterator[Job]:
    """Give the job of each pair alone."""
    for number in range(job.entries.shape[1]):
        part = slice(number, number + 1)
        yield Job(
            bars=job.bars,
            entries=job.entries[:, part],
            exits=job.exits[:, part],
            stop=job.stop,
            target=job.target,
        )
