"""Benchmarks that our own harness measures, on real processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.orders import BenchmarkEvidence
from engine.samples import Launch
from engine.values import Side
from tests.fakes.tasks import Files, task_of
from worker.suites import DRIVERS
from worker.suites.task import Task

WORK = """\
def work():
    return sum(range(40_000))
"""
CASES = """\
import work

def bench_sum():
    return work.work()

def setup_sorted():
    return list(range(3000, 0, -1))

def bench_sorted(values):
    return sorted(values)
"""
FILES: Files = {"benchmarks/cases.py": CASES, "work.py": WORK}
SPEC: dict[str, Any] = {"kind": "benchmark", "spec": "benchmarks/cases.py"}
ONE_PAIR: dict[str, Any] = {**SPEC, "max_minutes": 0.0001}


def measure(task: Task) -> BenchmarkEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, BenchmarkEvidence)
    return evidence


def one_pair(folder: Path, files: Files, head: Files | None = None, **suite: Any) -> Any:
    return measure(task_of(folder, files, head, **{**ONE_PAIR, **suite}))


def found(evidence: BenchmarkEvidence, side: Side, case: str, metric: str = "wall") -> Launch:
    return next(
        one
        for launch in evidence.launches
        for one in launch.measured
        if launch.side is side and (one.case, one.metric) == (case, metric)
    )


def change(evidence: BenchmarkEvidence, metric: str) -> float:
    """Give head/base - 1 of the fastest samples of all launches of case ``sum``."""
    levels = {
        side: min(
            min(one.samples)
            for launch in evidence.launches
            for one in launch.measured
            if launch.side is side and (one.case, one.metric) == ("sum", metric)
        )
        for side in Side
    }
    return levels[Side.HEAD] / levels[Side.BASE] - 1


def test_cases_are_listed_and_measured_on_both_clocks(tmp_path: Path) -> None:
    evidence = one_pair(tmp_path, FILES)

    assert evidence.listed_base == evidence.listed_head == ("sorted", "sum")
    for launch in evidence.launches:
        measured = {(one.case, one.metric): one for one in launch.measured}
        assert set(measured) == {(c, m) for c in ("sorted", "sum") for m in ("wall", "cpu")}
        assert all(len(one.samples) == 15 for one in measured.values())


def test_calls_a_sample_are_those_of_base_on_both_sides(tmp_path: Path) -> None:
    slow = {"work.py": WORK.replace("40_000", "400_000")}
    evidence = one_pair(tmp_path, FILES, slow)

    for case in ("sum", "sorted"):
        calls = {found(evidence, side, case).inner for side in Side}
        assert len(calls) == 1
        (inner,) = calls
        assert 0.001 < min(found(evidence, Side.BASE, case).samples) * (inner or 0) < 0.006


def test_calls_a_sample_of_earlier_evidence_stay(tmp_path: Path) -> None:
    first = one_pair(tmp_path, FILES)
    fixed = tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(msgspec.structs.replace(one, inner=3) for one in launch.measured),
        )
        for launch in first.launches
    )
    again = tmp_path / "again"
    again.mkdir()
    task = task_of(again, FILES, **ONE_PAIR)
    order = msgspec.structs.replace(
        task.order, earlier=fixed, earlier_fingerprint=task.runner.fingerprint
    )

    evidence = measure(replace(task, order=order))

    assert evidence.launches[0].pair == 1
    assert {one.inner for launch in evidence.launches for one in launch.measured} == {3}


def test_a_case_that_head_does_not_have_is_left_to_its_list(tmp_path: Path) -> None:
    base = {**FILES, "work.py": WORK + "more = True\n"}
    cases = CASES + "if hasattr(work, 'more'):\n    def bench_more():\n        pass\n"
    evidence = one_pair(tmp_path, {**base, "benchmarks/cases.py": cases}, {"work.py": WORK})

    assert evidence.listed_base == ("more", "sorted", "sum")
    assert evidence.listed_head == ("sorted", "sum")
    assert {one.case for launch in evidence.launches for one in launch.measured} == {
        "sorted",
        "sum",
    }


def test_only_ordered_cases_are_measured(tmp_path: Path) -> None:
    task = task_of(tmp_path, FILES, **ONE_PAIR)
    order = msgspec.structs.replace(task.order, cases=("sum",))

    evidence = measure(replace(task, order=order))

    assert {one.case for launch in evidence.launches for one in launch.measured} == {"sum"}


@pytest.mark.parametrize("metric", ["wall", "cpu"])
def test_with_one_clock_the_other_is_sent_too(tmp_path: Path, metric: str) -> None:
    evidence = one_pair(tmp_path, FILES, measure={"metrics": [metric]})

    launches = [one for launch in evidence.launches for one in launch.measured]
    assert {one.metric for one in launches} == {"wall", "cpu"}
    assert all(one.inner for one in launches)


def test_peak_memory_is_measured_where_it_is_asked_for(tmp_path: Path) -> None:
    cases = "def bench_sum():\n    return len(bytearray(1_000_000))\n"
    evidence = one_pair(tmp_path, {"benchmarks/cases.py": cases}, measure={"metrics": ["memory"]})

    (launch,) = evidence.launches[0].measured
    assert (launch.metric, launch.unit) == ("memory", "B")
    assert launch.samples[0] == pytest.approx(1_000_000, rel=0.01)


def test_the_sides_of_a_pair_share_hash_seed_padding_and_addresses(tmp_path: Path) -> None:
    cases = """\
