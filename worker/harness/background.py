"""What goes on beside the main thread of a process: its other threads, and all it has started.

A stand-alone file of the standard library, for any Python from 3.8 on. Nothing is said of what
the kernel does not tell.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic, monotonic_ns, process_time_ns, sleep, thread_time_ns

WINDOW_S = 0.005
BUSY = 0.1  # of a CPU


def busy_share(patience_s: float) -> float:
    """Give the share of a CPU that goes on being used while this thread sleeps.

    Whatever calms down within *patience_s* seconds counts as 0; without patience, one look.
    """
    give_up = monotonic() + patience_s
    while True:
        share = _look()
        if share <= BUSY:
            return 0.0
        if monotonic() >= give_up:
            return share


def _look() -> float:
    started, before = monotonic_ns(), _used_ns()
    sleep(WINDOW_S)
    return (_used_ns() - before) / (monotonic_ns() - started)


def _used_ns() -> int:
    """Add up the CPU time of the other threads, and of all processes below this and its guard.

    What looking costs is this thread's own, and does not count.
    """
    threads = process_time_ns() - thread_time_ns()
    return threads + sum(_of_process(pid) for pid in _others())


def _others() -> list[int]:
    own, found = os.getpid(), []
    pending = [own, os.getppid()]  # the guard adopts what has lost its parent
    while pending:
        new = [pid for pid in _children(pending.pop()) if pid != own and pid not in found]
        found += new
        pending += new
    return found


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for thread in _listed(f"/proc/{pid}/task")
        for child in _text(f"/proc/{pid}/task/{thread}/children").split()
    ]


def _of_process(pid: int) -> int:
    texts = [_text(f"/proc/{pid}/task/{name}/schedstat") for name in _listed(f"/proc/{pid}/task")]
    return sum(int(text.split()[0]) for text in texts if text)


def _listed(folder: str) -> list[str]:
    try:
        return [entry.name for entry in Path(folder).iterdir()]
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return ""
