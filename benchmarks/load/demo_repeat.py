"""Runs the demonstration again and again on a machine that is busy: do the outcomes hold?

    python benchmarks/load/demo_repeat.py            # 20 runs, one busy process per core
    python benchmarks/load/demo_repeat.py --runs 3 --busy 0

Prints one JSON line: the ratio of runs that ended as expected (it must be 1), how long they
took, and every other ending. Ends with 0 when the ratio is 1, else with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

EXPECTED = {"slower": "failure", "docs": "skipped", "refactor": "success"}
BUSY = "while True: pass"
LIMIT_S = 900.0


def main() -> int:
    """Run the demonstration, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--busy", type=int, default=os.cpu_count() or 1, metavar="PROCESSES")
    args = parser.parse_args()
    with busy_processes(args.busy):
        endings = [timed_demo(number, args.runs) for number in range(1, args.runs + 1)]
    as_expected = sum(ending == EXPECTED for ending, _ in endings)
    line = {
        "benchmark": "demo_repeat",
        "runs": args.runs,
        "busy_processes": args.busy,
        "cpus": os.cpu_count(),
        "as_expected": as_expected,
        "ratio": as_expected / args.runs,
        "longest_s": round(max(seconds for _, seconds in endings), 1),
        "total_s": round(sum(seconds for _, seconds in endings), 1),
        "other_endings": [ending for ending, _ in endings if ending != EXPECTED],
    }
    print(json.dumps(line))
    return 0 if as_expected == args.runs else 1


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep *count* processes busy for as long as the block runs."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
        for process in busy:
            process.wait()


def timed_demo(number: int, runs: int) -> tuple[dict[str, str], float]:
    """Run the demonstration once; gives each branch's conclusion, and the seconds it took."""
    started = time.monotonic()
    ending = demo()
    seconds = time.monotonic() - started
    print(f"run {number} of {runs}: {seconds:.0f} s, {ending}", file=sys.stderr, flush=True)
    return ending, seconds


def demo() -> dict[str, str]:
    """Run ``highwater demo``; a run that did not end with 0 gives its exit code and last line."""
    command = [sys.executable, "-P", "-m", "bot.cli.main", "demo", "--format", "json"]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if finished.returncode != 0:
        last = finished.stderr.strip().splitlines()[-1:]
        return {"exit_code": str(finished.returncode), "said": " ".join(last)}
    shown = json.loads(finished.stdout)
    return {one["branch"]: one["conclusion"] for one in shown["pull_requests"]}


if __name__ == "__main__":
    sys.exit(main())
