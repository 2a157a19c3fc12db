"""Verifies, times and weighs the engines on one workload (``compare`` is the command)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.peers.contenders import OURS, PEERS, Contender, versions
from benchmarks.peers.rounds import interleaved, peak_mib, tenth_percentile
from benchmarks.peers.with_highwater import use_kernel_cache
from benchmarks.peers.works import Work, work_of

ROUNDS = {"w1": 30, "w2": 30, "w3": 15, "w4": 5}
BARS = {
    "w2": {"vectorbt": 12.0, "raptorbt": 10.0},
    "w3": {"vectorbt": 50.0, "raptorbt": 6.0},
}
Found = dict[str, Any]


def compared(workload: str, rounds: int | None, threads: int) -> Found:
    """Give the line of *workload*."""
    use_kernel_cache()
    work = work_of(workload)
    names = (OURS, *PEERS)
    engines: dict[str, Found] = {}
    timed = {}
    for name in names:
        one = work.contender(name)
        engines[name] = _verified(work, name, one)
        if one is not None and "share" in engines[name]:
            timed[name] = one
    _time(engines, timed, rounds or ROUNDS[workload])
    _relate(engines, BARS.get(workload, {}))
    for name in timed:
        engines[name]["peak_mib"] = _peak_of(workload, name, threads)
    ours = engines[OURS].get("p10_ms")
    return {
        "benchmark": f"peers_{workload}",
        "events": work.events,
        "rounds": rounds or ROUNDS[workload],
        "threads": threads,
        "events_per_s": None if ours is None else round(work.events / ours * 1e3),
        "engines": engines,
        "versions": versions([*PEERS, "vectorbt-rust", "numba", "numpy"]),
    }


def peak(workload: str, engine: str) -> float:
    """Run an engine once in this process, and give the most memory that it has held, in MiB."""
    use_kernel_cache()
    one = work_of(workload).contender(engine)
    if one is None:
        message = f"{engine} is not installed"
        raise SystemExit(message)
    one.work()
    return peak_mib()


def _verified(work: Work, name: str, one: Contender | None) -> Found:
    if one is None:
        return {"missing": work.absence(name)}
    apart = list(one.apart(one.work()))
    return {"apart": apart} if apart else {"share": one.share}


def _time(engines: dict[str, Found], timed: Mapping[str, Contender], rounds: int) -> None:
    samples = interleaved({name: one.work for name, one in timed.items()}, rounds)
    for name, one in timed.items():
        engines[name]["p10_ms"] = round(1e3 * tenth_percentile(samples[name]) / one.share, 4)


def _relate(engines: dict[str, Found], bars: Mapping[str, float]) -> None:
    ours = engines[OURS].get("p10_ms")
    for name in PEERS:
        if ours is not None and "p10_ms" in engines[name]:
            engines[name]["ratio"] = round(engines[name]["p10_ms"] / ours, 2)
            engines[name]["bar"] = bars.get(name)


def _peak_of(workload: str, engine: str, threads: int) -> float:
    """Run *engine* alone in a process of its own."""
    argv = [sys.executable, "-m", "benchmarks.peers.compare", workload, "--peak", engine]
    argv += ["--threads", str(threads)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    found: float = json.loads(done.stdout)["peak_mib"]
    return found
