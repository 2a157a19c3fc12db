"""What the process pool adds to a sweep's point: one JSON line.

A sweep of points that do nothing is all overhead. ``ratio_to_bar`` is its time a point over the
bar of 2 ms, with as many processes as there are processors.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.sweep.grid import Point
from worker.executors.local import executor, usable_cpus
from worker.executors.points import Work
from worker.processes import scrubbed

POINTS = 2_000
BAR_S = 0.002
NOTHING = (
    "def nothing(params, seed):\n    return {'metrics': {'is': {'m': 1.0}, 'oos': {'m': 1.0}}}\n"
)


def main() -> None:
    """Run the empty sweep and print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nothing.py").write_text(NOTHING)
        work = Work(
            root=Path(folder),
            file="nothing.py",
            name="nothing",
            points=[Point(index=i, id=str(i), params={"i": i}, seed=i) for i in range(POINTS)],
            python=Path(sys.executable),
            environ=scrubbed(Path(folder)),
        )
        started = time.perf_counter()
        rows = executor(None)(work)
        each_s = (time.perf_counter() - started) / POINTS
    assert all(row.status == "ok" for row in rows)
    found = {"benchmark": "sweep_pool_overhead", "ratio_to_bar": round(each_s / BAR_S, 3)}
    print(json.dumps({**found, "ms_a_point": round(each_s * 1e3, 4), "processes": usable_cpus()}))


if __name__ == "__main__":
    main()
