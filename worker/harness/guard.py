"""Runs one command and leaves none of its descendants behind, whatever happens.

A stand-alone file of the standard library, started by ``worker.processes`` as a process of its
own: ``python -I -S guard.py REQUEST_FD RESULT_FD PARENT_PID``. The request is one JSON object
``{"argv", "cwd", "environ", "timeout_s", "measuring"}``, read to its end; the result is one JSON
object ``{"returncode", "wall_s", "cpu_s", "timed_out", "problem", "conditions"}``. Where
``measuring`` is an object ``{"cpus", "nice", "fixed_addresses"}`` and not null, the command is
measured under these conditions as far as the kernel lets it, and ``conditions`` says which held.

The guard adopts whatever the command orphans (it is a child subreaper), so that a daemon that
was forked twice into a session of its own is killed too: when the command ends, when its time
is over, on SIGTERM, and when the process that started the guard dies, which the kernel tells
it by the same SIGTERM.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # an isolated Python leaves it out
import conditions

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CANNOT_RUN = 127  # as a shell has it
KILLING_S = 8.0  # a process that outlives SIGKILL this long hangs in the kernel
AWAITED = {signal.SIGCHLD, signal.SIGTERM}


def main() -> None:
    """Guard the command of the request."""
    request_fd, result_fd, parent = (int(text) for text in sys.argv[1:4])
    libc = ctypes.CDLL(None)
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    with os.fdopen(request_fd, "rb") as file:
        request = json.load(file)
    if os.getppid() != parent:  # it died before the kernel was asked to tell
        return
    fcntl.fcntl(result_fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    result = _guard(request, libc)
    with os.fdopen(result_fd, "w") as file:
        json.dump(result, file)


def _guard(request: dict[str, Any], libc: ctypes.CDLL) -> dict[str, Any]:
    measuring = request["measuring"]
    controlled = conditions.control(measuring, libc) if measuring else {"cpus": None}
    before = conditions.seen(controlled["cpus"])
    started = time.monotonic()
    child, problem = _start(request, libc)
    _let_go_of_the_streams()
    deadline = None if request["timeout_s"] is None else started + request["timeout_s"]
    status, timed_out = _wait(child, deadline)
    wall_s = time.monotonic() - started
    shares = conditions.between(before, conditions.seen(controlled["cpus"]))
    _kill_descendants()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    observed = {**controlled, **shares, "involuntary_switches": usage.ru_nivcsw}
    return {
        "returncode": -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status),
        "wall_s": wall_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "timed_out": timed_out,
        "problem": problem,
        "conditions": observed if measuring else None,
    }


def _start(request: dict[str, Any], libc: ctypes.CDLL) -> tuple[int, str | None]:
    """Fork and execute; gives the pid, and the reason where it could not be executed."""
    read_end, write_end = os.pipe()  # closed by a successful exec
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            _become(request, libc, guard)
        except (OSError, ValueError) as error:
            os.write(write_end, _reason(error).encode(errors="replace")[:4000])
        os._exit(CANNOT_RUN)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as file:
        problem = file.read().decode(errors="replace")
    return child, problem or None


def _become(request: dict[str, Any], libc: ctypes.CDLL, guard: int) -> None:
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:
        os._exit(CANNOT_RUN)
    os.setsid()  # a command that signals its own process group must not reach the guard
    if request["measuring"]:
        conditions.raise_group(request["measuring"]["nice"])
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o022)
    os.chdir(request["cwd"])
    os.execvpe(request["argv"][0], request["argv"], request["environ"])  # noqa: S606 - no shell


def _reason(error: OSError | ValueError) -> str:
    """Say why it failed; of files, only the folder is named: exec tries every one of PATH."""
    if not isinstance(error, OSError):
        return str(error)
    place = f" ({error.filename})" if isinstance(error.filename, str) else ""
    return f"{error.strerror}{place}"


def _let_go_of_the_streams() -> None:
    """Leave the pipes to the command, so that their end is the command's end."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    os.close(nowhere)


def _wait(child: int, deadline: float | None) -> tuple[int | None, bool]:
    """Wait for the command; gives its status (None: it did not end by itself) and time-out."""
    while True:
        status = _reap(child)
        if status is not None:
            return status, False
        caught = _next_signal(deadline)
        if caught is None:
            return None, True
        if caught.si_signo == signal.SIGTERM:
            return None, False


def _next_signal(deadline: float | None) -> signal.struct_siginfo | None:
    if deadline is None:
        return signal.sigwaitinfo(AWAITED)
    return signal.sigtimedwait(AWAITED, max(0.0, deadline - time.monotonic()))


def _reap(child: int | None = None) -> int | None:
    """Bury the dead, adopted ones included; gives *child*'s status once it is among them."""
    status = None
    while True:
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == 0:
            return status
        if pid == child:
            status = ended


def _kill_descendants() -> None:
    give_up = time.monotonic() + KILLING_S
    while time.monotonic() < give_up:
        pids = _descendants()
        if not pids:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: none forks meanwhile
            for pid in pids:
                _signal(pid, number)
        _reap()
        time.sleep(0.002)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for process in Path("/proc").iterdir():
        parent = _parent_of(process) if process.name.isdecimal() else None
        if parent is not None:
            children.setdefault(parent, []).append(int(process.name))
    found: list[int] = []
    pending = [os.getpid()]
    while pending:
        next_ones = children.get(pending.pop(), [])
        found += next_ones
        pending += next_ones
    return found


def _parent_of(process: Path) -> int | None:
    try:
        text = (process / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(text.rpartition(b")")[2].split()[1])


if __name__ == "__main__":
    main()
