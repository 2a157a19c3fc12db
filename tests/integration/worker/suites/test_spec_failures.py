"""Cases that fail, hang, lie or leave work behind: whose fault it was, and in which case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
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
FILES: Files = {"benchmarks/cases.py": CASES, "work.py": WORK}
SPEC: dict[str, Any] = {"kind": "benchmark", "spec": "benchmarks/cases.py"}


def measure(task: Task) -> None:
    DRIVERS[task.order.suite.kind](task)


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
def test_a_case_that_leaves_work_behind_is_its_sides_error(tmp_path: Path, head: str) -> None:
    with pytest.raises(SideError, match="bench_sum leaves work behind") as caught:
        measure(task_of(tmp_path, FILES, {"work.py": head}, **SPEC))
    assert (caught.value.side, caught.value.step) == (Side.HEAD, "case sum")


@pytest.mark.parametrize(
    "head, step, problem",
    [
        ("def work():\n    return 1 / 0\n", "case sum", r"in work\n(.*\n)+ZeroDivisionError"),
        ("import gone\n", "spec", "No module named"),
        ("def work():\n    raise SystemExit(0)\n", "case sum", "SystemExit: 0"),
        ("import os\ndef work():\n    os._exit(0)\n", "case sum", "ended before all was measured"),
        ("import os\ndef work():\n    os.abort()\n", "case sum", "was killed by signal 6"),
    ],
)
def test_a_failure_names_the_case_and_the_side(
    tmp_path: Path, head: str, step: str, problem: str
) -> None:
    with pytest.raises(SideError, match=problem) as caught:
        measure(task_of(tmp_path, FILES, {"work.py": head}, **SPEC))
    assert (caught.value.side, caught.value.step) == (Side.HEAD, step)


def test_a_hanging_case_is_named(tmp_path: Path) -> None:
    head = {"work.py": "def work():\n    while True: pass\n"}
    with pytest.raises(SideError, match=r"case sum was stopped .*its time was up"):
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
    with pytest.raises(SideError, match=problem) as caught:
        measure(task_of(tmp_path, {"benchmarks/cases.py": cases}, **SPEC))
    assert caught.value.step == "case a"


def test_a_file_without_cases_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"benchmarks/cases\.py: has no function bench_NAME"):
        measure(task_of(tmp_path, {"benchmarks/cases.py": "x = 1\n"}, **SPEC))


FORGED = """\
import atexit, json, sys
request = json.load(open(sys.argv[1]))
line = {LINE}
def forge():
    kept = open(request["out"]).read().splitlines()[:2] if {KEEP} else []
    open(request["out"], "w").write("\\n".join([*kept, line, '{{"ended": true}}', ""]))
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
        ("json.dumps({'ended': True})", "ended before all was measured"),
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
"""
    head = long + FORGED.format(LINE=line, KEEP=False)
    head = head.replace("import atexit", "import atexit", 1)
    with pytest.raises(SideError, match=problem) as caught:
        measure(task_of(tmp_path, FILES, {"work.py": "import json\n" + head}, **SPEC))
    assert caught.value.side is Side.HEAD
