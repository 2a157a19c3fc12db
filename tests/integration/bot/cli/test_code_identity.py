"""Two halves of a sweep are of the same code: what counts as that."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.code_identity import code_identity, digest_of
from tests.fakes.tasks import write_files
from tests.fakes.worktrees import WorkTree

FILES = {"s.py": "x = 1\n", "deep/t.py": "y = 1\n", ".gitignore": "ignored.py\n"}


@pytest.fixture(params=["committed", "plain"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a repository with a commit, or a folder that git knows nothing of."""
    if request.param == "committed":
        return WorkTree.create(tmp_path / "tree", FILES).directory
    return write_files(tmp_path / "tree", FILES)


def changes(folder: Path, files: dict[str, str]) -> bool:
    before = code_identity(folder, folder / "out")
    write_files(folder, files)
    return code_identity(folder, folder / "out") != before


@pytest.mark.parametrize("name", ["s.py", "deep/t.py", "new.py"])
def test_another_file_is_other_code(folder: Path, name: str) -> None:
    assert changes(folder, {name: "z = 3\n"})


@pytest.mark.parametrize(
    "name", ["out/journal.jsonl", "out/a.py", "runs/a.py", "__pycache__/s.cpython-311.pyc"]
)
def test_what_sweeps_write_is_no_code(folder: Path, name: str) -> None:
    assert not changes(folder, {name: "z = 3\n"})


def test_a_second_look_finds_the_same_code(folder: Path) -> None:
    assert code_identity(folder, Path("out")) == code_identity(folder, Path("out"))


def test_a_change_back_is_the_same_code(folder: Path) -> None:
    before = code_identity(folder, Path("out"))
    write_files(folder, {"s.py": "x = 2\n"})
    write_files(folder, {"s.py": "x = 1\n"})
    assert code_identity(folder, Path("out")) == before


def test_a_new_commit_is_other_code(tmp_path: Path) -> None:
    tree = WorkTree.create(tmp_path / "tree", FILES)
    before = code_identity(tree.directory, Path("out"))
    tree.commit({"s.py": "x = 9\n"})
    assert code_identity(tree.directory, Path("out")) != before


def test_ignored_files_do_not_count(tmp_path: Path) -> None:
    tree = WorkTree.create(tmp_path / "tree", FILES)
    assert not changes(tree.directory, {"ignored.py": "z = 1\n"})


def test_an_environment_is_no_code(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {**FILES, "env/pyvenv.cfg": "home = /usr\n"})
    assert not changes(folder, {"env/lib/a.py": "z = 1\n", ".hidden/a.py": "z = 1\n"})


def test_data_is_told_apart_by_content_and_name(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/1.csv": "1", "a/2.csv": "2"})
    before = digest_of([tmp_path / "a"], tmp_path)
    (tmp_path / "a/1.csv").rename(tmp_path / "a/3.csv")
    renamed = digest_of([tmp_path / "a"], tmp_path)
    (tmp_path / "a/3.csv").write_text("5")
    assert len({before, renamed, digest_of([tmp_path / "a"], tmp_path)}) == 3
