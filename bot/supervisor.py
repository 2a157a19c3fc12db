"""One supervisor for the processes of ``highwater up``: restarts what dies, leaves nothing behind.

It runs in the main thread of a process of its own, which adopts orphans (a child subreaper);
so whatever a killed service leaves behind shows up here as a child that is no service.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
STABLE_AFTER_S = 30.0  # a service that lived this long failed for a new reason
ASK_AGAIN_AFTER_S = 3.0  # a second SIGTERM tells a draining runner not to wait for its order
KILL_AFTER_S = 6.0
_LAST_S = 2.0
_POLL_S = 0.1
_PR_SET_PDEATHSIG = 1

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A process to keep alive; *foundation*: the others need it, so it is stopped last.

    Its output goes to the end of *log*, or without one to ours.
    """

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    log: Path | None = None
    foundation: bool = False


def restart_delay(failures: int) -> float:
    """Seconds to wait before a restart, after so many quick deaths in a row.

    >>> [restart_delay(failures) for failures in (1, 2, 3, 20)]
    [0.5, 1.0, 2.0, 30.0]
    """
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(failures - 1, 16))


def own_command(*arguments: str) -> tuple[str, ...]:
    """Give the command line of ``highwater ARGUMENTS``, by this very interpreter.

    ``-P``: a folder named ``bot`` where the user stands is not imported in place of ours.
    """
    return (sys.executable, "-P", "-m", "bot.cli.main", *arguments)


def ends_with(parent: int) -> Callable[[], None]:
    """Make what a child does first (``preexec_fn``): ask to be ended when *parent* dies.

    The kernel sends SIGTERM when the thread that started the child ends, so start it from the
    main thread.
    """
    libc = ctypes.CDLL(None)  # loaded here: nothing may be loaded between fork and exec

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask


class Supervisor:
    """Keeps *services* alive between ``start`` and ``stop``, telling *report* in plain lines."""

    def __init__(self, services: Sequence[Service], report: Report) -> None:
        self._kept = [_Kept(service) for service in services]
        self._report = report
        self._strangers = {child.pid for child in psutil.Process().children()}

    def start(self) -> None:
        """Start every service that does not run yet, in order."""
        for kept in self._kept:
            if kept.process is None:
                kept.start()

    def start_one(self, name: str) -> None:
        """Start the service *name* before the others.

        Raises:
            KeyError: there is no such service.
        """
        self._named(name).start()

    def alive(self, name: str) -> bool:
        """Tell whether the service *name* runs now.

        Raises:
            KeyError: there is no such service.
        """
        return self._named(name).running()

    def run(self, stop: threading.Event) -> None:
        """Keep all alive until *stop* is set."""
        while not stop.wait(_POLL_S):
            self.tick(time.monotonic())

    def tick(self, now: float) -> None:
        """Note deaths, kill what the dead left behind, restart what is due at *now*."""
        for kept in self._kept:
            if kept.process is not None and not kept.running():
                self._note_death(kept, now)
            elif kept.process is None and now >= kept.due:
                kept.start()
                self._report(f"{kept.service.name} restarted")

    def stop(self) -> None:
        """Stop everything within ten seconds: politely, then for good; foundations last."""
        for foundation in (False, True):
            kept = [one for one in self._kept if one.service.foundation == foundation]
            _stop_all([one for one in kept if one.process is not None])
        self._kill_orphans()

    def _named(self, name: str) -> _Kept:
        found = next((kept for kept in self._kept if kept.service.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def _note_death(self, kept: _Kept, now: float) -> None:
        code = kept.buried(now)
        self._kill_orphans()
        wait_s = kept.due - now
        self._report(f"{kept.service.name} ended with {code}; restart in {wait_s:.1f} s")

    def _kill_orphans(self) -> None:
        services = {kept.process.pid for kept in self._kept if kept.process is not None}
        for child in psutil.Process().children():
            if child.pid not in services | self._strangers:
                _kill_tree(child)
                child.wait(_LAST_S)


class _Kept:
    """A service, its process if it has one, and how its restarts went."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.process: subprocess.Popen[bytes] | None = None
        self.due = 0.0
        self._failures = 0
        self._started = 0.0

    def start(self) -> None:
        self._started = time.monotonic()
        with _output(self.service.log) as output:
            self.process = subprocess.Popen(
                self.service.argv,
                env=dict(self.service.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if self.service.log else None,
                start_new_session=True,  # the terminal's Ctrl-C is ours to pass on
                preexec_fn=ends_with(os.getpid()),  # noqa: PLW1509 - this process has one thread
            )

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def buried(self, now: float) -> int | None:
        """Forget the dead process, and settle when the next one is due; gives its status."""
        code = None if self.process is None else self.process.returncode
        self.process = None
        self._failures = 1 if now - self._started >= STABLE_AFTER_S else self._failures + 1
        self.due = now + restart_delay(self._failures)
        return code


def _stop_all(kept: Sequence[_Kept]) -> None:
    processes = [one.process for one in kept if one.process is not None]
    started = time.monotonic()
    for until_s in (ASK_AGAIN_AFTER_S, KILL_AFTER_S):
        for process in processes:
            process.terminate()
        _wait(processes, started + until_s)
    for process in processes:
        if process.poll() is None:
            _kill_tree(psutil.Process(process.pid))
        process.wait()
    for one in kept:
        one.process = None


def _wait(processes: Sequence[subprocess.Popen[bytes]], deadline: float) -> None:
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return


def _kill_tree(root: psutil.Process) -> None:
    """Kill a process and its descendants; what is gone already is no error."""
    try:
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in tree:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def _output(log: Path | None) -> IO[bytes]:
    if log is None:
        return os.fdopen(os.dup(2), "ab")
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("ab")
