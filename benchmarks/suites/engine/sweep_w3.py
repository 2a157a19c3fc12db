"""W3: 1,000 pairs of crossing averages over 5,000 bars, with a stop and a target."""

from __future__ import annotations

from benchmarks.peers.contenders import OURS, Contender
from benchmarks.peers.sweep_work import SweepWork
from benchmarks.peers.workloads import w3


class SweepW3:
    """Signals in, the profit and the number of trades of each pair out."""

    name = "sweep_w3"

    def __init__(self) -> None:
        contender = SweepWork(w3(), few=0, from_closes=False).contender(OURS)
        assert isinstance(contender, Contender)
        self.contender = contender

    def iterate(self, number: int) -> None:
        """Run them all."""
        del number
        self.contender.work()

    def verify(self) -> None:
        """Compare the trades of some pairs with the plain path's, and count those of all."""
        assert self.contender.apart(self.contender.work()) == []
