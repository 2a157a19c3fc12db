"""The workloads by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from benchmarks.peers.contenders import Contender
from benchmarks.peers.panel_work import PanelWork
from benchmarks.peers.sweep_work import SweepWork
from benchmarks.peers.workloads import w1, w2, w3, w4
from engine.backtest.run import Path


class Work(Protocol):
    """Something that each engine can be given."""

    @property
    def events(self) -> int:
        """How many bars of an asset or combination are evaluated."""

    def contender(self, name: str) -> Contender | None:
        """Prepare an engine; None: it is not installed."""

    def absence(self, name: str) -> str:
        """Say why an engine takes no part."""


def work_of(name: str) -> Work:
    """Draw the inputs of a workload."""
    makers: dict[str, Callable[[], Work]] = {
        "w1": lambda: PanelWork(w1(), few=1, path=Path.NARROW),
        "w2": lambda: PanelWork(w2(), few=5, path=Path.WIDE),
        "w3": lambda: SweepWork(w3(), few=2, from_closes=False),
        "w4": lambda: SweepWork(w4(), few=0, from_closes=True),
    }
    return makers[name]()
