"""Every executor gives the same rows."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from engine.sweep.grid import Point
from engine.sweep.rows import SweepRow
from tests.fakes.tasks import write_files
from worker.executors.local import executor
from worker.executors.points import Work
from worker.processes import scrubbed

CODE = """\
import os, random, time
def f(params, seed):
    i = params["i"]
    if i == 4: raise ValueError("four")
    if i == 5: os._exit(1)
    time.sleep(0.002 * (7 - i % 7))
    return {"metrics": {"is": {"m": random.random()}, "oos": {"m": i / 3}}, "trades": [seed]}
def nothing(params, seed):
    return {"metrics": {"is": {"m": 1.0}, "oos": {"m": 1.0}}}
def mixed(params, seed):
    while params["i"]: pass
    return nothing(params, seed)
"""


def work_of(root: Path, count: int, **changed: Any) -> Work:
    plain = {
        "root": write_files(root, {"s.py": CODE}),
        "file": "s.py",
        "name": "f",
        "points": [Point(index=i, id=f"p{i}", params={"i": i}, seed=i * 7) for i in range(count)],
        "python": Path(sys.executable),
        "environ": scrubbed(root),
        "deadline": time.monotonic() + 60,
    }
    return Work(**(plain | changed))


def untimed(rows: tuple[SweepRow, ...]) -> list[SweepRow]:
    return [msgspec.structs.replace(row, elapsed_s=0.0) for row in rows]


@pytest.mark.parametrize("jobs", [2, 3, None])
def test_a_pool_gives_the_rows_of_a_single_process(tmp_path: Path, jobs: int | None) -> None:
    work = work_of(tmp_path, 20)
    assert untimed(executor(jobs)(work)) == untimed(executor(1)(work))


def test_rows_are_in_the_order_of_the_points(tmp_path: Path) -> None:
    rows = executor(3)(work_of(tmp_path, 20))
    assert [row.id for row in rows] == [f"p{i}" for i in range(20)]


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_point_is_counted_once(tmp_path: Path, jobs: int) -> None:
    told: list[tuple[int, int]] = []
    executor(jobs)(work_of(tmp_path, 6, progress=lambda *done: told.append(done)))
    assert told == [(done, 6) for done in range(1, 7)]


def test_an_interruption_kills_the_processes_at_once(tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    work = work_of(tmp_path, 4, name="mixed", progress=interrupt, deadline=float("inf"))
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        executor(2)(work)
    assert time.monotonic() - started < 10
    assert not [
        child for child in psutil.Process().children() if "point.py" in str(child.cmdline())
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_overhead_of_a_point_is_below_two_milliseconds(tmp_path: Path, jobs: int) -> None:
    few, many = work_of(tmp_path, 1, name="nothing"), work_of(tmp_path, 1001, name="nothing")
    costs = [seconds(many, jobs) - seconds(few, jobs) for _ in range(3)]
    assert min(costs) / 1000 < 0.002


def seconds(work: Work, jobs: int) -> float:
    started = time.perf_counter()
    executor(jobs)(work)
    return time.perf_counter() - started
