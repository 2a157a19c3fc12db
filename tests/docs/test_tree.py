"""What stands in the tree, and what may not stand in any file of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs_program("git", "git")

TOP_LEVEL = {
    *(
        "highwater",
        "bot",
        "worker",
        "engine",
        "config",
        "benchmarks",
        "tests",
        "docs",
        "requirements",
        ".ci",
    ),
    *("pyproject.toml", "Procfile", "Makefile", "LICENSE", ".gitignore", ".highwater.yml"),
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"),
}
TEXT = {".py", ".md", ".txt", ".in", ".toml", ".yml", ".yaml", ".json", ".cfg", ".sh", ".env", ""}
# Written in pieces, so that this file holds none of them.
REGISTRIES = "|".join(
    re.escape(one)
    for one in ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com")
)
MACHINE = "|".join(
    ("/wo" + r"rk/(?:main|shared)", "/ro" + "ot/", "/opt/" + "pypi", "/ho" + r"me/\w")
)
IGNORED = ("tests/data/",)  # real payloads of other people's projects


def tracked(root: Path) -> list[str]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name and (root / name).is_file()]


def texts(root: Path) -> Iterator[tuple[str, str]]:
    for name in tracked(root):
        if Path(name).suffix in TEXT and not name.startswith(IGNORED):
            yield name, (root / name).read_text(encoding="utf-8")


def holding(root: Path, pattern: str) -> list[str]:
    return [name for name, text in texts(root) if re.search(pattern, text)]


def test_the_top_level_is_the_agreed_one(root: Path) -> None:
    assert {name.partition("/")[0] for name in tracked(root)} - TOP_LEVEL == set()


def test_no_file_names_a_package_registry(root: Path) -> None:
    assert holding(root, REGISTRIES) == []


def test_no_file_names_a_path_of_one_machine(root: Path) -> None:
    assert holding(root, MACHINE) == []


def test_config_holds_data_alone(root: Path) -> None:
    assert [name for name in tracked(root) if re.match(r"config/.*\.py$", name)] == []


def test_no_module_is_named_for_nothing_in_particular(root: Path) -> None:
    vague = r"(?:^|/)(?:util|utils|helper|helpers|common|base|manager|misc)\.py$"
    assert [name for name in tracked(root) if re.search(vague, name)] == []


def test_exceptions_of_every_kind_are_caught_at_the_boundaries_alone(root: Path) -> None:
    boundaries = {"bot/app.py", "bot/jobs.py", "worker/jobs.py"}  # web handler, job wrappers
    catching = holding(root, r"except Exception\b|except:")
    ours = {name for name in catching if name.startswith(("engine/", "worker/", "bot/"))}
    assert ours - boundaries == set()
