"""The time of a benchmark suite: whose fault it is that it is up, and what is made of the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from engine.dealing import Pair, pair
from engine.orders import BenchmarkEvidence
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import report
from tests.fakes.own_machine import have_no_steal
from tests.fakes.tasks import Files, task_of
from worker import cpus
from worker.machine import ranked_cpus
from worker.suites import DRIVERS, benchmark, session
from worker.suites import task as tasks
from worker.suites.foreign import Foreign
from worker.suites.launch import Launched
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
Reserve = partial[Any]


@pytest.fixture(autouse=True)
def reserved(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Reserve:
    """Reserve CPUs from this test alone, not from others that run meanwhile."""
    ours = partial(cpus.reserved, folder=tmp_path_factory.mktemp("locks"))
    monkeypatch.setattr(session, "reserved", ours)
    return ours


def costing(monkeypatch: pytest.MonkeyPatch, seconds: Mapping[Side, float]) -> None:
    """Let a launch take so long a case, on a clock that nothing else moves."""
    now = [time.monotonic()]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    for module in (benchmark, session, tasks):
        monkeypatch.setattr(module, "time", clock)
    launch = Foreign.launch

    def launched(self: Foreign, pair: Pair, side: Side, cases: Sequence[str] | None) -> Launched:
        left_s = self._task.remaining_s()
        made = launch(self, pair, side, cases)
        takes_s = seconds[side] * len(made.measured)
        now[0] += min(takes_s, left_s)
        if takes_s > left_s:
            raise OutOfTimeError(step="command", tail="", side=side)
        return replace(made, finished=replace(made.finished, wall_s=takes_s))

    monkeypatch.setattr(Foreign, "launch", launched)


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
def test_a_head_a_little_slower_than_its_share_is_not_to_blame(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    costing(monkeypatch, {Side.BASE: 1.5, Side.HEAD: 3.0})  # 18 s of 21 s, and 36 s
    with pytest.raises(TooSlowError, match=r"one pair takes about 36 s, timeout_s is 900"):
        measure(seeded(seed, tmp_path, {}, left_s=42.0))


@whoever_is_first
def test_a_head_that_hangs_is_to_blame_where_base_ends_in_an_equal_share(
    tmp_path: Path, seed: int
) -> None:
    said = r"was stopped: its share of the time of the suite \(timeout_s: 900\) was up"
    with pytest.raises(OutOfTimeError, match=said) as caught:
        measure(seeded(seed, tmp_path, {"cost": "60"}, left_s=4.0))
    assert caught.value.side is Side.HEAD


def test_what_does_not_fit_is_measured_in_parts_that_are_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_no_steal(monkeypatch)
    costing(monkeypatch, dict.fromkeys(Side, 0.05))
    task = task_of(tmp_path, FILES, **SUITE, max_minutes=0.08)
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
    assert "max_minutes: 0.08 ended it after " in " ".join(verdict.caveats)


def test_a_suite_that_fits_is_measured_as_one(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, FILES, **SUITE, max_minutes=2))
    assert (evidence.stopped_by, {len(one.measured) for one in evidence.launches}) == (None, {12})


def test_while_no_cpu_is_free_it_is_measured_all_the_same_and_told(
    tmp_path: Path, reserved: Reserve
) -> None:
    task = task_of(tmp_path, FILES, **SUITE, left_s=4.0)
    with reserved(len(ranked_cpus())):
        evidence = measure(task)
    assert {one.conditions.alone for one in evidence.launches} == {False}


def test_a_cpu_that_gets_free_is_waited_for(tmp_path: Path, reserved: Reserve) -> None:
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
