"""The time of a benchmark suite: whose fault it is that it is up, and what is made of the rest."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.dealing import pair
from engine.orders import BenchmarkEvidence
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import report
from tests.fakes.tasks import Files, task_of
from worker.cpus import reserved
from worker.machine import ranked_cpus
from worker.suites import DRIVERS
from worker.suites.task import OutOfTimeError, Task, TooSlowError

BENCH = """\
import json, sys, time
cases = sys.argv[2:] or [f"case{n:02}" for n in range(12)]
cost = float(open("cost").read())
time.sleep(cost * len(cases))
launches = [{"case": one, "metric": "wall", "unit": "s", "better": "lower", "samples": [1.0, 1.001]}
            for one in cases]
json.dump({"schema_version": 1, "launches": launches}, open(sys.argv[1], "w"))
"""
FILES: Files = {"bench.py": BENCH, "cost": "0"}
SUITE: dict[str, Any] = {
    "kind": "benchmark",
    "format": "samples",
    "command": ["python", "bench.py", "{out}", "{cases}"],
}
FIRST = [
    next(seed for seed in range(99) if pair(seed, 0).first is side)
    for side in (Side.BASE, Side.HEAD)
]
whoever_is_first = pytest.mark.parametrize("seed", FIRST, ids=["base-first", "head-first"])


def measure(task: Task) -> BenchmarkEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, BenchmarkEvidence)
    return evidence


def seeded(seed: int, folder: Path, head: Files, **more: Any) -> Task:
    task = task_of(folder, {**FILES, **more.pop("base", {})}, head, **SUITE, **more)
    object.__setattr__(task, "order", msgspec.structs.replace(task.order, seed=seed))
    return task


@whoever_is_first
def test_a_suite_too_slow_for_its_time_is_nobodys_fault(tmp_path: Path, seed: int) -> None:
    slow = {"cost": "0.5"}
    with pytest.raises(TooSlowError, match=r"one pair takes more than \d s, timeout_s is 900"):
        measure(seeded(seed, tmp_path, {}, base=slow, left_s=2.0))


@whoever_is_first
def test_a_head_a_little_slower_than_its_share_is_not_to_blame(tmp_path: Path, seed: int) -> None:
    base, head = {"cost": "0.15"}, {"cost": "0.3"}  # 1.8 s of 2.0 s, and 3.6 s
    with pytest.raises(TooSlowError, match=r"one pair takes (about|more than) \d s, timeout_s"):
        measure(seeded(seed, tmp_path, head, base=base, left_s=4.2))


@whoever_is_first
def test_a_head_that_hangs_is_to_blame_where_base_ends_in_an_equal_share(
    tmp_path: Path, seed: int
) -> None:
    said = r"was stopped: its share of the time of the suite \(timeout_s: 900\) was up"
    with pytest.raises(OutOfTimeError, match=said) as caught:
        measure(seeded(seed, tmp_path, {"cost": "60"}, left_s=4.0))
    assert caught.value.side is Side.HEAD


def test_what_does_not_fit_is_measured_in_parts_that_are_decided(tmp_path: Path) -> None:
    task = task_of(tmp_path, {**FILES, "cost": "0.05"}, **SUITE, max_minutes=0.13)
    evidence = measure(task)
    assert evidence.stopped_by == "max_minutes"

    found = report(task.order, evidence)
    verdict = judge_run(task.order, RunTerms(), found)
    rows = [one for one in verdict.findings if one.case]
    decided = [one for one in rows if one.outcome is Outcome.PASS]
    undecided = [one for one in rows if one.outcome is Outcome.INCONCLUSIVE]
    assert len(decided) >= 1
    assert {one.pairs for one in decided} <= {5, 8}
    assert {one.pairs for one in undecided} & {1}
    assert "max_minutes: 0.13 ended it after " in " ".join(verdict.caveats)


def test_a_suite_that_fits_is_measured_as_one(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, FILES, **SUITE, max_minutes=2))
    assert (evidence.stopped_by, {len(one.measured) for one in evidence.launches}) == (None, {12})


def test_while_no_cpu_is_free_it_is_measured_all_the_same_and_told(tmp_path: Path) -> None:
    task = task_of(tmp_path, FILES, **SUITE, left_s=4.0)
    with reserved(len(ranked_cpus())):
        evidence = measure(task)
    assert {one.conditions.alone for one in evidence.launches} == {False}


def test_a_cpu_that_gets_free_is_waited_for(tmp_path: Path) -> None:
    task = task_of(tmp_path, FILES, **SUITE)
    started = threading.Event()

    def hold() -> None:
        with reserved(len(ranked_cpus())):
            started.set()
            time.sleep(1.0)

    holder = threading.Thread(target=hold)
    holder.start()
    started.wait()
    evidence = measure(task)
    holder.join()
    assert {one.conditions.alone for one in evidence.launches} == {True}
