"""No process of a repository outlives the order it belongs to.

Its guard (``worker.processes``) kills a command's descendants. What escapes a guard that was
killed itself is adopted by the runner, which is a subreaper, and killed after the order; what
escapes the runner's own death is found by its mark when the runner starts again.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from worker.processes import MARK_VARIABLE

KILLING_S = 8.0
_PR_SET_PDEATHSIG = 1


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


def kill_marked(mark: str, folder: Path) -> int:
    """Kill what a dead predecessor left: processes with its *mark*, or working in *folder*.

    Says how many there were. This process and its ancestors are spared.
    """
    return _kill_until_none(lambda: [p for p in _others() if _belongs(p, mark, folder)])


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
