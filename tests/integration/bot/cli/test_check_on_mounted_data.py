"""``highwater check`` of a suite whose data is not in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.worktrees import WorkTree

CONFIGURATION = """\
version: 1
suites:
  reads:
    kind: command
    command: [python, read.py]
    data: {prices: {mount: sp500}}
    runs_on: [linux]
"""
READ = """\
import os, pathlib, sys
text = pathlib.Path(os.environ["HIGHWATER_DATA_PRICES"]).read_text()
sys.exit(0 if text == "prices" else f"read {text!r}")
"""


@pytest.fixture
def tree(tmp_path: Path) -> WorkTree:
    files = {".highwater.yml": CONFIGURATION, "read.py": READ}
    tree = WorkTree.create(tmp_path / "strategies", files)
    tree.write({"notes.md": "changed"})
    (tmp_path / "prices.csv").write_text("prices")
    return tree


def check(tree: WorkTree, *more: str) -> CommandResult:
    folder = tree.directory.parent
    places = ("--cache-dir", str(folder / "cache"), "--state-dir", str(folder / "state"))
    return run_cli("check", "--repo", str(tree.directory), *places, *more)


def test_the_flag_gives_the_suite_its_data(tree: WorkTree) -> None:
    done = check(tree, "--data", f"sp500={tree.directory.parent / 'prices.csv'}")
    assert done.code == 0, done.stdout
    assert "measured on the data mounts sp500" in " ".join(done.stdout.split())


def test_without_it_the_check_could_not_run_and_says_what_to_type(tree: WorkTree) -> None:
    done = check(tree)
    assert done.code == 5
    told = " ".join(done.stdout.split())
    assert "the data mount sp500 is not on this machine" in told
    assert "--data sp500=PATH" in told
