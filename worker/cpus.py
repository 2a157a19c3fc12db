"""CPUs reserved for what is measured: of all processes of a machine, one measures on each.

A reservation is a lock of a file for each CPU, in a folder that all users of the machine share.
Who cannot see that folder, as in another container, reserves nothing from the others.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from worker.machine import ranked_cpus

# Not $TMPDIR: that is one user's, and what is shared is the machine.
SHARED_FOLDER = Path("/tmp")  # noqa: S108 - the names in it are locked, never read or written
PATIENCE_S = 60.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Reserved:
    """CPUs to measure on, and whether no other measurement runs there."""

    cpus: tuple[int, ...]
    alone: bool


@contextmanager
def reserved(
    count: int, *, patience_s: float = PATIENCE_S, folder: Path = SHARED_FOLDER
) -> Iterator[Reserved]:
    """Hold *count* CPUs (fewer where there are fewer): the best that are free, CPU 0 if need be.

    Where too few are free it waits, in turn with all who wait, for *patience_s* seconds. After
    that, and where nothing can be locked in *folder*, it gives the best ones unreserved.
    """
    best = ranked_cpus()
    wanted = best[: max(count, 1)]
    usable = [cpu for cpu in best if cpu != 0 or 0 in wanted]
    with ExitStack() as held:
        cpus = _held(held, (usable, len(wanted)), time.monotonic() + patience_s, folder)
        yield Reserved(tuple(sorted(cpus or wanted)), alone=cpus is not None)


def _held(
    held: ExitStack, asked: tuple[Sequence[int], int], until: float, folder: Path
) -> tuple[int, ...] | None:
    """Lock as many CPUs as are asked for; None: not in time, or not possible here."""
    usable, count = asked
    try:
        with ExitStack() as turn:
            # Whoever waits holds the turn: who measured last cannot take the CPU again before.
            while not _locked(turn, folder / "highwater-cpus.lock"):
                if _is_over(until):
                    return None
            while True:
                found = _free(held, usable, count, folder)
                if found is not None or _is_over(until):
                    return found
    except OSError:
        return None


def _free(
    held: ExitStack, usable: Sequence[int], count: int, folder: Path
) -> tuple[int, ...] | None:
    """Lock the first *count* CPUs that are free, or none at all."""
    with ExitStack() as locks:
        found: list[int] = []
        for cpu in usable:
            if len(found) < count and _locked(locks, folder / f"highwater-cpu-{cpu}.lock"):
                found.append(cpu)
        if len(found) < count:
            return None
        held.enter_context(locks.pop_all())
        return tuple(found)


def _is_over(until: float) -> bool:
    time.sleep(_POLL_S)
    return time.monotonic() > until


def _locked(locks: ExitStack, path: Path) -> bool:
    """Lock a file until *locks* end, whoever made it; False: somebody else holds it.

    Raises:
        OSError: it cannot be made or opened.
    """
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    except OSError:
        os.close(descriptor)
        raise
    locks.callback(os.close, descriptor)
    return True


def _opened(path: Path) -> int:
    """Open a file that stays for the others; to read, which is all that a lock takes."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    with suppress(FileNotFoundError):
        return os.open(path, flags)
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:  # somebody was faster
        return os.open(path, flags)
    os.fchmod(descriptor, 0o644)  # whatever the umask: others have to lock it, too
    return descriptor


__all__ = ["PATIENCE_S", "SHARED_FOLDER", "Reserved", "reserved"]
