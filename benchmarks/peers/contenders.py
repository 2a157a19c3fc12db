"""Who takes part in a comparison, what each is timed on, and whether its result is ours."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

OURS = "highwater"
PEERS = ("vectorbt", "raptorbt", "backtesting", "backtrader")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One engine and its part of a workload, everything but the run itself prepared.

    ``share`` is how much of the workload it runs: its times are divided by it. Only engines that
    run one asset or combination after the other, each in the same time, are given less than all.
    """

    name: str
    work: Callable[[], Any]
    apart: Callable[[Any], Sequence[str]]  # what its result differs in from ours
    share: float = 1.0


def adapter(name: str) -> ModuleType | None:
    """Import a peer's adapter; None: the peer is not installed."""
    try:
        version(name)
    except PackageNotFoundError:
        return None
    return importlib.import_module(f"benchmarks.peers.with_{name}")


def versions(names: Sequence[str]) -> dict[str, str]:
    """Give the versions of those that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
