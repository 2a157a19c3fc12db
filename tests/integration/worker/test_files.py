from __future__ import annotations

import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import UserError
from worker.files import read_untrusted, save, write_atomically


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(b"old and longer")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_disk_before_it_takes_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    seen: list[bool] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        seen.append(path.exists())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    write_atomically(path, b"new")
    assert seen == [False, True]  # the file, then the folder that holds its new name


def test_a_files_permissions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "private.json"
    path.touch(mode=0o600)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_atomically(tmp_path / "new", b"new")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_saving_makes_the_folder(tmp_path: Path) -> None:
    save(tmp_path / "runs" / "a" / "summary.json", b"{}")
    assert (tmp_path / "runs" / "a" / "summary.json").read_bytes() == b"{}"


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/x\.json: could not be written: File exists"):
        save(tmp_path / "file" / "x.json", b"{}")


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_bytes(b"12345")
    assert read_untrusted(tmp_path / "out.json", 5) == b"12345"


def test_a_file_above_the_limit_is_refused_by_its_shown_name(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_bytes(b"123456")
    with pytest.raises(UserError, match=r"^\{out\}: is larger than the allowed 5 bytes"):
        read_untrusted(tmp_path / "out.json", 5, "{out}")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        read_untrusted(tmp_path / "out.json", 5)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"key")
    (tmp_path / "out.json").symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match="cannot be read"):
        read_untrusted(tmp_path / "out.json", 5)


@pytest.mark.timeout(10)
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out.json")
    with pytest.raises(UserError, match="not a regular file"):
        read_untrusted(tmp_path / "out.json", 5)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        read_untrusted(tmp_path, 5)


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "report.md").write_bytes(b"old")
    link = tmp_path / "report.md"
    link.symlink_to("there/report.md")
    save(link, b"new")
    assert (link.is_symlink(), (tmp_path / "there" / "report.md").read_bytes()) == (True, b"new")


def test_a_link_to_nothing_yet_stays_too(tmp_path: Path) -> None:
    link = tmp_path / "report.md"
    link.symlink_to("later.md")
    save(link, b"new")
    assert (link.is_symlink(), (tmp_path / "later.md").read_bytes()) == (True, b"new")


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "report.md").symlink_to("report.md")
    with pytest.raises(UserError, match="could not be written"):
        save(tmp_path / "report.md", b"new")


@pytest.mark.timeout(30)
def test_a_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = b"x" * 200_000  # more than a pipe holds
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        save(pipe, data)
        assert read.result() == data
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


@pytest.mark.timeout(30)
def test_a_pipe_whose_reader_leaves_is_an_error(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def leave() -> None:
        with pipe.open("rb") as stream:
            stream.read(1)

    with ThreadPoolExecutor(1) as reader:
        reader.submit(leave)
        with pytest.raises(UserError, match="Broken pipe"):
            save(pipe, b"x" * 1_000_000)


def _device(path: Path, minor: int) -> Path:
    """Make a device like one of /dev, but never touch that one."""
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, minor))
        path.open("rb").close()
    except PermissionError:
        pytest.skip("only root may make devices, and only on some file systems")
    return path


def test_a_device_is_written_into_and_stays_one(tmp_path: Path) -> None:
    null = _device(tmp_path / "null", 3)
    save(null, b"new")
    assert stat.S_ISCHR(null.lstat().st_mode)


def test_a_device_that_is_full_is_an_error_and_stays_one(tmp_path: Path) -> None:
    full = _device(tmp_path / "full", 7)
    with pytest.raises(UserError, match="No space left"):
        save(full, b"new")
    assert stat.S_ISCHR(full.lstat().st_mode)


def test_a_socket_is_refused_and_stays_one(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s"))
        with pytest.raises(UserError, match="neither a file nor a pipe"):
            save(tmp_path / "s", b"new")
    assert stat.S_ISSOCK((tmp_path / "s").lstat().st_mode)


def test_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it is a directory"):
        save(tmp_path, b"new")
