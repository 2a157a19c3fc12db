"""Built environments that are kept: by what went into them, safe for several runners at once."""

from __future__ import annotations

import fcntl
import math
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.configuration import Argv
from engine.identity import content_hash
from worker.files import write_atomically
from worker.requirements_files import Unknown, files_read

UNUSED_S = 14 * 24 * 3600  # after this long without use an environment is removed
FORMAT = 1  # raised when what is built changes

_COMPLETE = ".complete"


def cache_key(setup: Sequence[Argv], tree: Path, base_python: Path) -> str | None:
    """Name an environment by all that it depends on; None when that is more than files.

    Raises:
        UserError: a requirement file is missing or no plain file.
    """
    try:
        files = files_read(setup, tree)
    except Unknown:
        return None
    interpreter = base_python.resolve()
    parts = {
        "format": FORMAT,
        "setup": [list(argv) for argv in setup],
        "files": {path: data.hex() for path, data in files.items()},
        "python": [str(interpreter), interpreter.stat().st_mtime_ns, platform.platform()],
    }
    return content_hash(parts)[:32]


def cached(folder: Path, key: str, make: Callable[[Path], None]) -> Path:
    """Give the environment *key* of *folder*, made by *make* when it is not there yet.

    An environment cannot be moved, so it is made in its place under a lock and marked when it
    is complete; one without the mark is what a killed runner left, and is made again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / key
    with _locked(folder / f"{key}.lock"):
        if not (place / _COMPLETE).exists():
            shutil.rmtree(place, ignore_errors=True)
            make(place)
        write_atomically(place / _COMPLETE, b"")  # its time is that of the last use
    _remove_unused(folder)
    return place


@contextmanager
def _locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock between processes; the kernel lets go of it when its holder dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _remove_unused(folder: Path) -> None:
    oldest = time.time() - UNUSED_S
    for mark in folder.glob(f"*/{_COMPLETE}"):
        if _used_last(mark) < oldest:
            _remove(mark.parent, oldest)


def _remove(place: Path, oldest: float) -> None:
    """Remove an environment, unless somebody uses or makes it just now."""
    with _locked(place.with_name(f"{place.name}.lock"), wait=False) as alone:
        mark = place / _COMPLETE
        if alone and _used_last(mark) < oldest:
            mark.unlink()  # first: what a killed removal leaves is no environment
            shutil.rmtree(place, ignore_errors=True)


def _used_last(mark: Path) -> float:
    try:
        return mark.stat().st_mtime
    except FileNotFoundError:  # another runner was quicker
        return math.inf
