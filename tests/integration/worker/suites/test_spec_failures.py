"""Cases that fail, hang, lie or leave work behind: whose fault it was, and in which case."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from engine.dealing import pair as pair_of
from engine.errors import UserError
from engine.orders import BenchmarkEvidence
from engine.values import Side
from tests.fakes.tasks import Files, task_of
from worker.suites import DRIVERS
from worker.suites.task import SideError, Task

CASES = """\
import work

def bench_sum():
    return work.work()
"""
WORK = "def work():\n    return sum(range(40_000))\n"
OTHER = "\ndef bench_other():\n    return sum(range(40_000))\n"
FILES: Files = {"benchmarks/cases.py": CASES, "work.py": WORK}
SPEC: dict[str, Any] = {"kind": "benchmark", "spec": "benchmarks/cases.py"}


def measure(task: Task) -> BenchmarkEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, BenchmarkEvidence)
    return evidence


def failures(task: Task) -> dict[tuple[str, Side], str]:
    """Give how cases ended and what they said, by case and side."""
    return {(one.case, one.side): f"{one.ending}\n{one.tail}" for one in measure(task).failed}


LEFT_THREAD = """\
import threading, time

def count():
    until = time.monotonic() + 5
    while time.monotonic() < until:
        pass

def work():
    if not hasattr(work, "started"):
        work.started = threading.Thread(target=count, daemon=True).start()
"""
LEFT_CHILD = """\
import subprocess, sys

def work():
    if not hasattr(work, "started"):
        work.started = subprocess.Popen([sys.executable, "-c", "while True: pass"])
"""
LEFT_ORPHAN = """\
import os

def work():
    if not hasattr(work, "started"):
        work.started = True
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                while True: pass
            os._exit(0)
        os.wait()
"""


@pytest.mark.parametrize(
    "head", [LEFT_THREAD, LEFT_CHILD, LEFT_ORPHAN], ids=["thread", "child", "orphan"]
)
def test_a_case_that_leaves_work_behind_fails_and_others_are_measured_without_it(
    tmp_path: Path, head: str
) -> None:
    files = {**FILES, "benchmarks/cases.py": CASES + OTHER}
    evidence = measure(task_of(tmp_path, files, {"work.py": head}, **SPEC, max_minutes=0.0001))

    (failed,) = evidence.failed
    assert (failed.case, failed.side) == ("sum", Side.HEAD)
    assert "bench_sum leaves work behind" in failed.tail
    for launch in evidence.launches:
        assert "other" in {one.case for one in launch.measured}


def test_work_that_is_left_behind_late_is_an_error_of_the_launch(tmp_path: Path) -> None:
    late = LEFT_THREAD.replace(
        '    if not hasattr(work, "started"):',
        '    work.calls = getattr(work, "calls", 0) + 1\n'
        "    time.sleep(0.001)\n    if work.calls == 30:",
    )
    files = {
        **FILES,
        "benchmarks/cases.py": CASES + OTHER,
        "work.py": "import time\n\ndef work():\n    time.sleep(0.001)\n",
    }
    with pytest.raises(SideError, match=r"bench_\w+ or bench_\w+ leaves work behind"):
        measure(task_of(tmp_path, files, {"work.py": late}, **SPEC))


@pytest.mark.parametrize(
    "head, problem",
    [
        ("def work():\n    return 1 / 0\n", r"in work\n(.*\n)+ZeroDivisionError"),
        ("def work():\n    raise SystemExit(0)\n", "SystemExit: 0"),
        ("import os\ndef work():\n    os._exit(0)\n", "ended before all was measured"),
        ("import os\ndef work():\n    os.abort()\n", "was killed by signal 6"),
    ],
    ids=["exception", "exit", "gone", "killed"],
)
def test_a_failing_case_is_told_with_its_side_and_others_are_measured(
    tmp_path: Path, head: str, problem: str
) -> None:
    files = {**FILES, "benchmarks/cases.py": CASES + OTHER}
    few = {"samples": 5, "warmup": 1, "max_pairs": 5}
    evidence = measure(task_of(tmp_path, files, {"work.py": head}, **SPEC, measure=few))

    (failed,) = evidence.failed
    assert (failed.case, failed.side) == ("sum", Side.HEAD)
    assert re.search(problem, f"{failed.ending}\n{failed.tail}")
    measured = [
        {one.case for one in launch.measured}
        for launch in sorted(evidence.launches, key=lambda one: (one.pair, one.side is Side.HEAD))
    ]
    assert measured[0] == {"sum", "other"}
    assert all(found == {"other"} for found in measured[1:])
    assert len(measured) >= 4


def test_a_case_that_fails_on_the_merge_base_is_not_measured_at_all(tmp_path: Path) -> None:
    base = {**FILES, "benchmarks/cases.py": CASES + OTHER, "work.py": "def work():\n    1 / 0\n"}
    task = task_of(tmp_path, base, {"work.py": WORK}, **SPEC, max_minutes=0.0001)
    evidence = measure(task)

    assert [(one.case, one.side) for one in evidence.failed] == [("sum", Side.BASE)]
    assert {one.case for launch in evidence.launches for one in launch.measured} == {"other"}


def test_where_every_case_fails_on_the_merge_base_nothing_is_launched(tmp_path: Path) -> None:
    files = {**FILES, "work.py": "def work():\n    1 / 0\n"}
    evidence = measure(task_of(tmp_path, files, {"work.py": WORK}, **SPEC))

    assert len(evidence.failed) == 1
    assert evidence.launches == ()


def test_a_case_that_fails_on_both_sides_of_a_pair_is_told_of_both(tmp_path: Path) -> None:
    seeded = (
        "import os\ndef work():\n    if int(os.environ['HIGHWATER_SEED']) == {}:\n        1 / 0\n"
    )
    text = seeded.format(pair_of(7, 0).seed)
    evidence = measure(task_of(tmp_path, {**FILES, "work.py": text}, **SPEC, max_minutes=0.0001))

    assert {(one.case, one.side) for one in evidence.failed} == {
        ("sum", Side.BASE),
        ("sum", Side.HEAD),
    }


def test_a_file_that_does_not_load_is_an_error_of_the_suite(tmp_path: Path) -> None:
    with pytest.raises(SideError, match="No module named") as caught:
        measure(task_of(tmp_path, FILES, {"work.py": "import gone\n"}, **SPEC))
    assert (caught.value.side, caught.value.step) == (Side.HEAD, "spec")


LAZY = {
    "generator": "(one for one in 'abc')",
    "iterator": "map(str, [1, 2])",
    "coroutine": "wait()",
    "asynchronous": "follow()",
    "awaitable": "Later()",
    "future": "pool.submit(sum, [1])",
}
LAZY_WORK = """\
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)

