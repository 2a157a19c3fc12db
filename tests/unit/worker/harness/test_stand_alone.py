"""The stand-alone files that a repository's own interpreter runs, whichever it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import worker.harness

FOLDER = Path(worker.harness.__path__[0])
RUN_BY_THE_REPOSITORYS = (  # the guard and what it sets run by our own interpreter
    "background.py",
    "bench.py",
    "cases.py",
    "clocks.py",
    "engine_points.py",
    "ours.py",
    "overhead.py",
    "point.py",
    "result_hash.py",
    "rounds.py",
    "steadiness.py",
)


def test_every_file_is_accounted_for() -> None:
    rest = {path.name for path in FOLDER.glob("*.py")} - set(RUN_BY_THE_REPOSITORYS)
    assert rest == {"conditions.py", "guard.py"}


@pytest.mark.parametrize("name", RUN_BY_THE_REPOSITORYS)
def test_a_file_is_written_for_python_3_8(name: str) -> None:
    tree = ast.parse((FOLDER / name).read_text(), feature_version=(3, 8))

    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            assert not isinstance(node.args[1], ast.BinOp), ast.unparse(node)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "zip":
            assert "strict" not in {keyword.arg for keyword in node.keywords}, ast.unparse(node)


def test_what_not_every_interpreter_has_is_imported_only_where_it_is_needed() -> None:
    for name in RUN_BY_THE_REPOSITORYS:
        tree = ast.parse((FOLDER / name).read_text())
        imported = {
            alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
        }
        assert "tracemalloc" not in imported
