from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "regression_report"
SCRIPT = Path(__file__).parent / "regression.py"


@pytest.mark.parametrize(
    "world",
    [
        {"TZ": "UTC", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
        {"TZ": "Asia/Kathmandu", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "4242"},
    ],
)
def test_the_stored_reports_are_rendered_anywhere(root: Path, world: dict[str, str]) -> None:
    environ = {**os.environ, **world, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, SCRIPT], env=environ, capture_output=True, check=True, timeout=60
    )
    stored = {file.name: file.read_bytes().decode() for file in FOLDER.iterdir()}
    assert json.loads(done.stdout) == stored
