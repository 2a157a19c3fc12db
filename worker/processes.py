"""Running a repository's commands: bounded in time and output, and gone afterwards.

Every command runs under a guard, a process of its own (``worker/harness/guard.py``) that kills
all its descendants when it ends, when its time is over and when this process dies.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from engine.errors import CandidateError

OUTPUT_BYTES = 65_536
TERMINATION_GRACE_S = 10.0
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MARK_VARIABLE = "HIGHWATER_MARK"

_GUARD = Path(__file__).parent / "harness" / "guard.py"
_PR_SET_CHILD_SUBREAPER = 36
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended.

    *returncode* is negative for the signal that killed it, 127 when it could not be started.
    *tail* is the end of its output, both streams in the order of arrival; *stdout* the
    beginning of standard output alone. *cpu_s* counts all its descendants.
    """

    returncode: int
    tail: str
    stdout: str
    wall_s: float
    cpu_s: float
    timed_out: bool

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.returncode == 0 and not self.timed_out


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What the guard says of the command when all is over; *problem*: it could not be started."""

    returncode: int
    wall_s: float
    cpu_s: float
    timed_out: bool
    problem: str | None


@dataclass(frozen=True, slots=True)
class Guarded:
    """A command under its guard. *process* is the guard's: the streams are the command's own."""

    process: subprocess.Popen[bytes]
    result: IO[bytes]
    argv: tuple[str, ...]

    @property
    def stdin(self) -> IO[bytes]:
        """The command's standard input, where it was started as interactive."""
        return _present(self.process.stdin)

    @property
    def stdout(self) -> IO[bytes]:
        """The command's standard output."""
        return _present(self.process.stdout)

    @property
    def stderr(self) -> IO[bytes]:
        """The command's standard error."""
        return _present(self.process.stderr)

    def ending(self) -> Ending:
        """Wait until the command and all its descendants are gone, and say how it ended.

        Its output must be read meanwhile where it may fill a pipe.

        Raises:
            CandidateError: the guard was killed, so that nobody knows.
        """
        return _parsed(self.result.read(), self.argv, "")

    def terminate(self) -> None:
        """Kill the command and all its descendants now; :meth:`ending` still tells."""
        self.process.terminate()


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float,
    output_bytes: int = OUTPUT_BYTES,
) -> Finished:
    """Run *argv* in *cwd* with exactly *environ*, for at most *timeout_s* seconds.

    Standard input is empty. Of the output, *output_bytes* are kept for each of ``tail`` and
    ``stdout``. When this returns or raises, no descendant is left, double-forked or not.

    Raises:
        CandidateError: the command killed its guard, or memory ran out.
    """
    output = _Output(output_bytes)
    with guarded(argv, cwd=cwd, environ=environ, timeout_s=timeout_s) as command:
        result = _pump(command, output)
    ending = _parsed(result, command.argv, output.tail.decode(errors="replace"))
    if ending.problem:
        output.take(f"cannot run {argv[0]!r}: {ending.problem}\n".encode())
    return Finished(
        returncode=ending.returncode,
        tail=output.tail.decode(errors="replace"),
        stdout=output.stdout.decode(errors="replace"),
        wall_s=ending.wall_s,
        cpu_s=ending.cpu_s,
        timed_out=ending.timed_out,
    )


@contextmanager
def guarded(
    argv: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float | None = None,
    interactive: bool = False,
) -> Iterator[Guarded]:
    """Start *argv* under a guard, its output on pipes; *interactive*: its input too.

    On leaving, the command and every descendant of it are killed where they still run.
    """
    request = {"argv": [*argv], "cwd": str(cwd), "environ": dict(environ), "timeout_s": timeout_s}
    command = _start(tuple(argv), json.dumps(request).encode(), interactive=interactive)
    try:
        yield command
    finally:
        _stop(command)


def scrubbed(home: Path, bins: Sequence[Path] = (), mark: str = "") -> dict[str, str]:
    """Make the fixed environment of a repository's commands, with nothing of our own in it.

    *bins* come before the system's folders in ``PATH``; *home* also holds temporary files.
    *mark* is how a runner finds what it left behind (``worker.leftovers``).
    """
    environ = {
        "PATH": ":".join([*map(str, bins), SYSTEM_PATH]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
    }
    return environ | ({MARK_VARIABLE: mark} if mark else {})


def become_subreaper() -> None:
    """Adopt orphaned descendants, so that none of them gets out of sight.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


class _Output:
    """What is kept of a command's output."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tail = bytearray()
        self.stdout = bytearray()

    def take_stdout(self, chunk: bytes) -> None:
        self.stdout += chunk[: self.limit - len(self.stdout)]
        self.take(chunk)

    def take(self, chunk: bytes) -> None:
        self.tail += chunk
        del self.tail[: -self.limit]


def _present(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        message = "the command was not started with this stream on a pipe"
        raise ValueError(message)
    return stream


def _start(argv: tuple[str, ...], request: bytes, *, interactive: bool) -> Guarded:
    request_read, request_write = os.pipe()
    result_read, result_write = os.pipe()
    ends = (str(request_read), str(result_write), str(os.getpid()))
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD), *ends],
            stdin=subprocess.PIPE if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
            pass_fds=(request_read, result_write),
            start_new_session=True,  # out of reach of the terminal's Ctrl-C: the guard decides
        )
    except BaseException:
        os.close(request_write)
        os.close(result_read)
        raise
    finally:
        os.close(request_read)
        os.close(result_write)
    with open(request_write, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(request)
    result = open(result_read, "rb", buffering=0)  # noqa: PTH123, SIM115 - closed by _stop
    return Guarded(process, result, argv)


def _pump(command: Guarded, output: _Output) -> bytes:
    """Read the streams until the guard has told the result, which is given back."""
    result = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(command.result, selectors.EVENT_READ, result.extend)
        selector.register(command.stdout, selectors.EVENT_READ, output.take_stdout)
        selector.register(command.stderr, selectors.EVENT_READ, output.take)
        while command.result in selector.get_map():
            _read_ready(selector, None)
        while _read_ready(selector, 0):  # what the command's last words left in the pipes
            pass
    return bytes(result)


def _read_ready(selector: selectors.BaseSelector, wait_s: float | None) -> bool:
    ready = selector.select(wait_s) if selector.get_map() else []
    for key, _events in ready:
        chunk = os.read(key.fd, _CHUNK)
        if chunk:
            key.data(chunk)
        else:
            selector.unregister(key.fileobj)
    return bool(ready)


def _parsed(result: bytes, argv: Sequence[str], tail: str) -> Ending:
    if not result:
        reason = "Its guard was killed: out of memory, or by the command itself."
        raise CandidateError(argv[0], f"{tail}\n{reason}".lstrip())
    return msgspec.json.decode(result, type=Ending)


def _stop(command: Guarded) -> None:
    process = command.process
    try:
        process.terminate()
        process.wait(TERMINATION_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        for stream in (process.stdin, process.stdout, process.stderr, command.result):
            if stream is not None:
                _close(stream)


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:  # unsent input of a command that is gone
        return