import os

def bench_seen():
    stack = next(line for line in open("/proc/self/maps") if "[stack]" in line)
    padding = os.environ["HIGHWATER_PADDING"]
    return (hash("a"), len(padding), stack, os.environ["OMP_NUM_THREADS"])
"""
    evidence = measure(task_of(tmp_path, {"benchmarks/cases.py": cases}, **SPEC, max_minutes=0.2))

    hashes: dict[int, set[str | None]] = {}
    for launch in evidence.launches:
        assert launch.conditions.fixed_addresses
        hashes.setdefault(launch.pair, set()).add(launch.measured[0].result_hash)
    assert len(hashes) > 1
    assert all(len(seen) == 1 for seen in hashes.values())
    assert len(set.union(*hashes.values())) == len(hashes)


def test_a_launch_tells_its_conditions(tmp_path: Path) -> None:
    launch = one_pair(tmp_path, FILES).launches[0]

    assert len(launch.conditions.cpus) == 1
    assert launch.conditions.reference_s > 0
    assert launch.conditions.involuntary_switches >= 0


SLEEP = "import time\n" + WORK.replace("    return", "    time.sleep(0.0004)\n    return")
THREAD = """\
import threading

def work():
    other = threading.Thread(target=sum, args=(range(80_000),))
    other.start()
    total = sum(range(40_000))
    other.join()
    return total
"""
CHILD = """\
import os

def work():
    child = os.fork()
    if child == 0:
        sum(range(80_000))
        os._exit(0)
    os.waitpid(child, 0)
    return sum(range(40_000))
"""


def test_a_sleep_is_seen_by_the_wall_clock(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, FILES, {"work.py": SLEEP}, **SPEC, max_minutes=0.05))

    assert change(evidence, "wall") > 0.2


@pytest.mark.parametrize("head", [THREAD, CHILD], ids=["thread", "child"])
def test_work_in_a_thread_or_child_is_seen_by_both_clocks(tmp_path: Path, head: str) -> None:
    evidence = measure(task_of(tmp_path, FILES, {"work.py": head}, **SPEC, max_minutes=0.05))

    assert change(evidence, "wall") > 1
    assert change(evidence, "cpu") > 1


def test_an_idle_pool_that_is_kept_is_no_work(tmp_path: Path) -> None:
    pool = """\
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)

def work():
    return pool.submit(sum, range(10_000)).result()
"""
    assert one_pair(tmp_path, FILES, {"work.py": pool}).launches


def test_the_repositorys_own_modules_may_be_called_like_ours(tmp_path: Path) -> None:
    files = {
        "benchmarks/cases.py": "import point, worker\n\ndef bench_it():\n"
        "    return point.mine + worker.mine\n",
        "point.py": "mine = 1\n",
        "worker.py": "mine = 1\n",
    }
    assert one_pair(tmp_path, files).launches


@pytest.mark.parametrize(
    "head, cases",
    [("def other():\n    return 1\n", {"sorted"}), ("import gone\n", set())],
    ids=["case", "file"],
)
def test_head_that_does_not_run_with_changed_measuring_files_is_measured_by_its_own(
    tmp_path: Path, head: str, cases: set[str]
) -> None:
    task = task_of(tmp_path, FILES, {"work.py": head}, **SPEC)
    own = "def bench_sum():\n    return 1\n"
    order = msgspec.structs.replace(task.order, measuring_changed=("benchmarks/cases.py",))

    def lay() -> None:
        (task.trees[Side.HEAD] / "benchmarks/cases.py").write_text(own)

    evidence = measure(replace(task, order=order, lay_own_copy=lay))

    measured: dict[str, set[str]] = {"pair": set()}
    for launch in evidence.launches:
        assert launch.purpose == "pair" or launch.side is Side.HEAD
        found = measured.setdefault(launch.purpose, set())
        found.update(one.case for one in launch.measured if launch.side is Side.HEAD)
    assert measured == {"pair": cases, "own_copy": {"sum"}}


def test_result_hashes_differ_where_results_do(tmp_path: Path) -> None:
    evidence = one_pair(tmp_path, FILES, {"work.py": "def work():\n    return 7\n"})

    hashes = {
        case: {found(evidence, side, case).result_hash for side in Side}
        for case in ("sum", "sorted")
    }
    assert [len(hashes[case]) for case in ("sum", "sorted")] == [2, 1]
