"""The load driver of 10,000 deliveries, in small: real processes, killed, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = Path(__file__).parents[2] / "benchmarks" / "load" / "ten_thousand.py"
SMALL = ("--deliveries=60", "--pulls=3", "--measured=1", "--kills=3", "--within=500")


@pytest.mark.timeout(700)
def test_deliveries_count_once_whatever_order_they_come_in_and_whoever_is_killed() -> None:
    finished = subprocess.run(
        [sys.executable, str(DRIVER), *SMALL],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": str(DRIVER.parents[2])},
    )
    assert finished.returncode in {0, 1}, finished.stderr
    line = json.loads(finished.stdout)
    assert {name: line[name] for name in ("lost", "doubled", "in_progress", "still")} == {
        "lost": 0,
        "doubled": 0,
        "in_progress": 0,
        "still": True,
    }, line["examples"]
    assert line["posted"] > line["deliveries"] >= 60
    assert line["kills"].keys() == {"web", "jobs"}
