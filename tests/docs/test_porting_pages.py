"""The pages on porting are followed to the letter, on real bars."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.git import git
from tests.fakes.pages import files_and_commands

PAGES = {
    "docs/how-to/port-from-vectorbt.md": "trades are the same",
    "docs/how-to/port-from-backtrader.md": "fills are the same",
}
pytestmark = pytest.mark.needs_program("git", "git")


def followed(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Write the files of *page* and run its commands; give what the last one said."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "data").mkdir()
    shutil.copy(page.parents[2] / "benchmarks/data/sp500.csv", folder / "data")
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**os.environ, "PATH": programs, "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    done = None
    for name, content in files_and_commands(page):
        if name:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(content)
            continue
        run = ["bash", "-c", content]
        done = subprocess.run(
            run, cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{content}: {done.stdout}{done.stderr}"
    assert done is not None
    return done


@pytest.mark.parametrize("page", PAGES)
def test_the_ported_strategy_trades_as_the_one_that_it_comes_from(
    page: str, root: Path, tmp_path: Path
) -> None:
    said = followed(root / page, tmp_path / "repository").stdout
    count, _, rest = said.strip().partition(" ")
    assert (int(count) > 20, rest) == (True, PAGES[page])


def test_a_port_without_the_profile_trades_otherwise(root: Path, tmp_path: Path) -> None:
    text = (root / "docs/how-to/port-from-vectorbt.md").read_text()
    page = tmp_path / "docs/how-to/page.md"
    page.parent.mkdir(parents=True)
    page.write_text(text.replace("profile: vectorbt\n```", "```"))
    (tmp_path / "benchmarks/data").mkdir(parents=True)
    shutil.copy(root / "benchmarks/data/sp500.csv", tmp_path / "benchmarks/data")
    with pytest.raises(AssertionError, match=r"compare\.py"):
        followed(page, tmp_path / "repository")