async def wait():
    pass

async def follow():
    yield 1

class Later:
    def __await__(self):
        return iter(())

def work():
    return {result}
"""


@pytest.mark.parametrize("kind", LAZY)
def test_a_case_that_returns_unfinished_work_fails_and_is_told_what_to_do(
    tmp_path: Path, kind: str
) -> None:
    head = LAZY_WORK.format(result=LAZY[kind])
    told = failures(task_of(tmp_path, FILES, {"work.py": head}, **SPEC))

    assert set(told) == {("sum", Side.HEAD)}
    assert "bench_sum returned a" in told["sum", Side.HEAD]
    assert "Let the case use it up" in told["sum", Side.HEAD]


def test_a_hanging_case_is_named(tmp_path: Path) -> None:
    head = {"work.py": "def work():\n    while True: pass\n"}
    with pytest.raises(SideError, match=r"case sum was stopped: .*the time .* was up"):
        measure(task_of(tmp_path, FILES, head, left_s=3.0, **SPEC))


@pytest.mark.parametrize(
    "cases, problem",
    [
        ("async def bench_a():\n    pass\n", "does nothing when it is called"),
        ("def bench_a():\n    yield\n", "does nothing when it is called"),
        ("def bench_a(x):\n    pass\n", "is called with no argument, and does not take it"),
        (
            "def setup_a():\n    pass\ndef bench_a():\n    pass\n",
            "is called with what setup_a returned, and does not take it",
        ),
    ],
)
def test_a_function_that_is_no_case_is_a_clear_error(
    tmp_path: Path, cases: str, problem: str
) -> None:
    told = failures(task_of(tmp_path, {"benchmarks/cases.py": cases}, **SPEC))
    assert problem in told["a", Side.BASE]


@pytest.mark.parametrize("name", ["a-b", "a b", "a\\nb", "a[1]"])
def test_a_case_whose_name_no_function_could_have_is_a_clear_error(
    tmp_path: Path, name: str
) -> None:
    cases = f"globals()['bench_{name}'] = lambda: 1\n"
    with pytest.raises(SideError, match="is no name of a case: use letters, digits and _ alone"):
        measure(task_of(tmp_path, {"benchmarks/cases.py": cases}, **SPEC))


def test_a_file_without_cases_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"benchmarks/cases\.py: has no function bench_NAME"):
        measure(task_of(tmp_path, {"benchmarks/cases.py": "x = 1\n"}, **SPEC))


FORGED = """\
import atexit, json, sys
request = json.load(open(sys.argv[1]))
ended = json.dumps({{"ended": {{"collector": None, "cpus": None}}}})
line = {LINE}
def forge():
    kept = open(request["out"]).read().splitlines()[:2] if {KEEP} else []
    open(request["out"], "w").write("\\n".join([*kept, line, ended, ""]))
if request["mode"] == "measure":
    atexit.register(forge)
def work():
    pass
"""


@pytest.mark.parametrize(
    "line, problem",
    [
        ("'{'", "wrote over the harness's output"),
        ("json.dumps({'more': 1})", "wrote over the harness's output"),
        ("json.dumps({'measured': {'case': 'sum', 'inner': 1}})", "case sum lacks a metric"),
        ("ended", "ended before all was measured"),
        ("json.dumps({'begun': 'a b'})", "'a b' is no name of a case"),
        ("json.dumps({'lost': {'case': 'a\\nb', 'tail': ''}})", "is no name of a case"),
        ("long(0.0) + lost", "ended before all was measured"),
        ("long(1e9)", "what cannot be\nsamples of"),
        ("long(-1.0)", "wrote over the harness's output"),
    ],
)
def test_an_output_that_was_tampered_with_is_its_sides_error(
    tmp_path: Path, line: str, problem: str
) -> None:
    long = """\
def long(seconds):
    cases = [{"case": case, "inner": request["inner"][case], "wall": [seconds] * 15,
              "cpu": [seconds] * 15} for case in request["cases"]]
    return "\\n".join(json.dumps({"measured": one}) for one in cases)
lost = "\\n" + json.dumps({"lost": {"case": "sum", "tail": ""}})
"""
    head = long + FORGED.format(LINE=line, KEEP=False)
    head = head.replace("import atexit", "import atexit", 1)
    with pytest.raises(SideError, match=problem) as caught:
        measure(task_of(tmp_path, FILES, {"work.py": "import json\n" + head}, **SPEC))
    assert caught.value.side is Side.HEAD
