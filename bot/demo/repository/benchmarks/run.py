"""Time the strategies' hot paths: one launch, samples of process CPU time, written as JSON.

Cases take turns over half a second, so that a disturbance cannot spoil all samples of one
of them. CPU time leaves out what other processes take; the fastest sample of a launch is
what the hardware can do.

    python -m benchmarks.run --out samples.json            # all cases
    python -m benchmarks.run --out samples.json trend_signals
    python -m benchmarks.run --list
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from strategies import evaluation, mean_reversion, trend
from strategies.market import Bars, load_bars

ROUNDS = 180
WARM_UP = 5
TREND_GRID = [(fast, slow) for fast in (10, 20, 30, 50) for slow in (100, 150, 200, 250)]
REVERSION_GRID = [(window, entry) for window in (5, 10) for entry in (1.0, 1.5)]


def cases(bars: Bars) -> dict[str, Callable[[], object]]:
    """What is timed, by name; each call is about a millisecond of work."""
    wanted = trend.positions(bars, 50, 200)
    return {
        "trend_signals": lambda: [trend.positions(bars, f, s) for f, s in TREND_GRID],
        "mean_reversion_signals": lambda: [
            mean_reversion.positions(bars, w, e) for w, e in REVERSION_GRID
        ],
        "returns_and_figures": lambda: [
            evaluation.figures(evaluation.net_returns(bars, wanted)) for _ in range(10)
        ],
    }


def measure(chosen: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Samples in seconds of CPU time by case, taken in turns."""
    for call in chosen.values():
        for _ in range(WARM_UP):
            call()
    samples: dict[str, list[float]] = {name: [] for name in chosen}
    for _ in range(ROUNDS):
        for name, call in chosen.items():
            start = time.process_time()
            call()
            samples[name].append(time.process_time() - start)
    return samples


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--list", action="store_true", help="name the cases, one a line")
    parser.add_argument("case", nargs="*")
    args = parser.parse_args()
    known = cases(load_bars())
    if args.list:
        print("\n".join(known))
        return
    unknown = sorted(set(args.case) - set(known))
    if unknown or args.out is None:
        parser.error(f"no such case: {', '.join(unknown)}" if unknown else "--out is missing")
    measured = measure({name: known[name] for name in args.case or known})
    launches = [
        {"case": name, "metric": "cpu", "unit": "s", "better": "lower", "samples": samples}
        for name, samples in measured.items()
    ]
    args.out.write_text(json.dumps({"schema_version": 1, "launches": launches}))


if __name__ == "__main__":
    main()
