"""Verdicts as published: the document's own bytes, kept for good under the check's id."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select
from sqlalchemy.dialects.sqlite import insert

from bot.store.tables import CHECKS, VERDICTS
from engine.revision import rule_revision
from engine.values import CheckId, Outcome, RepositoryName


class StoredVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A check's verdict document and the comment rendered from it, posted or not.

    The addresses in the comment begin with *public_url*. *decided_by* is the revision of the rule
    that decided, ``UNKNOWN`` of a verdict from before revisions were stored.
    """

    check: CheckId
    outcome: Outcome
    document: bytes
    comment: str
    public_url: str
    stored_utc: datetime
    decided_by: str = msgspec.field(default_factory=rule_revision)


DECIDED = frozenset({Outcome.PASS, Outcome.IMPROVEMENT, Outcome.REGRESSION})


def insert_verdict(connection: Connection, verdict: StoredVerdict) -> bool:
    """Store a verdict; False when the check has one already, which is kept."""
    statement = insert(VERDICTS).values(
        check_id=verdict.check,
        outcome=verdict.outcome,
        document=verdict.document,
        comment=verdict.comment,
        public_url=verdict.public_url,
        stored_utc=verdict.stored_utc,
        decided_by=verdict.decided_by,
    )
    return connection.execute(statement.on_conflict_do_nothing()).rowcount == 1


def select_verdict(connection: Connection, check: CheckId) -> StoredVerdict | None:
    """Read the verdict of *check*; None while it has none."""
    return _first(connection, select(VERDICTS).where(VERDICTS.c.check_id == check))


def select_decided_before(
    connection: Connection, repository: RepositoryName, pull_request: int, check: CheckId
) -> StoredVerdict | None:
    """Read a pull request's last verdict that decided something, save that of *check*."""
    statement = (
        select(VERDICTS)
        .join(CHECKS, CHECKS.c.id == VERDICTS.c.check_id)
        .where(
            CHECKS.c.repository == repository,
            CHECKS.c.pull_request == pull_request,
            CHECKS.c.id != check,
            VERDICTS.c.outcome.in_(sorted(DECIDED)),
        )
        .order_by(VERDICTS.c.sequence.desc())
        .limit(1)
    )
    return _first(connection, statement)


def _first(connection: Connection, statement: Select[Any]) -> StoredVerdict | None:
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    return StoredVerdict(
        check=row.check_id,
        outcome=Outcome(row.outcome),
        document=row.document,
        comment=row.comment,
        public_url=row.public_url,
        stored_utc=row.stored_utc,
        decided_by=row.decided_by,
    )
