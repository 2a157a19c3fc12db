"""Lines of JSON to and from one guarded process, whose prints are kept apart."""

from __future__ import annotations

import math
import os
import select
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NoReturn

from engine.errors import CandidateError
from worker.processes import Guarded

MAX_LINE_BYTES = 17 * 1024 * 1024  # above the harness's own bound
TAIL_BYTES = 2000
_CHUNK = 1 << 16
_ENDING_S = 1.0  # for a process that closed its channel to be gone by itself


class ChannelClosedError(Exception):
    """The process gives no answer any more; the message says why, with the end of its prints."""


class ChannelTimeoutError(ChannelClosedError):
    """The process was still at it when the time for the sweep was up."""


@contextmanager
def opened(command: Guarded) -> Iterator[Channel]:
    """Open a channel to an interactive *command*."""
    with selectors.DefaultSelector() as selector:
        for stream in (command.stdout, command.stderr):
            selector.register(stream, selectors.EVENT_READ)
        os.set_blocking(command.stdin.fileno(), False)
        yield Channel(command, selector)


class Channel:
    """One request, one answer: both a line. Made by :func:`opened`."""

    def __init__(self, command: Guarded, selector: selectors.BaseSelector) -> None:
        self._command = command
        self._selector = selector
        self._received = bytearray()
        self._tail = b""

    def send(self, line: bytes) -> None:
        """Send *line*, newline included.

        Raises:
            ChannelClosedError: the process does not read.
        """
        try:
            written = os.write(self._command.stdin.fileno(), line)
        except (BlockingIOError, BrokenPipeError):
            written = 0
        if written < len(line):
            self._fail("the process took no request")

    def receive(self, deadline: float) -> bytes:
        """Wait for the next line until *deadline*, on the clock of ``time.monotonic``.

        Raises:
            ChannelClosedError: the process ended, or wrote too much.
            ChannelTimeoutError: the deadline came first.
        """
        while (end := self._received.find(b"\n")) < 0:
            self._read_some(deadline)
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line

    def _read_some(self, deadline: float) -> None:
        for stream in self._ready(deadline):
            chunk = os.read(stream.fileno(), _CHUNK)
            if stream is self._command.stderr:
                self._keep(chunk)
            elif chunk:
                self._received += chunk
            else:
                self._fail(self._ending())
        if len(self._received) > MAX_LINE_BYTES:
            self._fail(f"the process wrote more than {MAX_LINE_BYTES} bytes in a line")

    def _ready(self, deadline: float) -> list[IO[bytes]]:
        left_s = None if math.isinf(deadline) else max(0.0, deadline - time.monotonic())
        keys = [key for key, _events in self._selector.select(left_s)]
        if not keys:
            self._fail("timed out: the time for the sweep was up", ChannelTimeoutError)
        return [key.fileobj for key in keys]  # type: ignore[misc]

    def _keep(self, chunk: bytes) -> None:
        self._tail = (self._tail + chunk)[-TAIL_BYTES:]
        if not chunk:
            self._selector.unregister(self._command.stderr)

    def _ending(self) -> str:
        """Say how the process ended; one that only closed its channel is ended now."""
        if not select.select([self._command.result], [], [], _ENDING_S)[0]:
            self._command.terminate()
            return "the process closed its channel"
        try:
            code = self._command.ending().returncode
        except CandidateError:
            return "the process was killed with its guard"
        return f"killed by signal {-code}" if code < 0 else f"ended with exit status {code}"

    def _fail(self, reason: str, error: type[ChannelClosedError] = ChannelClosedError) -> NoReturn:
        while self._command.stderr in self._selector.get_map():
            if not select.select([self._command.stderr], [], [], 0)[0]:
                break
            self._keep(os.read(self._command.stderr.fileno(), _CHUNK))
        printed = self._tail.decode(errors="replace").strip()
        message = f"{reason}\n{printed}".rstrip()
        raise error(message)
