"""Launches without processes, for tests of what is done with what was measured.

An order is carried out for real: its bundle, work trees, measuring files, rounds and report. Only
the stage's ``bench.py`` is run in this process, and git without a guard beside it: a fiftieth and
a quarter of the time.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine.samples import Conditions
from worker import bare_repository, processes
from worker.processes import Finished, Measuring

_COMMAND = ("python", "bench.py")


def launch_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run ``python bench.py OUT`` here, and git unguarded; all else has its process as ever."""
    run = processes.run

    def launched(argv: Sequence[str], *, cwd: Path, **how: Any) -> Finished:
        if tuple(argv[:2]) != _COMMAND:
            return run(argv, cwd=cwd, **how)
        return _launched(argv, cwd, how.get("measuring"))

    monkeypatch.setattr(processes, "run", launched)
    monkeypatch.setattr(bare_repository, "run", _unguarded)


def _unguarded(argv: Sequence[str], *, cwd: Path, environ: Mapping[str, str], **_: Any) -> Finished:
    ended = subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    return Finished(
        returncode=ended.returncode,
        tail=ended.stdout + ended.stderr,
        stdout=ended.stdout,
        wall_s=0.0,
        cpu_s=0.0,
        timed_out=False,
    )


def _launched(argv: Sequence[str], cwd: Path, measuring: Measuring | None) -> Finished:
    started, cpu = time.monotonic(), time.process_time()
    _run(cwd, [str(each) for each in argv[1:]])
    cpus = None if measuring is None else measuring.cpus
    return Finished(
        returncode=0,
        tail="",
        stdout="",
        wall_s=time.monotonic() - started,
        cpu_s=time.process_time() - cpu,
        timed_out=False,
        conditions=Conditions(cpus=cpus, raised_priority=True, involuntary_switches=0, steal=0.0),
    )


def _run(folder: Path, argv: list[str]) -> None:
    """Run a script with the ``work`` that lies beside it."""
    work = ModuleType("work")
    exec((folder / "work.py").read_bytes(), vars(work))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "work", work)
        patch.setattr(sys, "argv", argv)
        exec((folder / argv[0]).read_bytes(), {"__name__": "__main__"})
