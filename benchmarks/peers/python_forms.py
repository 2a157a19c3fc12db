"""How fast strategies written in Python are run: one JSON line.

    python -m benchmarks.peers.python_forms [--rounds 10]

Per event: 252 bars of 500 assets, a call for each bar of each asset. Per timestamp: 100,000 bars of
one asset, a call for each bar. ``watching`` looks and never trades, which is the engine's own cost;
``crossing`` follows two exponential averages and trades. A time is that of a whole run, fills and
equity included. What is not the strategy runs compiled, as it does by itself from two million bars
of an asset on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.peers.rounds import interleaved, options, tenth_percentile
from benchmarks.peers.strategies import Crossing, CrossingAll, Watching, WatchingAll
from benchmarks.peers.with_highwater import run_form, use_kernel_cache
from benchmarks.peers.workloads import random_bars
from engine.backtest.run import Path

EVENTS_BAR = 5e6
CALLS_BAR = 0.5e6
CALLS = 100_000


def main() -> int:
    """Time both forms, and print the line."""
    rounds = options(__doc__, rounds=10).rounds
    use_kernel_cache()
    panel, single = random_bars(2, 252, 500), random_bars(4, CALLS, 1)
    works: dict[str, Callable[[], Any]] = {
        "event_watching": lambda: run_form(Watching(), panel, Path.WIDE),
        "event_crossing": lambda: run_form(Crossing(), panel, Path.WIDE),
        "timestamp_watching": lambda: run_form(WatchingAll(), single, Path.NARROW),
        "timestamp_crossing": lambda: run_form(CrossingAll(), single, Path.NARROW),
    }
    assert len(works["event_crossing"]().trades) > CALLS / 100
    assert len(works["timestamp_crossing"]().trades) > CALLS / 100
    assert len(works["event_watching"]().trades) == 0
    samples = interleaved(works, rounds)
    calls = {"event": panel.close.size, "timestamp": single.length}
    speeds = {
        name: round(calls[name.partition("_")[0]] / tenth_percentile(values))
        for name, values in samples.items()
    }
    line = {
        "benchmark": "python_forms",
        "rounds": rounds,
        "per_s": speeds,
        "bars": {"event_watching": EVENTS_BAR, "timestamp_watching": CALLS_BAR},
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
