"""W2: 252 bars of 500 assets with a stop and a target, on the compiled path."""

from __future__ import annotations

from benchmarks.peers import with_highwater
from benchmarks.peers.jobs import differences
from benchmarks.peers.workloads import w2
from engine.backtest.profiles import ProfileName
from engine.backtest.results import Backtest
from engine.backtest.run import Path, run


class BacktestW2:
    """Signals in, trades and equity out."""

    name = "backtest_w2"

    def __init__(self) -> None:
        self.job = w2()
        self.signals = with_highwater.signals(self.job)
        self.setup = with_highwater.setup(self.job, ProfileName.OURS)

    def iterate(self, number: int) -> None:
        """Run it."""
        del number
        self._run(Path.WIDE)

    def verify(self) -> None:
        """Compare with the plain path, to the last bit."""
        compiled, plain = self._run(Path.WIDE), self._run(Path.PYTHON)
        trips = [with_highwater.trips_of(one) for one in (compiled, plain)]
        assert len(trips[0]) > self.job.bars.width
        assert differences(*trips) == []
        assert compiled.equity.tobytes() == plain.equity.tobytes()

    def _run(self, path: Path) -> Backtest:
        return run(self.job.bars, self.signals, self.setup, path=path)
