"""The driver of command suites, on real processes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.orders import CommandEvidence
from tests.fakes.tasks import Files, task_of
from worker.suites import DRIVERS
from worker.suites.task import Task

FILES: Files = {"check.py": "print('all is well')"}
SUITE: dict[str, Any] = {"kind": "command", "command": ["python", "check.py"]}
KILLS_ITS_GUARD = "import os, signal; print('so long'); os.kill(os.getppid(), signal.SIGKILL)"


def measure(task: Task) -> CommandEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, CommandEvidence)
    return evidence


def test_the_command_runs_on_each_sides_own_files(tmp_path: Path) -> None:
    head = {"check.py": "print('what happened'); raise SystemExit(3)"}
    evidence = measure(task_of(tmp_path, FILES, head, **SUITE))
    assert (evidence.base.exit_status, evidence.base.tail) == (0, "all is well\n")
    assert (evidence.head.exit_status, evidence.head.tail) == (3, "what happened\n")


def test_each_run_is_timed(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, {"check.py": "import time; time.sleep(0.3)"}, **SUITE))
    assert evidence.base.wall_s is not None
    assert 0.3 <= evidence.base.wall_s < 30


def test_an_endless_base_leaves_head_half_of_the_time(tmp_path: Path) -> None:
    base = {"check.py": "while True: pass"}
    started = time.monotonic()
    evidence = measure(task_of(tmp_path, base, FILES, left_s=4.0, **SUITE))
    assert time.monotonic() - started < 4.0
    assert (evidence.base.timed_out, evidence.base.succeeded) == (True, False)
    assert evidence.head.succeeded


def test_a_command_that_kills_its_guard_was_killed_itself(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, FILES, {"check.py": KILLS_ITS_GUARD}, **SUITE))
    assert (evidence.base.exit_status, evidence.head.exit_status) == (0, -9)
    assert evidence.head.wall_s is None


def test_of_much_output_the_end_is_kept(tmp_path: Path) -> None:
    files = {"check.py": "print('x' * 100_000); print('the end')"}
    tail = measure(task_of(tmp_path, files, **SUITE)).head.tail
    assert len(tail) <= 16_384
    assert tail.endswith("the end\n")


def test_a_suite_without_a_command_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no command"):
        measure(task_of(tmp_path, FILES, kind="command"))
