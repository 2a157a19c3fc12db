"""JSON lines in, JSON lines out: the streaming of the hooks ``highwater stats``.

One answer a line, in the lines' order. A bad line's error stands in its answer's place, and the
others go on. Blank lines are counted and not answered.
"""

from __future__ import annotations

import json
import select
from collections.abc import Callable, Iterator, Sequence
from io import BufferedIOBase, UnsupportedOperation
from typing import Any, NamedTuple, TextIO

import msgspec

from bot.cli.output import harmless
from engine.document import field_name
from engine.json_text import first_bad
from engine.values import ExitCode

MAX_LINE = 16 * 1024 * 1024  # bytes of a line, and about those of the lines answered together
SHOWN_ERRORS = 20
_PIECE = 64 * 1024


class LineError(NamedTuple):
    """What is wrong with line number *line* (from 1); *id* is the line's own, None if unknown."""

    line: int
    id: Any
    message: str


Answers = Callable[[Sequence[tuple[int, bytes]]], Iterator[bytes | LineError]]
"""Numbered lines to their answers, one each in the same order; an answer has no line end."""


def run(
    stdin: BufferedIOBase,
    stdout: BufferedIOBase,
    stderr: TextIO,
    answer_lines: Answers,
    chunk: int = 4096,
) -> int:
    """Answer every line of *stdin* on *stdout*; give 5 where any line was bad, else 0.

    At most *chunk* lines are answered together, fewer where the input pauses or their bytes
    reach ``MAX_LINE``; a longer line is refused unread. *stderr* gets the first errors as
    ``line N: …``, then a count.

    Raises:
        BrokenPipeError: whoever read the answers has gone.
    """
    teller = _Teller(stdout, stderr)
    for lines in _chunks(stdin, chunk):
        whole = [(number, line) for number, line in lines if line is not None]
        answers = answer_lines(whole)
        for number, line in lines:
            teller.tell(_too_long(number) if line is None else next(answers))
        stdout.flush()
    return teller.end()


def known_id(line: bytes) -> Any:
    """Find the ``id`` of a line that is wrong elsewhere, be it by a NaN; None where there is none.

    >>> known_id(b'{"id": 7, "values": [NaN]}')
    7
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found.get("id") if isinstance(found, dict) else None


def flaw(line: bytes) -> str | None:
    """Name the first value that JSON does not have, such as NaN, by its place; None: there is none.

    >>> flaw(b'{"id": 7, "values": [1.0, NaN]}')
    'values[1]: expected a finite number, found nan.'
    """
    try:
        bad = first_bad(json.loads(line))
    except (ValueError, RecursionError):
        return None
    if bad is None:
        return None
    path, problem = bad
    return f"{field_name(path)}: {problem}" if path else problem


class _Teller:
    """Writes answers, and errors in both places."""

    def __init__(self, stdout: BufferedIOBase, stderr: TextIO) -> None:
        self._stdout, self._stderr = stdout, stderr
        self._errors = 0

    def tell(self, answer: bytes | LineError) -> None:
        if not isinstance(answer, LineError):
            self._stdout.write(answer + b"\n")
            return
        self._stdout.write(_error_line(answer) + b"\n")
        self._errors += 1
        if self._errors <= SHOWN_ERRORS:
            self._say(f"line {answer.line}: {' '.join(answer.message.split())}")

    def end(self) -> int:
        if self._errors > SHOWN_ERRORS:
            self._say(f"{self._errors} lines had errors; the first {SHOWN_ERRORS} are above.")
        return ExitCode.COULD_NOT_RUN if self._errors else ExitCode.WITHIN_BUDGET

    def _say(self, text: str) -> None:
        self._stderr.write(harmless(text) + "\n")


def _error_line(error: LineError) -> bytes:
    try:
        return _encoded(error, error.id)
    except (TypeError, ValueError, OverflowError, RecursionError):  # an id that JSON cannot hold
        return _encoded(error, None)


def _encoded(error: LineError, known: Any) -> bytes:
    message = error.message.encode("utf-8", "replace").decode()
    return msgspec.json.encode({"id": known, "line": error.line, "error": message})


def _too_long(number: int) -> LineError:
    return LineError(number, None, f"the line is longer than {MAX_LINE // 2**20} MiB.")


def _chunks(stdin: BufferedIOBase, chunk: int) -> Iterator[list[tuple[int, bytes | None]]]:
    """Gather numbered lines; None stands for a line that is too long."""
    found: list[tuple[int, bytes | None]] = []
    size = 0
    for number, line in _numbered(stdin):
        if number:
            found.append((number, line))
            size += len(line or b"")
        full = len(found) >= chunk or size >= MAX_LINE
        if found and (full or (not number and _pauses(stdin))):
            yield found
            found, size = [], 0
    if found:
        yield found


def _numbered(stdin: BufferedIOBase) -> Iterator[tuple[int, bytes | None]]:
    """Split what comes into lines that are not blank; (0, None) after each piece that was read."""
    number, rest = 0, _Rest()
    while piece := stdin.read1(_PIECE):
        *ended, begun = piece.split(b"\n")
        for end in ended:
            number += 1
            line = rest.ended_by(end)
            if line is None or line.strip():
                yield number, line
        rest.goes_on(begun)
        yield 0, None
    line = rest.ended_by(b"")
    if line is None or line.strip():
        yield number + 1, line


class _Rest:
    """The begun line, of which no more is kept than may be answered."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def goes_on(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MAX_LINE:
            self._pieces.clear()
        elif piece:
            self._pieces.append(piece)

    def ended_by(self, piece: bytes) -> bytes | None:
        self.goes_on(piece)
        line = b"".join(self._pieces) if self._size <= MAX_LINE else None
        self._pieces, self._size = [], 0
        return line


def _pauses(stdin: BufferedIOBase) -> bool:
    """Whether a reader would have to wait, so that a caller who asks line by line is answered."""
    try:
        ready, _, _ = select.select([stdin.fileno()], [], [], 0)
    except (UnsupportedOperation, OSError, ValueError):  # no file: what was read is all there is
        return False
    return not ready


__all__ = ["MAX_LINE", "SHOWN_ERRORS", "Answers", "LineError", "flaw", "known_id", "run"]
