from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.errors import UserError
from worker.queue.private_folders import private_file, private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_and_the_parents_that_it_lacked_are_for_their_owner_alone(tmp_path: Path) -> None:
    private_folder(tmp_path / "a" / "b", "HIGHWATER_STATE_DIR")
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o700, 0o700]


def test_a_folder_that_is_there_stays_as_its_owner_made_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(0o750)
    private_folder(tmp_path / "a", "HIGHWATER_STATE_DIR")
    assert mode(tmp_path / "a") == 0o750


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    private_file(tmp_path / "a" / "x.db", "DATABASE_URL")
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "x.db")) == (0o700, 0o600)


def test_a_file_that_is_there_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"rows")
    private_file(tmp_path / "x.db", "DATABASE_URL")
    assert (tmp_path / "x.db").read_bytes() == b"rows"


def test_a_folder_that_cannot_be_made_is_named_with_its_setting() -> None:
    with pytest.raises(UserError, match=r"^/proc/x/y: HIGHWATER_CACHE_DIR: .*HIGHWATER_CACHE_DIR"):
        private_folder(Path("/proc/x/y"), "HIGHWATER_CACHE_DIR")


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(UserError, match="no folder"):
        private_folder(tmp_path / "a", "HIGHWATER_CACHE_DIR")


def test_a_folder_that_may_not_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # as on a read-only file system
    with pytest.raises(UserError, match="may not be written to"):
        private_folder(tmp_path, "HIGHWATER_CACHE_DIR")


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").mkdir()
    with pytest.raises(UserError, match=r"x\.db: DATABASE_URL"):
        private_file(tmp_path / "x.db", "DATABASE_URL")
