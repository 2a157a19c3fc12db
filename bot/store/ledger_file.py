"""The file of an audit ledger: appended to by several processes, one line at a time.

Whoever appends holds the file's lock, has read what others appended, and writes with one call. A
line that a crash left torn is cut off and recorded; an intent whose writer died is closed as lost.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.store.writers import is_given_up
from engine.audit.chain import GENESIS, Head, Stamp, sealed
from engine.audit.records import UNREADABLE, Entry, Fault, Scalar
from engine.audit.verify import MISSING
from worker.queue.private_folders import PRIVATE_FILE

log = logging.getLogger(__name__)

START = Head()

_RUN = "ledger"
_READ = 1 << 20
_UTC_MICROSECONDS = "%Y-%m-%dT%H:%M:%S.%fZ"


Clock = Callable[[], datetime]


class _Seen(msgspec.Struct, frozen=True, rename={"inputs": "in"}):
    """What an appender must know of others' records."""

    hash: str
    kind: str
    writer: str
    ts: str = ""
    id: str | None = None
    ref: str | None = None
    status: str | None = None


@dataclass
class Known:
    """What stands in a ledger, as far as it was read: its head, and what became of intents.

    ``ended`` has the status of each intent's outcome, and None while it has none; ``noted`` what
    notes refer to.
    """

    head: Head = START
    ended: dict[str, str | None] = field(default_factory=dict)
    writers: dict[str, Stamp] = field(default_factory=dict)  # of open intents, and when
    noted: set[str] = field(default_factory=set)

    def take(self, seen: _Seen | Entry, head: Head, stamp: Stamp) -> None:
        """Go on by one record."""
        self.head = head
        if seen.kind == "intent" and seen.id is not None:
            if self.ended.setdefault(seen.id, None) is None:
                self.writers[seen.id] = stamp
        elif seen.kind == "outcome" and seen.ref is not None:
            self.ended[seen.ref] = seen.status
            self.writers.pop(seen.ref, None)
        elif seen.kind == "note" and seen.ref is not None:
            self.noted.add(seen.ref)


@dataclass
class Appender:
    """One process' hold on a ledger whose file is locked by it, for as long as that lasts."""

    descriptor: int
    writer: str
    clock: Clock
    known: Known = field(default_factory=Known)
    written: int = 0  # up to which byte the file is known
    last_ts: str = ""

    def append(self, *entries: Entry, durable: bool = True) -> None:
        """Write records, all with one call; *durable*: they are on the disk afterwards.

        Raises:
            OSError: they could not be written, and none of them stands.
        """
        now = self.clock().astimezone(UTC).strftime(_UTC_MICROSECONDS)
        self.last_ts = max(now, self.last_ts)  # a clock that is put back must not look like forgery
        stamp, head = Stamp(self.writer, self.last_ts), self.known.head
        lines, heads = [], []
        for entry in entries:
            line, head = sealed(entry, head, stamp)
            lines.append(line)
            heads.append(head)
        self._write(b"".join(lines), durable=durable)
        for entry, reached in zip(entries, heads, strict=True):
            self.known.take(entry, reached, stamp)

    def _write(self, data: bytes, *, durable: bool) -> None:
        try:
            _write_all(self.descriptor, data, self.written)
            if durable:
                os.fdatasync(self.descriptor)
        except OSError:
            os.ftruncate(self.descriptor, self.written)  # nothing half-written stays
            raise
        self.written += len(data)


