"""Highwater and its peers on one workload, in turns in one process: one JSON line.

    python -m benchmarks.peers.compare w2 [--rounds 30] [--threads 1]

    w1  5,000 bars of one asset
    w2  252 bars of 500 assets
    w3  1,000 combinations of two crossing averages over 5,000 bars
    w4  10,000 such combinations, from the closes on: their averages and signals are timed too

All have a stop of 4 % and a target of 8 %, one unit a trade, and no costs. Before any time is
taken, each engine's trades are compared with those of our plain Python path in the profile of that
engine. A ratio is the tenth percentile of a peer's times over that of ours. vectorbt is timed
until its orders are filled; its trades and equity, which ours has by then, are computed on demand
and not timed. Peak memory is that of a process of its own that runs the workload once.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys

THREADS = ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON")
WORKLOADS = ("w1", "w2", "w3", "w4")


def main() -> int:
    """Compare, and print the line; 1 where a result is not ours."""
    options = _options()
    for name in THREADS:  # before anything that reads them is imported
        os.environ[f"{name}_NUM_THREADS"] = str(options.threads)
    comparison = importlib.import_module("benchmarks.peers.comparison")
    if options.peak is not None:
        print(json.dumps({"peak_mib": comparison.peak(options.workload, options.peak)}))
        return 0
    line = comparison.compared(options.workload, options.rounds, options.threads)
    print(json.dumps(line))
    return int(any("apart" in one for one in line["engines"].values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--rounds", type=int, help="interleaved rounds; default: by workload")
    parser.add_argument("--threads", type=int, default=1, help="of every engine; default: 1")
    parser.add_argument("--peak", help="run this engine alone, once, and print its peak memory")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
