"""Only what depends on files alone is kept; what is kept is whole, and used by many at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.errors import CandidateError, TransientError
from engine.values import RepositoryName
from worker import environment_cache
from worker.environment_cache import cache_key, cached, refuse_changed
from worker.locks import locked
from worker.requirements_files import Firmness, Requirements
from worker.sealed import noted

PYTHON = Path(sys.executable)
INSTALL = ("pip", "install", "-r", "requirements.txt")
REPOSITORY = RepositoryName("ada/strategies")


def key(repository: str = REPOSITORY, line: str = "numpy==1", **variables: str) -> str:
    requirements = Requirements({"requirements.txt": (line,)}, Firmness.PINNED)
    return cache_key(RepositoryName(repository), (INSTALL,), requirements, variables, PYTHON)


def test_the_same_ingredients_give_the_same_environment() -> None:
    assert key(PIP_INDEX_URL="a") == key(PIP_INDEX_URL="a")


@pytest.mark.parametrize(
    "other",
    [
        {"line": "numpy==2"},
        {"repository": "bob/strategies"},
        {"PIP_INDEX_URL": "https://other.example"},
        {"PIP_NO_INDEX": "1"},
    ],
)
def test_another_ingredient_gives_another_environment(other: dict[str, str]) -> None:
    assert key(**other) != key()


def test_another_content_of_pips_configuration_gives_another_environment(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]")
    first = key(PIP_CONFIG_FILE=str(file))
    file.write_text("[global]\nindex-url = https://other.example")
    assert key(PIP_CONFIG_FILE=str(file)) != first


def make(place: Path) -> None:
    place.mkdir()
    (place / "made").write_text(str(time.monotonic_ns()))


def test_an_environment_is_made_once(tmp_path: Path) -> None:
    first = (cached(tmp_path, "k", make).place / "made").read_text()
    assert (cached(tmp_path, "k", make).place / "made").read_text() == first


def test_a_failed_build_leaves_nothing_to_be_used(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        make(place)
        raise FileExistsError

    with pytest.raises(FileExistsError):
        cached(tmp_path, "k", fail)
    assert not (tmp_path / "k").exists()
    calls: list[Path] = []
    cached(tmp_path, "k", lambda place: (calls.append(place), make(place))[0])
    assert len(calls) == 1


def test_what_a_killed_runner_left_half_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "half").touch()
    assert not (cached(tmp_path, "k", make).place / "half").exists()


def test_several_runners_at_once_make_it_once(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from worker.environment_cache import cached\n"
        "def make(place):\n"
        "    place.mkdir(); time.sleep(0.5); (place / 'made').touch()\n"
        "    with open(sys.argv[2], 'a') as file: file.write('x')\n"
        "assert (cached(pathlib.Path(sys.argv[1]), 'k', make).place / 'made').exists()\n"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "cache"), str(tmp_path / "count")]
    processes = [subprocess.Popen(argv) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert (tmp_path / "count").read_text() == "x"


def test_an_environment_that_nobody_uses_is_removed(tmp_path: Path) -> None:
    old = cached(tmp_path, "old", make).place
    long_ago = time.time() - environment_cache.UNUSED_S - 1
    os.utime(old / ".complete", (long_ago, long_ago))
    cached(tmp_path, "new", make)
    assert not old.exists()


def test_using_an_environment_keeps_it(tmp_path: Path) -> None:
    old = cached(tmp_path, "old", make).place
    long_ago = time.time() - environment_cache.UNUSED_S - 1
    os.utime(old / ".complete", (long_ago, long_ago))
    cached(tmp_path, "old", make)
    cached(tmp_path, "new", make)
    assert old.exists()


def test_an_old_environment_that_is_being_made_is_not_removed(tmp_path: Path) -> None:
    old = cached(tmp_path, "old", make).place
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


def test_what_a_killed_set_up_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / "dead").mkdir()
    (tmp_path / "dead" / "half").touch()
    (tmp_path / "dead.lock").touch()
    cached(tmp_path, "new", make)
    assert {path.name for path in tmp_path.iterdir()} == {"new", "new.lock"}


def test_a_lock_that_is_swept_while_another_waits_for_it_still_excludes(tmp_path: Path) -> None:
    path = tmp_path / "k.lock"
    held: list[str] = []

    def wait() -> None:
        with locked(path):
            held.append("the one who waited")

    thread = threading.Thread(target=wait)
    with ExitStack() as newer:
        with locked(path):
            thread.start()
            time.sleep(0.3)
            path.unlink()
            newer.enter_context(locked(path))
        time.sleep(0.3)
        assert held == []
    thread.join(30)
    assert held == ["the one who waited"]


def test_a_kept_environment_is_read_only(tmp_path: Path) -> None:
    place = cached(tmp_path, "k", make).place
    writable = [path for path in (place, *place.rglob("*")) if path.stat().st_mode & 0o222]
    assert [path.name for path in writable] == [".complete"]


def test_sealing_touches_nothing_outside(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)

    def linking(place: Path) -> None:
        make(place)
        (place / "python").symlink_to(outside)

    cached(tmp_path / "cache", "k", linking)
    assert outside.stat().st_mode & 0o777 == 0o644


def tamper(place: Path, how: str) -> None:
    """Change an environment as code can that runs with the rights of its owner."""
    place.chmod(0o700)
    made = place / "made"
    before = made.stat()
    made.chmod(0o600)
    if how == "added":
        (place / "sitecustomize.py").touch()
    elif how == "removed":
        made.unlink()
    elif how == "replaced, its time put back":
        made.write_text(made.read_text()[::-1])
        os.utime(made, ns=(before.st_atime_ns, before.st_mtime_ns))
        made.chmod(before.st_mode)


WAYS = ["added", "removed", "replaced, its time put back", "made writable"]


@pytest.mark.parametrize("how", WAYS)
def test_a_changed_environment_is_refused_and_gone(tmp_path: Path, how: str) -> None:
    shared = cached(tmp_path, "k", make)
    tamper(shared.place, how)
    with pytest.raises(CandidateError, match="changed its environment while it was measured"):
        refuse_changed(shared)
    assert not shared.place.exists()


@pytest.mark.parametrize("how", WAYS)
def test_an_environment_changed_by_a_killed_order_is_made_again(tmp_path: Path, how: str) -> None:
    made: list[Path] = []

    def counted(place: Path) -> None:
        made.append(place)
        make(place)

    tamper(cached(tmp_path, "k", counted).place, how)
    again = cached(tmp_path, "k", counted)
    assert (len(made), again.entries.keys()) == (2, {"made"})


def test_what_was_changed_is_named(tmp_path: Path) -> None:
    shared = cached(tmp_path, "k", make)
    for number in range(9):
        tamper(shared.place, "made writable")
        (shared.place / f"new{number}").touch()
    with pytest.raises(CandidateError) as caught:
        refuse_changed(shared)
    assert caught.value.tail == "Changed there:\nmade\nnew0\nnew1\nnew2\nnew3\nand 5 more"


def test_an_unchanged_environment_is_kept(tmp_path: Path) -> None:
    shared = cached(tmp_path, "k", make)
    cached(tmp_path, "k", make)  # another runner uses it meanwhile
    refuse_changed(shared)
    assert shared.place.exists()


def test_one_that_another_runner_did_away_with_is_worth_another_try(tmp_path: Path) -> None:
    shared = cached(tmp_path, "k", make)
    tamper(shared.place, "added")
    with pytest.raises(CandidateError):
        refuse_changed(shared)
    cached(tmp_path, "k", make)
    with pytest.raises(TransientError, match="was replaced"):
        refuse_changed(shared)


def test_a_forged_mark_does_not_keep_a_changed_environment(tmp_path: Path) -> None:
    shared = cached(tmp_path, "k", make)
    tamper(shared.place, "added")
    (shared.place / ".complete").write_text(noted(shared.place).digest)
    with pytest.raises(TransientError):
        refuse_changed(shared)
    assert not shared.place.exists()
