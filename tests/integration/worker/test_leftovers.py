"""Whatever a repository wrote is removed, locked or not, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from worker.leftovers import remove_tree

NOBODY = 65534
# Root may enter a locked folder: so the claim is tried as somebody else.
UNPRIVILEGED = """
import os, pathlib, sys, tempfile
sys.path[:0] = sys.argv[1].split(":")
from worker.leftovers import remove_tree
top = pathlib.Path(tempfile.mkdtemp())
folder = top / "work"
if os.getuid() == 0:
    os.chown(top, 65534, 65534)
    os.setgid(65534)
    os.setuid(65534)
(folder / "outer" / "inner").mkdir(parents=True)
(folder / "outer" / "inner" / "file").write_text("x")
(folder / "outer" / "inner").chmod(0)
(folder / "outer").chmod(0)
remove_tree(folder)
print(folder.exists())
"""


def test_locked_folders_within_locked_folders_are_removed() -> None:
    argv = [sys.executable, "-c", UNPRIVILEGED, ":".join(sys.path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")


@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_locked_folder_is_removed(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "work"
    (folder / "locked").mkdir(parents=True)
    (folder / "locked" / "file").write_text("x")
    (folder / "locked").chmod(mode)
    remove_tree(folder)
    assert not folder.exists()


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "link").symlink_to(outside)
    remove_tree(tmp_path / "work")
    assert outside.stat().st_mode & 0o777 == 0o500


def test_a_folder_that_is_not_there_is_fine(tmp_path: Path) -> None:
    remove_tree(tmp_path / "none")
