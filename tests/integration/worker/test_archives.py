from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from engine.errors import UserError
from worker.archives import pack_directory


def run_directory(folder: Path) -> Path:
    (folder / "deep").mkdir(parents=True)
    for name in ("summary.json", "regression_report.md", "deep/x.bin"):
        (folder / name).write_text(name)
    return folder


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = run_directory(tmp_path / "1" / "run"), run_directory(tmp_path / "2" / "run")
    for path in two.rglob("*"):
        os.utime(path, (1, 1))
    (two / "summary.json").chmod(0o600)
    pack_directory(one, tmp_path / "1.tar.gz")
    pack_directory(two, tmp_path / "2.tar.gz")
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()


def test_every_file_is_in_the_archive_below_the_directorys_name(tmp_path: Path) -> None:
    packed = pack_directory(run_directory(tmp_path / "run"), tmp_path / "run.tar.gz")
    with tarfile.open(tmp_path / "run.tar.gz") as archive:
        names = archive.getnames()
    assert names == ["run/deep/x.bin", "run/regression_report.md", "run/summary.json"]
    assert packed.files == ("deep/x.bin", "regression_report.md", "summary.json")


def test_an_archive_inside_the_directory_does_not_pack_itself(tmp_path: Path) -> None:
    folder = run_directory(tmp_path / "run")
    first = pack_directory(folder, folder / "run.tar.gz")
    assert pack_directory(folder, folder / "run.tar.gz") == first


def test_a_link_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    folder = run_directory(tmp_path / "run")
    (folder / "secret").symlink_to("/etc/passwd")
    with pytest.raises(UserError, match="neither a plain file nor a folder"):
        pack_directory(folder, tmp_path / "run.tar.gz")
    assert not (tmp_path / "run.tar.gz").exists()


@pytest.mark.parametrize("make", [False, True])
def test_nothing_to_pack_is_an_error(tmp_path: Path, make: bool) -> None:
    if make:
        (tmp_path / "run").mkdir()
    with pytest.raises(UserError, match=r"no directory|holds no file"):
        pack_directory(tmp_path / "run", tmp_path / "run.tar.gz")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = run_directory(tmp_path / "run")
    os.mkfifo(folder / "pipe")
    with pytest.raises(UserError, match="neither a plain file"):
        pack_directory(folder, tmp_path / "run.tar.gz")


def test_no_time_of_packing_is_in_the_archive(tmp_path: Path) -> None:
    pack_directory(run_directory(tmp_path / "run"), tmp_path / "run.tar.gz")
    header = (tmp_path / "run.tar.gz").read_bytes()
    assert header[4:8] == bytes(4)
