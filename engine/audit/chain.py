"""The chain of an audit ledger: each record holds the hash of the one before."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

from engine.audit.canonical import canonical
from engine.audit.records import Entry, Record, plain

GENESIS = "0" * 64
_BEFORE_HASH = ("ctx", "error")


class Head(NamedTuple):
    """So many records, and the hash of the last."""

    records: int = 0
    hash: str = GENESIS


class Stamp(NamedTuple):
    """Who writes, and when, to the microsecond."""

    writer: str
    ts: str


def sealed(entry: Entry, head: Head, stamp: Stamp) -> tuple[bytes, Head]:
    """Give the line of a record that follows on *head*, with its end of line, and the new head.

    The hash stands among the fields where the canonical order has it, so that each is encoded once.

    Raises:
        ValueError: a value cannot be written, see ``canonical``.
        TypeError: a value is no scalar.
    """
    fields = plain(entry)
    before = canonical({name: fields.pop(name) for name in _BEFORE_HASH})[:-1]
    fields["seq"], fields["prev"] = head.records, head.hash
    fields["writer"], fields["ts"] = stamp
    behind = canonical(fields)[1:]
    found = hashlib.sha256(b"%b,%b" % (before, behind)).hexdigest()
    line = b'%b,"hash":"%b",%b\n' % (before, found.encode(), behind)
    return line, Head(head.records + 1, found)


def hash_of(record: Record) -> str:
    """Compute the hash that a record must have."""
    fields = msgspec.to_builtins(record)
    del fields["hash"]
    return hashlib.sha256(canonical(fields)).hexdigest()


def line_of(record: Record) -> bytes:
    """Give the one form of a record's line, without its end."""
    return canonical(msgspec.to_builtins(record))
