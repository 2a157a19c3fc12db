"""A sweep over two real nodes: the same rows, none lost or doubled when a node is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fakes.ray_nodes import RayNodes, ray_nodes
from tests.fakes.tasks import write_files
from worker.sweep_journal import JOURNAL

SPEC = """\
strategy: pkg/s.py:evaluate
random: {n: 30, space: {i: {int: [0, 10000]}}}
metric: sharpe
mode: max
"""
STRATEGY = """\
import os, time
import engine
from worker import SHIFT
def evaluate(params, seed):
    time.sleep(float(os.environ.get("PAUSE", 0.02)))
    if params["i"] % 5 == 0:
        raise ValueError(params["i"])
    value = seed / 3 + SHIFT
    return {"metrics": {"is": {"sharpe": value}, "oos": {"sharpe": params["i"] / 7}}}
"""
OWN_NAMES = {"engine/__init__.py": "", "worker.py": "SHIFT = 0.5", "bot/__init__.py": ""}


@pytest.fixture(scope="module")
def nodes() -> Iterator[RayNodes]:
    with ray_nodes() as started:
        yield started


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write_files(tmp_path, {"s.yaml": SPEC, "pkg/s.py": STRATEGY, **OWN_NAMES})


def command(*arguments: str) -> list[str]:
    program = str(Path(sys.executable).with_name("highwater"))
    return [program, "sweep", "s.yaml", *arguments]


def swept(repository: Path, *arguments: str, **environ: str) -> list[dict[str, Any]]:
    """Run the sweep; rows without their times."""
    done = subprocess.run(
        command("--out", "out", *arguments),
        cwd=repository,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return rows_of(repository / "out")


def rows_of(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "results.jsonl").read_bytes().splitlines()
    return [{**json.loads(line), "elapsed_s": 0} for line in lines]


def test_two_nodes_give_the_rows_of_one_process(nodes: RayNodes, repository: Path) -> None:
    spread = swept(repository, "--executor", "ray", "--ray-address", nodes.address)
    assert spread == swept(repository, "--executor", "serial")
    assert {row["status"] for row in spread} == {"ok", "error"}


def test_the_address_may_be_in_the_environment(nodes: RayNodes, repository: Path) -> None:
    spread = swept(repository, "--executor", "ray", RAY_ADDRESS=nodes.address)
    assert len(spread) == 30


def test_a_machine_without_a_cluster_starts_and_ends_its_own(repository: Path) -> None:
    spread = swept(repository, "--executor", "ray", "--jobs", "2")
    assert spread == swept(repository, "--executor", "local")
    left = [one for one in psutil.process_iter(["cmdline"]) if str(repository) in str(one.info)]
    assert not left


def test_a_cluster_that_is_not_there_is_told(repository: Path) -> None:
    done = subprocess.run(
        command("--executor", "ray", "--ray-address", "127.0.0.1:1"),
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "127.0.0.1:1 cannot be used" in done.stderr) == (5, True)


def test_a_killed_node_loses_and_doubles_no_row(repository: Path) -> None:
    arguments = ("--out", "out", "--executor", "ray", "--ray-address")
    environ = {**os.environ, "PAUSE": "0.4"}
    with (
        ray_nodes() as nodes,
        subprocess.Popen(
            command(*arguments, nodes.address), cwd=repository, env=environ, stderr=subprocess.PIPE
        ) as process,
    ):
        try:
            wait_for_points(repository / "out" / JOURNAL, 4)
            nodes.kill_second()
            assert process.poll() is None  # there was something left to do
            _, told = process.communicate(timeout=90)
        finally:
            process.kill()
    assert process.returncode == 0, told
    assert rows_of(repository / "out") == swept(repository, "--executor", "serial")


def wait_for_points(journal: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_bytes().count(b"\n") > count:
            return
        time.sleep(0.02)
    pytest.fail("the sweep did not get that far")
