from __future__ import annotations

import pytest

from engine.paths import path_problem


@pytest.mark.parametrize("path", ["a", "sweeps/ci_smoke.yaml", "a/..b/c..", ".hidden/x"])
def test_a_relative_path_inside_the_repository_is_fine(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    "path,problem",
    [
        ("/etc/passwd", "leads outside"),
        ("~/x", "leads outside"),
        ("..", "leads outside"),
        ("a/../../b", "leads outside"),
        ("a\\b", "holds a backslash, colon or control"),
        ("C:/x", "holds a backslash, colon or control"),
        ("a\nb", "holds a backslash, colon or control"),
        ("a//b", "has an empty"),
        ("./a", "has an empty"),
        ("", "has an empty"),
        (".git/config", "git's own folder"),
    ],
)
def test_any_other_path_is_refused(path: str, problem: str) -> None:
    assert problem in str(path_problem(path))
