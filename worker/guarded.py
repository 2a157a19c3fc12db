"""Commands under a guard, a process of its own (``worker/harness/guard.py``).

The guard kills all descendants of its command when that ends, when its time is over and when
the process that started it dies.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from engine.errors import CandidateError
from engine.samples import Conditions

TERMINATION_GRACE_S = 10.0

_GUARD = Path(__file__).parent / "harness" / "guard.py"


class Measuring(msgspec.Struct, frozen=True, kw_only=True):
    """How a command is to be measured; what is not permitted is left out, and told.

    Pinned to *cpus*, at the priority *nice* where it is better than its own, and with
    *fixed_addresses* without address space randomisation.
    """

    cpus: tuple[int, ...]
    nice: int = -10
    fixed_addresses: bool = False


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What the guard says of the command when all is over; *problem*: it could not be started.

    *conditions* only where they were asked for.
    """

    returncode: int
    wall_s: float
    cpu_s: float
    timed_out: bool
    problem: str | None
    conditions: Conditions | None = None


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
        return parse_ending(self.result.read(), self.argv, "")

    def terminate(self) -> None:
        """Kill the command and all its descendants now; :meth:`ending` still tells."""
        self.process.terminate()


@contextmanager
def guarded(  # noqa: PLR0913 - a command, its surroundings, and how it is run
    argv: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float | None = None,
    interactive: bool = False,
    measuring: Measuring | None = None,
) -> Iterator[Guarded]:
    """Start *argv* under a guard, its output on pipes; *interactive*: its input too.

    *measuring*: under these conditions; its ending tells which of them held.
    On leaving, the command and every descendant of it are killed where they still run.
    """
    request = {
        "argv": [*argv],
        "cwd": str(cwd),
        "environ": dict(environ),
        "timeout_s": timeout_s,
        "measuring": None if measuring is None else msgspec.to_builtins(measuring),
    }
    command = _start(tuple(argv), json.dumps(request).encode(), interactive=interactive)
    try:
        yield command
    finally:
        _stop(command)


def parse_ending(result: bytes, argv: Sequence[str], tail: str) -> Ending:
    """Read what the guard of *argv* said at the end; *tail* is the command's output.

    Raises:
        CandidateError: nothing, for it was killed.
    """
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
