"""The journal of a sweep that is under way: what is done survives whatever ends the program.

A header line says of what sweep it is, then there is a line a point, with all of its rows. Lines
are written as soon as the point is done, so that killing the program loses none, and are synced
to the disk every half second. A line without its end was being written; it does not count.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

import msgspec

from engine.errors import UserError, Where
from engine.sweep.rows import SweepRow
from worker.executors.points import Done
from worker.files import write_atomically

JOURNAL = "journal.jsonl"
SYNC_EVERY_S = 0.5

Finished = Mapping[int, tuple[SweepRow, ...]]


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What has to be the same for two halves of a sweep to make a whole.

    ``code`` is of the repository's files, ``data`` of what the strategy is run on.
    """

    schema_version: int = 1
    spec: str
    code: str
    data: str
    versions: dict[str, str]
    points: int


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    place: int
    rows: Annotated[tuple[SweepRow, ...], msgspec.Meta(min_length=1)]


_PARTS = {
    "spec": "another spec",
    "code": "other code",
    "data": "other data",
    "versions": "other versions of Python or its packages",
    "points": "another number of points",
    "schema_version": "another version of this program",
}
_RESTART = "Start anew without --resume, or bring back what the sweep was begun with."


class Journal:
    """Appends what is done. Made by :func:`begun` or :func:`resumed`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.fsync(self._file)
        os.close(self._file)

    def keep(self, done: Done) -> None:
        """Append the rows of a point.

        Raises:
            OSError: the disk is full, or gone.
        """
        line = memoryview(msgspec.json.encode(_Line(place=done.place, rows=done.rows)) + b"\n")
        while line:
            line = line[os.write(self._file, line) :]
        if time.monotonic() - self._synced >= SYNC_EVERY_S:
            os.fsync(self._file)
            self._synced = time.monotonic()

    def remove(self) -> None:
        """Remove it: the sweep's directory is whole."""
        self._path.unlink(missing_ok=True)


def begun(folder: Path, identity: Identity) -> Journal:
    """Begin the journal of a sweep in *folder*, which is made; an earlier one is gone then.

    Raises:
        UserError: the folder cannot be written to.
    """
    path = folder / JOURNAL
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, msgspec.json.encode(identity) + b"\n")
        return Journal(path)
    except OSError as error:
        problem = f"could not be written: {error.strerror or error}."
        remedy = "Name a folder that can be written to."
        raise UserError(problem, Where(str(path)), remedy) from error


def resumed(folder: Path, identity: Identity) -> tuple[Journal, Finished] | None:
    """Go on with the journal in *folder*; None: there is none.

    Raises:
        UserError: it is of another sweep, of other code, data or versions, or it is damaged.
    """
    path = folder / JOURNAL
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    whole = data[: data.rfind(b"\n") + 1]
    lines = whole.splitlines()
    if not lines:
        return None
    _check_identity(path, lines[0], identity)
    finished = dict(_read(path, line, number) for number, line in enumerate(lines[1:], start=2))
    if len(finished) != len(lines) - 1 or not all(0 <= p < identity.points for p in finished):
        raise _damaged(path, None)
    os.truncate(path, len(whole))
    return Journal(path), finished


def _check_identity(path: Path, line: bytes, wanted: Identity) -> None:
    try:
        found = msgspec.json.decode(line, type=Identity)
    except msgspec.DecodeError as error:
        raise _damaged(path, 1) from error
    differing = [
        words for name, words in _PARTS.items() if getattr(found, name) != getattr(wanted, name)
    ]
    if differing:
        problem = f"the sweep that was interrupted there is of {', '.join(differing)}."
        raise UserError(problem, Where(str(path)), _RESTART)


def _read(path: Path, line: bytes, number: int) -> tuple[int, tuple[SweepRow, ...]]:
    try:
        found = msgspec.json.decode(line, type=_Line)
    except msgspec.DecodeError as error:
        raise _damaged(path, number) from error
    return found.place, found.rows


def _damaged(path: Path, line: int | None) -> UserError:
    problem = "the journal of the interrupted sweep is damaged."
    return UserError(problem, Where(str(path), line), "Start anew without --resume.")
