"""What armed rules cost that never fire: one JSON line.

    python -m benchmarks.peers.risk_overhead [--rounds 30]

252 bars of 500 assets, traded by crossing averages and with every asset held from the first bar on.
Armed are a stop, a target, a trailing stop and a time exit, all out of reach; the same trades
come out with and without them, which is checked first. Compiled: nanoseconds a bar of an asset.
Python strategies: the time with rules over that without. Both are of tenth percentiles.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.jobs import differences
from benchmarks.peers.rounds import interleaved, options, tenth_percentile
from benchmarks.peers.strategies import (
    NEVER,
    Crossing,
    CrossingAll,
    Holding,
    HoldingAll,
)
from benchmarks.peers.with_highwater import TERMS, run_form, signals, trips_of, use_kernel_cache
from benchmarks.peers.workloads import w2
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.run import Path, Setup, run
from engine.backtest.signals import Signals

PYTHON_BAR = 1.03
COMPILED_BAR_NS = 1.0
FORMS = {
    "event_crossing": Crossing,
    "event_holding": Holding,
    "timestamp_crossing": CrossingAll,
    "timestamp_holding": HoldingAll,
}
Pair = tuple[Callable[[], Any], Callable[[], Any]]  # without rules, with them


def main() -> int:
    """Time every pair, and print the line."""
    rounds = options(__doc__, rounds=30).rounds
    use_kernel_cache()
    job = w2()
    pairs = {**_compiled(job.bars, signals(job)), **_python(job.bars)}
    for bare, armed in pairs.values():
        assert differences(trips_of(bare()), trips_of(armed())) == []
    works = {(name, at): pair[at] for name, pair in pairs.items() for at in (0, 1)}
    samples = interleaved({f"{name} {at}": work for (name, at), work in works.items()}, rounds)
    p10 = {name: tenth_percentile(values) for name, values in samples.items()}
    events = job.bars.close.size
    line = {
        "benchmark": "risk_overhead",
        "rounds": rounds,
        "compiled_ns_an_event": {
            name: round(1e9 * (p10[f"{name} 1"] - p10[f"{name} 0"]) / events, 3)
            for name in pairs
            if name not in FORMS
        },
        "python_ratio": {name: round(p10[f"{name} 1"] / p10[f"{name} 0"], 4) for name in FORMS},
        "bare_ms": {name: round(1e3 * p10[f"{name} 0"], 4) for name in pairs},
        "bars": {"compiled_ns_an_event": COMPILED_BAR_NS, "python_ratio": PYTHON_BAR},
    }
    print(json.dumps(line))
    return 0


def _compiled(bars: Bars, crossing: Signals) -> dict[str, Pair]:
    first = np.zeros(bars.close.shape, dtype=bool)
    first[0] = True
    given = {"compiled_crossing": crossing, "compiled_holding": Signals.of(first)}
    rules = RiskManager(NEVER).compiled(bars)

    def pair(wanted: Signals) -> Pair:
        bare, armed = (
            Setup(terms=TERMS, costs=Costs(), profile=PROFILES[ProfileName.OURS], rules=one)
            for one in (None, rules)
        )
        return (
            lambda: run(bars, wanted, bare, path=Path.WIDE),
            lambda: run(bars, wanted, armed, path=Path.WIDE),
        )

    return {name: pair(wanted) for name, wanted in given.items()}


def _python(bars: Bars) -> dict[str, Pair]:
    def pair(kind: Any) -> Pair:
        return (
            lambda: run_form(kind(armed=False), bars, Path.WIDE),
            lambda: run_form(kind(armed=True), bars, Path.WIDE),
        )

    return {name: pair(kind) for name, kind in FORMS.items()}


if __name__ == "__main__":
    sys.exit(main())
