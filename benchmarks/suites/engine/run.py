"""The engine suite: our own backtest engine at work, each result verified.

python benchmarks/suites/engine/run.py --out samples.json            # all cases
python benchmarks/suites/engine/run.py --out samples.json backtest_w2
python benchmarks/suites/engine/run.py --list

``backtest_w2``: 252 bars of 500 assets with a stop and a target, compiled; ``sweep_w3``: 1,000
combinations of two crossing averages over 5,000 bars. Both in seconds of this process's CPU time.
``risk_overhead_steady_state``: a Python strategy that holds 500 assets for 252 bars, with rules
that never fire over the same without any, in turns: a ratio of CPU times.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for _library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):  # before numpy is imported below
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from benchmarks.peers.with_highwater import use_kernel_cache  # noqa: E402 - the threads come first
from benchmarks.suites.core.timing import sampled  # noqa: E402
from benchmarks.suites.engine.backtest_w2 import BacktestW2  # noqa: E402
from benchmarks.suites.engine.risk_overhead import RiskOverhead  # noqa: E402
from benchmarks.suites.engine.sweep_w3 import SweepW3  # noqa: E402

BATCHES = 20
CASES = {
    "backtest_w2": BacktestW2,
    "sweep_w3": SweepW3,
    "risk_overhead_steady_state": RiskOverhead,
}
Launch = dict[str, Any]


def main() -> None:
    """Read the command line, verify, measure, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, help="the samples JSON to write")
    parser.add_argument("--list", action="store_true", help="name the cases, one a line")
    parser.add_argument("--batches", type=int, default=BATCHES, help="samples of each case")
    parser.add_argument("case", nargs="*", help="cases to measure; default: all")
    options = parser.parse_args()
    if options.list:
        print("\n".join(CASES))
        return
    unknown = [name for name in options.case if name not in CASES]
    if unknown or options.out is None:
        parser.error(f"no such case: {', '.join(unknown)}" if unknown else "--out is missing")
    launches = measured(options.case or [*CASES], options.batches)
    document = {"schema_version": 1, "launches": launches}
    options.out.write_text(json.dumps(document))


def measured(names: Sequence[str], batches: int) -> list[Launch]:
    """Check the results of the cases, then take their samples."""
    use_kernel_cache()
    cases = [CASES[name]() for name in names]
    for case in cases:
        case.verify()
    timed = [case for case in cases if not isinstance(case, RiskOverhead)]
    ratios = [case for case in cases if isinstance(case, RiskOverhead)]
    samples = sampled(timed, batches)
    return [
        *(_launch(name, values, "cpu", "s") for name, values in samples.items()),
        *(_launch(case.name, case.ratios(batches), "overhead", "ratio") for case in ratios),
    ]


def _launch(name: str, samples: Sequence[float], metric: str, unit: str) -> Launch:
    return {"case": name, "metric": metric, "unit": unit, "better": "lower", "samples": samples}


if __name__ == "__main__":
    main()
