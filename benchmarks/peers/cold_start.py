"""How long a small run takes from nothing, in a fresh process: one JSON line.

    python -m benchmarks.peers.cold_start [--rounds 10]

``script``: 5,105 daily bars are read from a file and traded by a class of signals; ``command``: the
same by ``highwater backtest``, with everything that it writes. Neither imports a compiler, which is
checked. ``compiled``: 252 bars of 500 assets on the compiled path, its kernels compiled by an
earlier process. Seconds of the whole process, the tenth percentile and the median.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.rounds import options, tenth_percentile

ROOT = Path(__file__).resolve().parents[2]
BAR_S = 0.6
STRATEGY = """
import numpy as np
from highwater import Signals, SignalStrategy, StopLoss

class SmaCross(SignalStrategy):
    def signals(self, bars):
        sums = np.cumsum(np.vstack([np.zeros((1, 1)), bars.close]), axis=0)
        fast, slow = ((sums[n:] - sums[:-n]) / n for n in (20, 100))
        above = np.vstack([np.zeros((99, 1), bool), fast[80:] > slow])
        return Signals.of(entries=above, exits=~above)

    def rules(self):
        return (StopLoss(0.05),)
"""
SCRIPT = """
import sys
import numpy as np
from highwater import Bars, metrics_of, run
from strategy import SmaCross

with open("sp500.csv") as file:
    rows = [line.split(",") for line in file][1:]
prices = np.array([row[1:5] for row in rows], dtype=float)
columns = {n: prices[:, [k]].copy() for k, n in enumerate(("open", "high", "low", "close"))}
times = np.array([row[0] for row in rows], dtype="datetime64[D]")
done = run(SmaCross(), Bars(times=times, symbols=("SPX",), **columns))
print(metrics_of(done, periods_per_year=252).sharpe, len(done.trades))
assert len(done.trades) > 20 and "numba" not in sys.modules
"""
SPEC = "strategy: strategy.py:SmaCross\ndata: sp500.csv\n"
COMPILED = """
from benchmarks.peers.panel_work import PanelWork
from benchmarks.peers.with_highwater import use_kernel_cache
from benchmarks.peers.workloads import w2
from engine.backtest.run import Path

use_kernel_cache()
done = PanelWork(w2(), few=1, path=Path.WIDE).contender("highwater").work()
assert len(done.trades) > 3_000
"""


def main() -> int:
    """Start processes, and print the line."""
    rounds = options(__doc__, rounds=10).rounds
    with tempfile.TemporaryDirectory() as name:
        folder = _repository(Path(name))
        starts: dict[str, Sequence[str]] = {
            "script": [sys.executable, "run.py"],
            "command": [str(Path(sys.executable).parent / "highwater"), "backtest", "spec.yaml"],
            "compiled": [sys.executable, "-c", COMPILED],
        }
        seconds: dict[str, list[float]] = {name: [] for name in starts}
        for _ in range(rounds + 1):
            for kind, argv in starts.items():
                seconds[kind].append(_seconds(argv, folder))
    found = {kind: values[1:] for kind, values in seconds.items()}  # the first one warms caches
    line = {
        "benchmark": "cold_start",
        "rounds": rounds,
        "p10_s": {kind: round(tenth_percentile(values), 3) for kind, values in found.items()},
        "median_s": {kind: round(statistics.median(v), 3) for kind, v in found.items()},
        "first_s": {kind: round(values[0], 3) for kind, values in seconds.items()},
        "bar_s": BAR_S,
    }
    print(json.dumps(line))
    return 0


def _repository(folder: Path) -> Path:
    files = {"strategy.py": STRATEGY, "run.py": SCRIPT, "spec.yaml": SPEC}
    for name, text in files.items():
        (folder / name).write_text(text)
    shutil.copy(ROOT / "benchmarks/data/sp500.csv", folder)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def _seconds(argv: Sequence[str], folder: Path) -> float:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    started = time.perf_counter()
    subprocess.run(argv, cwd=folder, env=environ, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