class LedgerFile:
    """A ledger by its path; one object a process, which threads may share."""

    def __init__(self, path: Path, writer: str) -> None:
        """Take the file's path, in a folder that is there, and how this process signs."""
        self._path = path
        self._writer = writer
        self._lock = threading.Lock()
        self._appender: Appender | None = None

    @contextmanager
    def appending(self, clock: Clock, stored: Head | None = None) -> Iterator[Appender]:
        """Lock the file, read what others appended, and give the hold on it.

        At its first time in this process (or when the file is another one, or shorter than it was),
        what dead writers left is closed, and the head that was *stored* elsewhere is looked for.

        Raises:
            OSError: the file cannot be opened, read or written.
        """
        with self._lock:
            appender = self._opened(clock)
            fcntl.flock(appender.descriptor, fcntl.LOCK_EX)
            try:
                _begin_anew_if_cut(appender)
                is_new = not appender.written
                held = _catch_up(appender, stored)
                if is_new:
                    _recover(appender, None if held else stored)
                yield appender
            finally:
                fcntl.flock(appender.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._forget()

    def _opened(self, clock: Clock) -> Appender:
        """Open the file where it is not open, or another one has taken its place."""
        mine = self._appender
        if mine is not None and not _is_at(self._path, mine.descriptor):
            self._forget()
        if self._appender is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(self._path, flags, PRIVATE_FILE)
            self._appender = Appender(descriptor, self._writer, clock)
        self._appender.clock = clock
        return self._appender

    def _forget(self) -> None:
        if self._appender is not None:
            os.close(self._appender.descriptor)
            self._appender = None


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    count = os.pwrite(descriptor, data, offset)
    if count != len(data):
        raise OSError(errno.ENOSPC, f"only {count} of {len(data)} bytes could be written")


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)


def _begin_anew_if_cut(appender: Appender) -> None:
    if os.fstat(appender.descriptor).st_size < appender.written:
        appender.written, appender.known = 0, Known()


def _catch_up(appender: Appender, stored: Head | None) -> bool:
    """Read what stands behind what is known; whether the *stored* head is among it."""
    held = stored is None or not stored.records
    if os.fstat(appender.descriptor).st_size == appender.written:
        return held
    rest = b""
    while chunk := os.pread(appender.descriptor, _READ, appender.written + len(rest)):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            _take(appender, line)
            held |= appender.known.head == stored
    if rest:
        _cut(appender, len(rest))
    return held


def _take(appender: Appender, line: bytes) -> None:
    """Go on by a line; one that cannot be read leaves a gap that an examination finds."""
    appender.written += len(line) + 1
    count = appender.known.head.records + 1
    try:
        seen = msgspec.json.decode(line, type=_Seen)
    except UNREADABLE:
        log.exception("ledger_broken", extra={"line": count})
        appender.known.head = Head(count, GENESIS)
        return
    appender.known.take(seen, Head(count, seen.hash), Stamp(seen.writer, seen.ts))


def _cut(appender: Appender, count: int) -> None:
    """Cut a torn line off and say so; whoever wrote it was not told that it stands."""
    os.ftruncate(appender.descriptor, appender.written)
    log.warning("ledger_torn_tail", extra={"bytes": count})
    appender.append(_recovery("torn_tail", {"bytes": count}))


def _recover(appender: Appender, missed: Head | None) -> None:
    """Say what is missing at the end, and close what dead writers meant to do."""
    if missed is not None:
        cut = max(1, missed.records - appender.known.head.records)
        log.error("ledger_cut", extra={"missing": cut, "stored": missed.records})
        appender.append(_recovery("cut_tail", {MISSING: cut, **missed._asdict()}))
    writers, now = appender.known.writers, appender.clock()
    lost = [one for one, by in writers.items() if is_given_up(by.writer, now - _moment(by, now))]
    if lost:
        log.warning("ledger_intents_lost", extra={"count": len(lost)})
        appender.append(*(_lost(one, writers[one].writer) for one in lost))


def _moment(stamp: Stamp, otherwise: datetime) -> datetime:
    try:
        return datetime.strptime(stamp.ts, _UTC_MICROSECONDS).replace(tzinfo=UTC)
    except ValueError:  # no record of ours: an examination says so
        return otherwise


def _lost(intent: str, writer: str) -> Entry:
    return Entry(
        run_id=_RUN,
        step="recover",
        kind="outcome",
        ref=intent,
        status="lost",
        error=Fault(type="WriterDied", message=f"{writer} was gone before it was done"),
    )


def _recovery(step: str, outputs: Mapping[str, Scalar]) -> Entry:
    return Entry(run_id=_RUN, step=step, kind="recovery", outputs=outputs)


def read_lines(path: Path) -> Iterator[bytes]:
    """Give the lines of a ledger's file with their ends, as they stood when it was opened.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_SH)  # nobody is in the middle of a line
        left = os.fstat(stream.fileno()).st_size
        fcntl.flock(stream, fcntl.LOCK_UN)
        while left > 0 and (line := stream.readline(left)):
            left -= len(line)
            yield line
