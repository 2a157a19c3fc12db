"""Running a repository's commands: bounded in time and output, and gone afterwards.

Every command runs under a guard (``worker.guarded``), which lets nothing of it survive.
"""

from __future__ import annotations

import ctypes
import os
import selectors
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.samples import Conditions
from worker.guarded import Ending, Guarded, Measuring, guarded, parse_ending

OUTPUT_BYTES = 65_536
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MARK_VARIABLE = "HIGHWATER_MARK"

_PR_SET_CHILD_SUBREAPER = 36
_CHUNK = 65_536

__all__ = [
    "MARK_VARIABLE",
    "OUTPUT_BYTES",
    "Ending",
    "Finished",
    "Guarded",
    "Measuring",
    "become_subreaper",
    "guarded",
    "run",
    "scrubbed",
]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended.

    *returncode* is negative for the signal that killed it, 127 when it could not be started.
    *tail* is the end of its output, both streams in the order of arrival; *stdout* the
    beginning of standard output alone, *stdout_cut* whether there was more of that. *cpu_s*
    counts all its descendants. *conditions* are known of what was measured under some.
    """

    returncode: int
    tail: str
    stdout: str
    wall_s: float
    cpu_s: float
    timed_out: bool
    stdout_cut: bool = False
    conditions: Conditions = field(default_factory=Conditions)

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.returncode == 0 and not self.timed_out


def run(  # noqa: PLR0913 - a command, its surroundings, and how it is run
    argv: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float,
    output_bytes: int = OUTPUT_BYTES,
    measuring: Measuring | None = None,
) -> Finished:
    """Run *argv* in *cwd* with exactly *environ*, for at most *timeout_s* seconds.

    Standard input is empty. Of the output, *output_bytes* are kept for each of ``tail`` and
    ``stdout``. When this returns or raises, no descendant is left, double-forked or not.

    Raises:
        CandidateError: the command killed its guard, or memory ran out.
    """
    output = _Output(output_bytes)
    wanted = guarded(argv, cwd=cwd, environ=environ, timeout_s=timeout_s, measuring=measuring)
    with wanted as command:
        result = _pump(command, output)
    ending = parse_ending(result, command.argv, output.tail.decode(errors="replace"))
    if ending.problem:
        output.take(f"cannot run {argv[0]!r}: {ending.problem}\n".encode())
    return Finished(
        returncode=ending.returncode,
        tail=output.tail.decode(errors="replace"),
        stdout=output.stdout.decode(errors="replace"),
        wall_s=ending.wall_s,
        cpu_s=ending.cpu_s,
        timed_out=ending.timed_out,
        stdout_cut=output.stdout_cut,
        conditions=ending.conditions or Conditions(),
    )


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
        self.stdout_cut = False

    def take_stdout(self, chunk: bytes) -> None:
        room = self.limit - len(self.stdout)
        self.stdout += chunk[:room]
        self.stdout_cut = self.stdout_cut or len(chunk) > room
        self.take(chunk)

    def take(self, chunk: bytes) -> None:
        self.tail += chunk
        del self.tail[: -self.limit]


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
