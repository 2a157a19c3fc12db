"""Which commit ``highwater bench run`` says that the recorded levels are of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.worktrees import WorkTree
from tests.integration.bot.cli.test_bench import BENCH, CONFIGURATION, baselines, bench

FILES = {
    ".highwater.yml": CONFIGURATION,
    "bench.py": BENCH.replace("LEVEL", "100"),
    ".gitignore": "runs/\n__pycache__/\n",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkTree:
    made = WorkTree.create(tmp_path / "strategies", FILES)
    monkeypatch.chdir(made.directory)
    return made


def origin(tree: WorkTree) -> Any:
    return baselines(tree.directory)["git_sha"]


def test_levels_are_of_the_commit_that_was_measured(tree: WorkTree) -> None:
    bench()
    assert origin(tree) == tree.tip()


def test_levels_of_changed_files_are_of_no_commit_and_that_is_said(tree: WorkTree) -> None:
    tree.write({"bench.py": BENCH.replace("LEVEL", "90")})
    done = bench()
    assert origin(tree) is None
    assert "name no commit" in done.stderr


def test_a_case_that_is_added_later_leaves_the_others_origin(tree: WorkTree) -> None:
    bench("core")
    first = tree.tip()
    tree.commit({"more.txt": ""})
    bench()
    assert set(baselines(tree.directory)["baselines"]) == {"sum", "other"}
    assert origin(tree) == first


def test_replacing_every_level_moves_the_origin(tree: WorkTree) -> None:
    bench()
    tree.commit({"more.txt": ""})
    bench("--update-baselines")
    assert origin(tree) == tree.tip()


def test_replacing_some_levels_leaves_a_file_of_no_one_commit(tree: WorkTree) -> None:
    bench()
    tree.commit({"more.txt": ""})
    bench("core", "--update-baselines")
    assert origin(tree) is None
