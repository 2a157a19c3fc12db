"""Locks between processes: files that the kernel unlocks when their holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock *path*, and say so; without *wait*, not when somebody else holds it.

    Its holder may remove the file: whoever waited for it then takes the new one.

    Raises:
        OSError: the folder is missing or may not be written to.
    """
    how = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            held = _held(descriptor, how)
            if held and not _is_still(path, descriptor):
                continue
            yield held
            return
        finally:
            os.close(descriptor)


def _held(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
