"""``make bench``: each ratio is one line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "script", ["decide_ratio.py", "pool_ratio.py", "suites/core/limits_ratio.py"]
)
def test_a_ratio_is_one_line_of_json(root: Path, script: str) -> None:
    argv = [sys.executable, str(root / "benchmarks" / script)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["ratio_to_bar"] > 0


def test_make_bench_runs_every_ratio_there_is(root: Path) -> None:
    scripts = {path.name for path in (root / "benchmarks").rglob("*_ratio.py")}
    assert scripts == {"decide_ratio.py", "pool_ratio.py", "limits_ratio.py"}
