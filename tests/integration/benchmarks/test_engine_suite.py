"""The shipped suite of our own engine: its results are right, and it measures what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.configuration_file import parse_configuration
from engine.formats import samples_json
from engine.values import Better

CASES = ["backtest_w2", "sweep_w3", "risk_overhead_steady_state"]


def suite(root: Path, *arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the suite, after *code* when there is any."""
    script = root / "benchmarks/suites/engine/run.py"
    lines = f"import runpy, sys\nsys.path.insert(0, {str(root)!r})\n{code}\n"
    lines += f"runpy.run_path({str(script)!r}, run_name='__main__')\n"
    argv = [sys.executable, "-c", lines, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_its_cases_are_listed(root: Path) -> None:
    assert suite(root, "--list").stdout.split() == CASES


def test_it_measures_every_case_and_writes_samples(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "samples.json"
    done = suite(root, "--out", str(out), "--batches", "2")
    assert done.returncode == 0, done.stderr
    launches = samples_json.parse(out.read_bytes(), "samples.json")
    assert [launch.case for launch in launches] == CASES
    assert [launch.metric for launch in launches] == ["cpu", "cpu", "overhead"]
    assert {launch.better for launch in launches} == {Better.LOWER}
    assert all(len(launch.samples) == 2 for launch in launches)
    assert all(0.5 < ratio < 2 for ratio in launches[2].samples)


def test_chosen_cases_alone_are_measured(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "samples.json"
    suite(root, "--out", str(out), "--batches", "1", CASES[0])
    launches = samples_json.parse(out.read_bytes(), "samples.json")
    assert [launch.case for launch in launches] == CASES[:1]


def test_an_unknown_case_is_wrong_usage(root: Path, tmp_path: Path) -> None:
    done = suite(root, "--out", str(tmp_path / "out"), "w2")
    assert done.returncode == 2
    assert "no such case: w2" in done.stderr


WRONG = {
    "backtest_w2": "from benchmarks.suites.engine import backtest_w2 as m; known = m.run\n"
    "m.run = lambda b, s, t, *, path: known(b.window(0, 250) if path == 'wide' else b, s, t)",
    "sweep_w3": "import numpy as np; from engine.backtest import lanes as m; known = m.Lanes.run\n"
    "m.Lanes.run = lambda lanes, codes: known(lanes, np.roll(codes, 1, axis=0))",
    "risk_overhead_steady_state": "from benchmarks.peers import strategies as m\n"
    "m.NEVER = (m.StopLoss(0.01),)",
}


@pytest.mark.parametrize("case", WRONG)
def test_a_case_with_a_wrong_result_takes_no_time(root: Path, tmp_path: Path, case: str) -> None:
    out = tmp_path / "out"
    done = suite(root, "--out", str(out), "--batches", "1", case, code=WRONG[case])
    assert done.returncode == 1
    assert "AssertionError" in done.stderr
    assert not out.exists()


def test_it_is_declared_with_the_bound_of_the_overhead(root: Path) -> None:
    declared = parse_configuration((root / ".highwater.yml").read_bytes()).configuration
    assert declared.suites["engine"].kind == "benchmark"
