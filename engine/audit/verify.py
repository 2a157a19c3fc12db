"""Examine a ledger: is it whole, in order and unaltered, and is everything in it that must be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from engine.audit.chain import GENESIS, Head, hash_of, line_of
from engine.audit.expectation import Cell, Expectation, cell_flaws
from engine.audit.records import UNREADABLE, Record

MAX_LINE = 1 << 20
MISSING = "missing"  # what a recovery's outputs call the records that were cut off

What = Literal[
    "structure", "sequence", "link", "hash", "torn tail", "outcome", "order", "cut tail", "count"
]


class Flaw(NamedTuple):
    """One thing that is wrong; *line* counts from 1, and is None of the ledger as a whole."""

    line: int | None
    what: What
    text: str


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: a ledger is sound without flaws. Open intents may yet have an outcome."""

    head: Head
    flaws: tuple[Flaw, ...]
    open_intents: tuple[str, ...]
    lost: int  # intents whose writers died
    recoveries: int


def examine(lines: Iterable[bytes], expected: Expectation | None = None) -> Examined:
    """Examine a ledger's lines, each with its end; what is *expected* is held against them.

    A chain by itself does not show that records were cut off at its end: the head that was stored
    elsewhere does.
    """
    wanted = expected or Expectation()
    found = _Examination(wanted=wanted)
    for index, line in enumerate(lines):
        found.take(index + 1, line)
    flaws = [*found.flaws, *found.ending()]
    flaws += [Flaw(None, "count", text) for text in cell_flaws(wanted.cells, found.counts)]
    return Examined(
        head=Head(found.line, found.prev),
        flaws=tuple(flaws),
        open_intents=tuple(one for one, ended in found.intents.items() if not ended),
        lost=found.lost,
        recoveries=found.recoveries,
    )


@dataclass
class _Examination:
    """What has been seen so far, line by line."""

    wanted: Expectation
    flaws: list[Flaw] = field(default_factory=list)
    line: int = 0
    prev: str = GENESIS
    intents: dict[str, bool] = field(default_factory=dict)  # whether they have their outcome
    times: dict[str, str] = field(default_factory=dict)  # by writer
    counts: dict[Cell, int] = field(default_factory=dict)
    lost: int = 0
    recoveries: int = 0
    head_seen: bool = False

    def take(self, line: int, data: bytes) -> None:
        self.line = line
        record = self._record(data)
        if record is None:
            self.prev = ""  # whatever comes next cannot be linked to what cannot be read
            return
        self._place(record)
        self._seal(record, data)
        self._pair(record)
        self._count(record)
        self.prev = record.hash
        self.head_seen |= self.wanted.is_head(line, record.hash)

    def ending(self) -> Iterator[Flaw]:
        head = self.wanted.head
        if head is None:
            return
        if self.line < head.records:
            cut = head.records - self.line
            yield Flaw(None, "cut tail", f"{cut} of {head.records} records are missing at the end")
        elif not self.head_seen and head.records:
            text = f"record {head.records} is not the one whose hash was stored elsewhere"
            yield Flaw(head.records, "cut tail", text)
        if self.wanted.is_complete and self.line > head.records:
            more = self.line - head.records
            yield Flaw(None, "count", f"{more} records more than the {head.records} expected")

    def _record(self, data: bytes) -> Record | None:
        if not data.endswith(b"\n"):
            self._flaw("torn tail", f"{len(data)} bytes without an end of line")
            return None
        if len(data) > MAX_LINE:
            self._flaw("structure", f"a line of {len(data)} bytes")
            return None
        try:
            return msgspec.json.decode(data, type=Record)
        except UNREADABLE as error:
            self._flaw("structure", str(error))
            return None

    def _place(self, record: Record) -> None:
        if record.seq != self.line - 1:
            self._flaw("sequence", f"seq is {record.seq}, not {self.line - 1}")
        if record.prev != self.prev:
            self._flaw("link", "prev is not the hash of the record before")
        if record.ts < self.times.get(record.writer, ""):
            self._flaw("order", f"{record.writer} wrote this before what stands before it")
        self.times[record.writer] = record.ts

    def _seal(self, record: Record, data: bytes) -> None:
        try:
            if record.hash != hash_of(record):
                self._flaw("hash", "hash is not that of the record")
            elif data[:-1] != line_of(record):
                self._flaw("structure", "the line is not in canonical form")
        except ValueError as error:
            self._flaw("structure", str(error))

    def _pair(self, record: Record) -> None:
        """Hold intents and outcomes together: one for one, and the intent first."""
        intent, outcome = record.kind == "intent", record.kind == "outcome"
        if intent is (record.id is None) or outcome is (record.status is None):
            self._flaw("structure", f"of kind {record.kind}, with id {record.id!r}")
        if record.kind == "recovery":
            self.recoveries += 1
            if record.outputs.get(MISSING):
                self._flaw("cut tail", f"{record.outputs[MISSING]} records were missing here")
        if intent and record.id is not None:
            if record.id in self.intents:
                self._flaw("outcome", f"intent {record.id!r} stands here a second time")
            self.intents.setdefault(record.id, False)
        if outcome:
            self._close(record)

    def _close(self, record: Record) -> None:
        ref = record.ref or ""
        ended = self.intents.get(ref)
        if ended is None:
            self._flaw("outcome", f"the outcome of {ref!r} stands before its intent")
        elif ended:
            self._flaw("outcome", f"a second outcome of {ref!r}")
        self.intents[ref] = True
        self.lost += record.status == "lost"

    def _count(self, record: Record) -> None:
        if record.kind != "outcome" or record.status == "lost":
            return
        for cell in self.wanted.cells:
            if cell.holds(record):
                self.counts[cell] = self.counts.get(cell, 0) + 1

    def _flaw(self, what: What, text: str) -> None:
        self.flaws.append(Flaw(self.line, what, text))
