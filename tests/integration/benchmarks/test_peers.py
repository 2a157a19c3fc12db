"""The comparisons with other engines: verified before they are timed, one line of JSON each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PEERS = {"highwater", "vectorbt", "raptorbt", "backtesting", "backtrader"}


def run(root: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the comparison, after the code *before* when there is any."""
    code = f"{before}\nimport sys; from benchmarks.peers import compare; sys.exit(compare.main())"
    argv = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    return subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)


def line_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def test_a_comparison_is_one_line_with_a_ratio_and_a_peak_for_every_engine(root: Path) -> None:
    done = run(root, "w1", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    found = line_of(done)
    assert found["benchmark"] == "peers_w1"
    assert set(found["engines"]) == PEERS
    for name, engine in found["engines"].items():
        assert engine["p10_ms"] > 0
        assert 10 < engine["peak_mib"] < 2_000
        assert name == "highwater" or engine["ratio"] > 0
    assert found["versions"]["vectorbt"]


def against(peer: str) -> str:
    """Compare with one engine alone, and weigh nobody."""
    return (
        "from benchmarks.peers import comparison\n"
        f"comparison.PEERS = ({peer!r},)\ncomparison._peak_of = lambda *_: 1.0\n"
    )


def test_an_engine_that_is_not_installed_is_named_and_no_error(root: Path) -> None:
    without = (
        "import importlib.metadata as m; known = m.version\n"
        "def version(name):\n"
        "    if name == 'raptorbt': raise m.PackageNotFoundError(name)\n"
        "    return known(name)\n"
        "m.version = version"
    )
    done = run(root, "w1", "--rounds", "1", before=f"{without}\n{against('raptorbt')}")
    assert done.returncode == 0, done.stderr
    assert line_of(done)["engines"]["raptorbt"] == {"missing": "raptorbt is not installed"}


def test_an_engine_with_other_trades_is_not_timed(root: Path) -> None:
    wrong = (
        "from benchmarks.peers import with_backtesting as m; levels = m.levels\n"
        "m.levels = lambda job, basis, side: levels(job, basis * 1.001, side)"
    )
    done = run(root, "w1", "--rounds", "1", before=f"{wrong}\n{against('backtesting')}")
    assert done.returncode == 1
    engine = line_of(done)["engines"]["backtesting"]
    assert list(engine) == ["apart"]


@pytest.mark.parametrize("work", ["w2", "w3", "w4"])
def test_the_peak_is_that_of_one_engine_alone(root: Path, work: str) -> None:
    found = line_of(run(root, work, "--peak", "highwater"))
    assert 10 < found["peak_mib"] < 400


@pytest.mark.parametrize("script", ["python_forms", "risk_overhead"])
def test_the_other_measurements_are_one_line_each(root: Path, script: str) -> None:
    argv = [sys.executable, "-m", f"benchmarks.peers.{script}", "--rounds", "1"]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert line_of(done)["benchmark"] == script


def test_a_cold_start_is_measured_in_fresh_processes(root: Path) -> None:
    argv = [sys.executable, "-m", "benchmarks.peers.cold_start", "--rounds", "1"]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(value > 0.01 for value in line_of(done)["p10_s"].values())
