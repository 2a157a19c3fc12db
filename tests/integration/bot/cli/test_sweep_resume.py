"""A sweep that something ended goes on where it was, and comes to the same files."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fakes.cli import run_cli
from tests.fakes.tasks import write_files
from worker.sweep_journal import JOURNAL

SPEC = """\
strategy: s.py:evaluate
grid:
  i: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
data: prices.csv
metric: sharpe
mode: max
jobs: 2
"""
STRATEGY = """\
import os, time
def evaluate(params, seed):
    open(f"calls/{params['i']}-{os.getpid()}-{time.monotonic_ns()}", "w").close()
    time.sleep(float(os.environ.get("PAUSE", 0)))
    if params["i"] == 7:
        raise ValueError("seven")
    value = seed / 3
    return {"metrics": {"is": {"sharpe": value}, "oos": {"sharpe": params["i"] / 7}},
            "returns": [["2020-01-02", value / 1e10]], "trades": [params["i"]]}
"""
# What a clock says, which no two runs have in common.
TIMED = re.compile(rb'"(elapsed_s|p50|p90|started_utc|finished_utc)":\s?("[^"]*"|[-+.e\d]+)')
DETERMINISTIC = ("results.jsonl", "leaderboard.json", "summary.json", "timings.json")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"s.yaml": SPEC, "s.py": STRATEGY, "prices.csv": "1\n", "calls/.keep": ""}
    monkeypatch.chdir(write_files(tmp_path, files))
    return tmp_path


def ended_early(arguments: Sequence[str], number: signal.Signals, after: int) -> int:
    """Start a slow sweep and send it a signal once *after* points are done."""
    command = [Path(sys.executable).with_name("highwater"), "sweep", "s.yaml", *arguments]
    environ = {**os.environ, "PAUSE": "0.2"}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE) as process:
        journal = Path(arguments[arguments.index("--out") + 1]) / JOURNAL
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if journal.exists() and journal.read_bytes().count(b"\n") > after:
                break
            time.sleep(0.01)
        process.send_signal(number)
        process.communicate(timeout=60)
        return process.returncode


def untimed(folder: Path) -> dict[str, bytes]:
    files = (*DETERMINISTIC, "errors.jsonl", "manifest.json")
    return {name: TIMED.sub(b"", (folder / name).read_bytes()) for name in files}


def journalled(folder: Path) -> dict[int, list[object]]:
    lines = (folder / JOURNAL).read_bytes().split(b"\n")[1:-1]
    return {one["place"]: one["rows"] for one in map(json.loads, lines)}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_comes_to_the_same_files(
    repository: Path, number: signal.Signals
) -> None:
    run_cli("sweep", "s.yaml", "--out", "whole")
    assert ended_early(["--out", "halves"], number, after=4) != 0
    assert not (repository / "halves/summary.json").exists()
    done = run_cli("sweep", "s.yaml", "--out", "halves", "--resume")
    assert (done.code, "points are done" in done.stderr) == (0, True)
    assert untimed(repository / "halves") == untimed(repository / "whole")
    assert not (repository / "halves" / JOURNAL).exists()


def test_what_was_done_is_not_done_again_and_keeps_its_time(repository: Path) -> None:
    ended_early(["--out", "out"], signal.SIGKILL, after=5)
    before = journalled(repository / "out")
    for call in (repository / "calls").iterdir():
        call.unlink()
    run_cli("sweep", "s.yaml", "--out", "out", "--resume")
    again = {int(call.name.split("-")[0]) for call in (repository / "calls").iterdir()}
    assert again == set(range(12)) - before.keys()
    rows = [
        json.loads(line) for line in (repository / "out/results.jsonl").read_bytes().splitlines()
    ]
    for place, kept in before.items():
        assert [rows[place]] == kept


def test_the_same_times_make_the_same_bytes(repository: Path) -> None:
    """The halves are given the times of the whole: then no byte differs."""
    run_cli("sweep", "s.yaml", "--out", "whole")
    ended_early(["--out", "halves"], signal.SIGKILL, after=2)
    header = (repository / "halves" / JOURNAL).read_bytes().split(b"\n")[0]
    rows = (repository / "whole/results.jsonl").read_bytes().splitlines()
    lines = [b'{"place":%d,"rows":[%s]}' % numbered for numbered in enumerate(rows)]
    (repository / "halves" / JOURNAL).write_bytes(b"\n".join([header, *reversed(lines), b""]))
    run_cli("sweep", "s.yaml", "--out", "halves", "--resume")
    for name in (*DETERMINISTIC, "errors.jsonl"):
        whole, halves = (repository / folder / name for folder in ("whole", "halves"))
        assert whole.read_bytes() == halves.read_bytes()


@pytest.mark.parametrize(
    "file, old, new, told",
    [
        ("s.yaml", "mode: max", "mode: min", "another spec"),
        ("s.py", '"seven"', '"VII"', "other code"),
        ("prices.csv", "1", "2", "other data"),
        ("s.yaml", "10, 11]", "10]", "another spec, another number of points"),
    ],
)
def test_another_sweep_does_not_go_on_with_it(
    repository: Path, file: str, old: str, new: str, told: str
) -> None:
    ended_early(["--out", "out"], signal.SIGKILL, after=2)
    path = repository / file
    path.write_text(path.read_text().replace(old, new))
    done = run_cli("sweep", "s.yaml", "--out", "out", "--resume")
    assert (done.code, told in done.stderr) == (5, True)
    assert journalled(repository / "out")


def test_without_resume_a_sweep_starts_anew(repository: Path) -> None:
    ended_early(["--out", "out"], signal.SIGKILL, after=2)
    for call in (repository / "calls").iterdir():
        call.unlink()
    done = run_cli("sweep", "s.yaml", "--out", "out")
    assert (done.code, "an interrupted sweep left in out is put away" in done.stderr) == (0, True)
    assert len(list((repository / "calls").iterdir())) == 12


def test_resuming_where_nothing_was_interrupted_runs_the_whole_sweep(repository: Path) -> None:
    done = run_cli("sweep", "s.yaml", "--out", "out", "--resume")
    assert (done.code, "starting from the beginning" in done.stderr) == (0, True)


def test_an_interrupted_sweep_is_no_result_of_an_earlier_one(repository: Path) -> None:
    run_cli("sweep", "s.yaml", "--out", "out")
    ended_early(["--out", "out"], signal.SIGKILL, after=2)
    assert not (repository / "out/summary.json").exists()


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def test_a_finished_sweep_is_kept_and_told_as_it_was(repository: Path) -> None:
    first = run_cli("sweep", "s.yaml", "--out", "out", "--rerun-best", "1")
    before, calls = contents(repository / "out"), len(list((repository / "calls").iterdir()))

    done = run_cli("sweep", "s.yaml", "--out", "out", "--resume")

    assert (done.code, done.stdout) == (first.code, first.stdout) == (0, done.stdout)
    assert "The sweep in out is finished: it is kept." in done.stderr
    assert "whether the code has changed since is not known" in done.stderr
    assert contents(repository / "out") == before
    assert len(list((repository / "calls").iterdir())) == calls


def test_a_finished_sweep_that_failed_ends_as_it_did(repository: Path) -> None:
    (repository / "s.py").write_text("def evaluate(params, seed): return None")
    codes = [run_cli("sweep", "s.yaml", "--out", "out", *more).code for more in ([], ["--resume"])]
    assert codes == [4, 4]


@pytest.mark.parametrize(
    "file, old, new, told",
    [
        ("s.yaml", "mode: max", "mode: min", "another spec"),
        ("prices.csv", "1", "2", "other data"),
    ],
)
def test_another_sweep_that_is_finished_is_not_taken_for_it(
    repository: Path, file: str, old: str, new: str, told: str
) -> None:
    run_cli("sweep", "s.yaml", "--out", "out")
    before = contents(repository / "out")
    (repository / file).write_text((repository / file).read_text().replace(old, new))
    done = run_cli("sweep", "s.yaml", "--out", "out", "--resume")
    assert (done.code, f"is finished there is of {told}." in done.stderr) == (5, True)
    assert contents(repository / "out") == before


@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_cluster_that_is_not_there_costs_no_results(repository: Path, resume: list[str]) -> None:
    run_cli("sweep", "s.yaml", "--out", "out")
    if resume:
        (repository / "out/summary.json").unlink()
    before = contents(repository / "out")
    nobody = ["--executor", "ray", "--ray-address", "127.0.0.1:1"]
    done = run_cli("sweep", "s.yaml", "--out", "out", *nobody, *resume)
    assert (done.code, "cannot be used" in done.stderr) == (5, True), done.stderr
    assert "Not finished" not in done.stderr
    assert contents(repository / "out") == before
