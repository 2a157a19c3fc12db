"""W1 and W2: one job of bars and signals, every asset by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.peers import with_highwater
from benchmarks.peers.contenders import OURS, Contender, adapter
from benchmarks.peers.jobs import Job, RoundTrips, differences
from engine.backtest.profiles import ProfileName
from engine.backtest.run import Path, run

SLOW = {"backtesting": ProfileName.BACKTESTING, "backtrader": ProfileName.BACKTRADER}
ROUNDING = 1e-9  # of the notional: raptorbt's and backtrader's sums are in another order


@dataclass(frozen=True, slots=True)
class PanelWork:
    """Bars, signals, a stop and a target; ``few`` assets are what slow engines are given."""

    job: Job
    few: int
    path: Path

    @property
    def events(self) -> int:
        """How many bars of an asset."""
        return int(self.job.bars.close.size)

    def contender(self, name: str) -> Contender | None:
        """Prepare an engine; None: it is not installed."""
        if name == OURS:
            return self._ours()
        peer = adapter(name)
        if peer is None:
            return None
        if name in SLOW:
            return self._slow(name, peer)
        return self._raptorbt(peer) if name == "raptorbt" else self._vectorbt(peer)

    def absence(self, name: str) -> str:
        """Say why an engine takes no part."""
        return f"{name} is not installed"

    def _ours(self) -> Contender:
        signals = with_highwater.signals(self.job)
        setup = with_highwater.setup(self.job, ProfileName.VECTORBT)
        return Contender(
            name=OURS,
            work=lambda: run(self.job.bars, signals, setup, path=self.path),
            apart=lambda done: differences(with_highwater.trips_of(done), self._filled_at_close()),
        )

    def _vectorbt(self, peer: Any) -> Contender:
        return Contender(
            name="vectorbt",
            work=lambda: peer.portfolio(self.job),
            apart=lambda done: differences(self._filled_at_close(), peer.trips_of(done)),
        )

    def _raptorbt(self, peer: Any) -> Contender:
        job = self.job
        inputs = [(*peer.columns(job, n), *peer.signals(job, n)) for n in range(job.bars.width)]
        config = peer.configured(job)

        def apart(done: Any) -> list[str]:
            ours = peer.with_targets_at_levels(self._filled_at_close(), job.target)
            return differences(ours, peer.trips_of(done), ROUNDING)

        return Contender(
            name="raptorbt",
            work=lambda: peer.simulated(inputs, config),
            apart=apart,
        )

    def _slow(self, name: str, peer: Any) -> Contender:
        job = self.job.assets(slice(self.few))
        return Contender(
            name=name,
            work=lambda: peer.round_trips(job),
            apart=lambda trips: differences(_plain(job, SLOW[name]), trips, ROUNDING),
            share=self.few / self.job.bars.width,
        )

    def _filled_at_close(self) -> RoundTrips:
        return _plain(self.job, ProfileName.VECTORBT)


def _plain(job: Job, profile: ProfileName) -> RoundTrips:
    """Give what our slowest path says."""
    return with_highwater.round_trips(job, profile, Path.PYTHON)
