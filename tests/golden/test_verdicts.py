from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.reports.document import parse_document
from tests.fakes.situations import situations

FOLDER = Path(__file__).parent / "verdicts"
SCRIPT = Path(__file__).parent / "render.py"
NAMES = sorted(file.name.removesuffix(".comment.md") for file in FOLDER.glob("*.comment.md"))
WORLDS = [
    {"TZ": "UTC", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
    {"TZ": "Asia/Kathmandu", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"},
    {"TZ": "America/St_Johns", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "4242"},
]


def rendered_in(world: dict[str, str], root: Path) -> dict[str, dict[str, str]]:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), **world}
    argv = [sys.executable, str(SCRIPT)]
    done = subprocess.run(argv, env=environ, cwd=root, capture_output=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: str(world["TZ"]))
def test_the_same_verdict_gives_the_same_bytes_anywhere(world: dict[str, str], root: Path) -> None:
    found = rendered_in(world, root)

    expected = {
        name: {ending: (FOLDER / f"{name}{ending}").read_bytes().decode() for ending in found[name]}
        for name in NAMES
    }
    assert found == expected


def test_at_least_eight_situations_are_stored() -> None:
    assert len(NAMES) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_verdict_is_what_its_situation_is_judged_as(name: str) -> None:
    stored = parse_document((FOLDER / f"{name}.json").read_bytes())

    assert _rounded(stored) == _rounded(situations()[name])


def _rounded(value: Any) -> Any:
    """Leave out the last digits: they are the business of the machine's mathematical library."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict):
        return {key: _rounded(item) for key, item in plain.items()}
    if isinstance(plain, list | tuple):
        return [_rounded(item) for item in plain]
    return float(f"{plain:.9g}") if isinstance(plain, float) else plain
