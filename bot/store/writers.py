"""Who writes: a process by its host, its number and when it started, so that none is two."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path

SILENT = timedelta(days=1)  # nothing that is decided takes so long, whatever service was away

_START = 19  # of the fields behind the command's name


def this_writer() -> str:
    """Name this process as ``host:pid:start``; the start counts ticks since the host's boot."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_start(pid) or 0}"


def is_given_up(writer: str, silent: timedelta) -> bool:
    """Whether what a writer meant to do so long ago is not to be waited for any more.

    Nobody knows of a process on another host whether it lives, and where each start is in a new
    container, every former one is on another. What it may still do is recorded as a later attempt.
    """
    is_here = _host(writer) == socket.gethostname()
    return is_dead(writer) if is_here else silent > SILENT


def is_dead(writer: str) -> bool:
    """Whether a writer is known to be gone; one on another host never is."""
    host, _, rest = writer.rpartition(":")[0].rpartition(":")
    start = writer.rpartition(":")[2]
    if host != socket.gethostname() or not rest.isdecimal() or not start.isdecimal():
        return False
    return _start(int(rest)) != int(start)


def _host(writer: str) -> str:
    return writer.rsplit(":", 2)[0]


def _start(pid: int) -> int | None:
    """Read when a process started; None when there is none of that number."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        return int(told.rpartition(")")[2].split()[_START])
    except (OSError, ValueError, IndexError):
        return None
