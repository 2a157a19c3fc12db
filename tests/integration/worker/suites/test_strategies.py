"""Whether a strategy is a function or a class is told by the source code alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from engine.sweep.spec import parse_sweep_spec
from worker.suites.strategies import is_class


def told(
    folder: Path, source: str | None, name: str = "found", data: str = "data: a.csv\n"
) -> bool:
    if source is not None:
        (folder / "s.py").write_text(source)
    text = f"strategy: s.py:{name}\ngrid: {{a: [1]}}\nmetric: m\nmode: max\n{data}"
    return is_class(folder, parse_sweep_spec(text.encode(), "s.yaml"), "s.yaml")


@pytest.mark.parametrize(
    "source, name, expected",
    [
        ("class found: pass", "found", True),
        ("def Found(params, seed): pass", "Found", False),
        ("async def Found(params, seed): pass", "Found", False),
        ("def Found(): pass\nclass Found: pass", "Found", True),
        ("class Found: pass\ndef Found(): pass", "Found", False),
        ("from other import Found", "Found", True),
        ("from other import found", "found", False),
        ("found = 3", "found", False),
        ("def outer():\n    class found: pass", "found", False),
        ("def found(:", "found", False),
        (None, "Found", True),
        (None, "found", False),
    ],
)
def test_the_last_definition_decides_else_the_name(
    tmp_path: Path, source: str | None, name: str, expected: bool
) -> None:
    assert told(tmp_path, source, name) is expected


def test_the_code_is_not_run(tmp_path: Path) -> None:
    assert told(tmp_path, "open('ran', 'w')\nclass found: pass")
    assert not Path("ran").exists()


def test_a_class_needs_data(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names no data"):
        told(tmp_path, "class found: pass", data="")


def test_a_function_may_name_files(tmp_path: Path) -> None:
    assert not told(tmp_path, "def found(): pass", data="data: [a.csv, b.csv]\n")
