"""No process and no file of a repository outlives the order it belongs to.

Its guard (``worker.processes``) kills a command's descendants. What escapes a guard that was
killed itself is adopted by the runner, which is a subreaper, and killed after the order; what
escapes the runner's own death is found by its mark when the runner starts again.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from worker.processes import MARK_VARIABLE, become_subreaper

KILLING_S = 8.0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def mark_of(runner_name: str, work_dir: Path) -> str:
    """Make the mark that a runner leaves in the environment of all it starts.

    >>> len(mark_of("a", Path("/w"))), mark_of("a", Path("/w")) == mark_of("a", Path("/v"))
    (16, False)
    """
    return hashlib.sha256(f"{runner_name}\n{work_dir}".encode()).hexdigest()[:16]


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that made it is gone.

    *parent* is the process id of that thread's process, taken before the fork.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel was asked
        os._exit(1)


def kill_descendants() -> int:
    """Kill every descendant of this process; says how many there were.

    For the end of an order, when none of them has a reason to live.
    """
    return _kill_until_none(lambda: psutil.Process().children(recursive=True))


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Kill at the end whatever this process started meanwhile, what escaped its guard included.

    For a process that has a life before and after: what ran already is spared.

    Raises:
        OSError: the kernel refused to let orphans be adopted.
    """
    spared = set(psutil.Process().children())
    become_subreaper()
    try:
        yield
    finally:
        _kill_until_none(lambda: _descendants_without(spared))
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def kill_marked(mark: str, folder: Path) -> int:
    """Kill what a dead predecessor left: processes with its *mark*, or working in *folder*.

    Says how many there were. This process and its ancestors are spared.
    """
    return _kill_until_none(lambda: [p for p in _others() if _belongs(p, mark, folder)])


def remove_tree(folder: Path) -> None:
    """Remove a folder that a repository wrote into, locked parts included; none there is fine.

    Raises:
        OSError: something in it cannot be removed.
    """
    if folder.is_dir() and not folder.is_symlink():
        _unlock(folder)
        shutil.rmtree(folder)


def _unlock(folder: Path) -> None:
    """Let the owner into *folder* and every folder below; links and files are not touched.

    From the top, for what is in a locked folder cannot even be seen. Folders of somebody else
    stay as they are.
    """
    pending = [folder]
    while pending:
        one = pending.pop()
        with suppress(PermissionError):
            if stat.S_IMODE(one.lstat().st_mode) & stat.S_IRWXU != stat.S_IRWXU:
                one.chmod(stat.S_IRWXU)
            with os.scandir(one) as entries:
                pending += [Path(e.path) for e in entries if e.is_dir(follow_symlinks=False)]


def _kill_until_none(find: Callable[[], list[psutil.Process]]) -> int:
    killed: set[int] = set()
    give_up = time.monotonic() + KILLING_S
    while (found := find()) and time.monotonic() < give_up:
        killed.update(process.pid for process in found)
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: none forks meanwhile
            _signal_all(found, number)
        psutil.wait_procs(found, timeout=0.5)
    return len(killed)


def _signal_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def _descendants_without(spared: set[psutil.Process]) -> list[psutil.Process]:
    found = [one for one in psutil.Process().children() if one not in spared]
    for child in tuple(found):
        try:
            found += child.children(recursive=True)
        except psutil.NoSuchProcess:
            continue
    return found


def _others() -> list[psutil.Process]:
    own = psutil.Process()
    spared = {own.pid, *(parent.pid for parent in own.parents())}
    return [process for process in psutil.process_iter() if process.pid not in spared]


def _belongs(process: psutil.Process, mark: str, folder: Path) -> bool:
    """Whether the process was started with the mark or works in the folder; not to be told: no."""
    try:
        if process.environ().get(MARK_VARIABLE) == mark:
            return True
        return Path(process.cwd()).is_relative_to(folder)
    except (psutil.Error, OSError):
        return False
