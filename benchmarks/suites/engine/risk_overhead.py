"""What armed rules cost a strategy in Python that holds everything all the time."""

from __future__ import annotations

import time

from benchmarks.peers.jobs import differences
from benchmarks.peers.strategies import HoldingAll
from benchmarks.peers.with_highwater import run_form, trips_of
from benchmarks.peers.workloads import random_bars
from engine.backtest.results import Backtest
from engine.backtest.run import Path

RUNS = 2  # in each half of a pair, so that it is long enough for the clock


class RiskOverhead:
    """Rules that never fire, over none."""

    name = "risk_overhead_steady_state"

    def __init__(self) -> None:
        self.bars = random_bars(2, 252, 500)

    def verify(self) -> None:
        """See that the rules change nothing, and that every asset is held to the end."""
        bare, armed = self._run(armed=False), self._run(armed=True)
        assert differences(trips_of(bare), trips_of(armed)) == []
        assert len(bare.open.asset) == len(armed.open.asset) == self.bars.width
        assert bare.equity.tobytes() == armed.equity.tobytes()

    def ratios(self, pairs: int) -> tuple[float, ...]:
        """Time pairs in turns, every other one backwards."""
        found = []
        for number in range(pairs):
            order = (False, True) if number % 2 else (True, False)
            taken = {armed: self._seconds(armed=armed) for armed in order}
            found.append(taken[True] / taken[False])
        return tuple(found)

    def _seconds(self, *, armed: bool) -> float:
        started = time.process_time()
        for _ in range(RUNS):
            self._run(armed=armed)
        return time.process_time() - started

    def _run(self, *, armed: bool) -> Backtest:
        return run_form(HoldingAll(armed=armed), self.bars, Path.WIDE)
