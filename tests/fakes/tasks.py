"""Tasks as a runner hands them to a driver: two trees on disk, environments, a deadline."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.configuration import Suite
from engine.orders import Ranking, RunOrder
from engine.plan import Runner
from engine.values import RepositoryName, Side, SuiteName
from worker.build import Environment
from worker.processes import scrubbed
from worker.suites.task import Task

Files = Mapping[str, str]


def write_files(folder: Path, files: Files) -> Path:
    """Write the files of a tree below *folder*."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def task_of(
    folder: Path, base: Files, head: Files | None = None, *, left_s: float = 60.0, **suite: Any
) -> Task:
    """Make a task on two trees; files that *head* does not name are base's.

    A sweep by command is ranked by its Sharpe ratio, the least being best.
    """
    home = folder / "home"
    out = folder / "out"
    for one in (home, out):
        one.mkdir()
    python = Path(sys.executable)
    environment = Environment(python=python, environ=scrubbed(home, (python.parent,)))
    files = {Side.BASE: base, Side.HEAD: {**base, **(head or {})}}
    return Task(
        order=order_of(**suite),
        trees={side: write_files(folder / side, files[side]) for side in Side},
        environments=dict.fromkeys(Side, environment),
        out=out,
        deadline=time.monotonic() + left_s,
        runner=Runner("tester", "f" * 16),
    )


def order_of(**suite: Any) -> RunOrder:
    """Order a suite with these fields."""
    return RunOrder(
        run="check-1",
        nonce="n0",
        repository=RepositoryName("ada/strategies"),
        suite_name=SuiteName("core"),
        suite=msgspec.convert({"runs_on": ["linux"], **suite}, Suite),
        setup=(),
        base="a" * 40,
        head="b" * 40,
        measuring_from="a" * 40,
        seed=7,
        ranking=Ranking(metric="sharpe", mode="min") if suite["kind"] == "sweep" else None,
    )
