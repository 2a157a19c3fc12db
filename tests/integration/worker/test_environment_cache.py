"""Only what depends on files alone is kept; what is kept is whole, and used by many at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.errors import UserError
from worker import environment_cache
from worker.environment_cache import cache_key, cached

PYTHON = Path(sys.executable)
INSTALL = ("pip", "install", "-r", "requirements.txt")


def tree(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_txt", ".txt")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def key(folder: Path, *setup: tuple[str, ...]) -> str | None:
    return cache_key(setup or (INSTALL,), folder, PYTHON)


@pytest.mark.parametrize(
    "line",
    [
        "numpy==2.4.6",
        "numpy==2.4.6 --hash=sha256:abc \\\n    --hash=sha256:def",
        "uvicorn[standard,extra]>=0.3,<1 ; python_version < '3.12'",
        "# a comment\n\nnumpy  # another",
        "--require-hashes\n--only-binary=:all:\nnumpy",
        "--index-url https://index.example/simple\nnumpy",
    ],
)
def test_requirements_by_name_are_kept(tmp_path: Path, line: str) -> None:
    assert key(tree(tmp_path / "t", requirements_txt=line)) is not None


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        ".",
        "./vendored",
        "vendored/package",
        "numpy @ file:///srv/numpy.whl",
        "git+https://host.example/x.git",
        "--find-links wheels",
        "-r /etc/requirements.txt",
        "-r ../outside.txt",
        "package.whl/../x",
        "--config-settings=x=y",
    ],
)
def test_requirements_that_lead_elsewhere_are_built_anew(tmp_path: Path, line: str) -> None:
    assert key(tree(tmp_path / "t", requirements_txt=line)) is None


@pytest.mark.parametrize(
    "argv",
    [
        ("pip", "install", "numpy", "pandas==3.0"),
        ("python", "-m", "pip", "install", "--quiet", "-r", "requirements.txt"),
        ("pip", "install", "--requirement=requirements.txt", "--no-deps"),
    ],
)
def test_pip_commands_that_name_specifiers_and_files_are_kept(
    tmp_path: Path, argv: tuple[str, ...]
) -> None:
    assert key(tree(tmp_path / "t", requirements_txt="numpy"), argv) is not None


@pytest.mark.parametrize(
    "argv",
    [
        ("pip", "install", "-e", "."),
        ("pip", "install", "."),
        ("pip", "install", "-r"),
        ("pip", "install", "--target", "x", "numpy"),
        ("pip", "download", "numpy"),
        ("python", "setup.py", "install"),
        ("make",),
        ("./pip", "install", "numpy"),
    ],
)
def test_any_other_command_is_carried_out_anew(tmp_path: Path, argv: tuple[str, ...]) -> None:
    assert key(tree(tmp_path / "t", requirements_txt="numpy"), argv) is None


def test_one_command_that_is_not_understood_is_enough(tmp_path: Path) -> None:
    assert key(tree(tmp_path / "t", requirements_txt="numpy"), INSTALL, ("make",)) is None


def test_no_set_up_at_all_is_kept(tmp_path: Path) -> None:
    assert cache_key((), tmp_path, PYTHON) is not None


def test_equal_files_in_two_trees_share_an_environment(tmp_path: Path) -> None:
    first = tree(tmp_path / "base", requirements_txt="numpy")
    assert key(first) == key(tree(tmp_path / "head", requirements_txt="numpy"))


def test_a_changed_file_gives_another_environment(tmp_path: Path) -> None:
    first = tree(tmp_path / "base", requirements_txt="numpy==1")
    assert key(first) != key(tree(tmp_path / "head", requirements_txt="numpy==2"))


def test_a_changed_file_that_a_file_names_gives_another_environment(tmp_path: Path) -> None:
    texts = {"requirements_txt": "-r deep/more.txt\n-c limits.txt", "limits_txt": "numpy<3"}
    first = tree(tmp_path / "base", deep__more_txt="numpy==1", **texts)
    second = tree(tmp_path / "head", deep__more_txt="numpy==2", **texts)
    assert key(first) is not None
    assert key(first) != key(second)


def test_files_that_name_each_other_end(tmp_path: Path) -> None:
    folder = tree(tmp_path / "t", requirements_txt="-r other.txt", other_txt="-r requirements.txt")
    assert key(folder) is not None


def test_a_missing_requirement_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"requirements\.txt: the file is missing"):
        key(tree(tmp_path / "t"))


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    folder = tree(tmp_path / "t")
    (folder / "requirements.txt").symlink_to("/etc/hostname")
    with pytest.raises(UserError, match=r"requirements\.txt"):
        key(folder)


def make(place: Path) -> None:
    place.mkdir()
    (place / "made").write_text(str(time.monotonic_ns()))


def test_an_environment_is_made_once(tmp_path: Path) -> None:
    first = (cached(tmp_path, "k", make) / "made").read_text()
    assert (cached(tmp_path, "k", make) / "made").read_text() == first


def test_a_failed_build_leaves_nothing_to_be_used(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        make(place)
        raise FileExistsError

    with pytest.raises(FileExistsError):
        cached(tmp_path, "k", fail)
    calls: list[Path] = []
    cached(tmp_path, "k", lambda place: (calls.append(place), make(place))[0])
    assert len(calls) == 1


def test_what_a_killed_runner_left_half_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "half").touch()
    assert not (cached(tmp_path, "k", make) / "half").exists()


def test_several_runners_at_once_make_it_once(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from worker.environment_cache import cached\n"
        "def make(place):\n"
        "    place.mkdir(); time.sleep(0.5); (place / 'made').touch()\n"
        "    with open(sys.argv[1] + '/count', 'a') as file: file.write('x')\n"
        "assert (cached(pathlib.Path(sys.argv[1]), 'k', make) / 'made').exists()\n"
    )
    argv = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(argv) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert (tmp_path / "count").read_text() == "x"


def test_an_environment_that_nobody_uses_is_removed(tmp_path: Path) -> None:
    old = cached(tmp_path, "old", make)
    long_ago = time.time() - environment_cache.UNUSED_S - 1
    os.utime(old / ".complete", (long_ago, long_ago))
    cached(tmp_path, "new", make)
    assert not old.exists()


def test_using_an_environment_keeps_it(tmp_path: Path) -> None:
    old = cached(tmp_path, "old", make)
    long_ago = time.time() - environment_cache.UNUSED_S - 1
    os.utime(old / ".complete", (long_ago, long_ago))
    cached(tmp_path, "old", make)
    cached(tmp_path, "new", make)
    assert old.exists()


def test_an_old_environment_that_is_being_made_is_not_removed(tmp_path: Path) -> None:
    old = cached(tmp_path, "old", make)
    long_ago = time.time() - environment_cache.UNUSED_S - 1
    os.utime(old / ".complete", (long_ago, long_ago))
    (old / ".complete").unlink()
    hold, held = threading.Event(), threading.Event()

    def slowly(place: Path) -> None:
        make(place)
        held.set()
        hold.wait(30)

    thread = threading.Thread(target=cached, args=(tmp_path, "old", slowly))
    thread.start()
    held.wait(30)
    cached(tmp_path, "new", make)
    assert (old / "made").exists()
    hold.set()
    thread.join()
