"""Verdicts as published: the document's own bytes, kept for good under the check's id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, Select, func, select
from sqlalchemy.dialects.sqlite import insert

from bot.store.check_records import CheckRecord
from bot.store.engine import reading, writing
from bot.store.tables import CHECKS, VERDICTS
from engine.reports.earlier import Earlier, EarlierVerdict, first_line
from engine.revision import rule_revision
from engine.values import CheckId, Outcome

_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


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


_SHOWN = 10  # so many earlier verdicts are named
_HEAD_OF_A_COMMENT = 400  # characters that hold its first two lines


class VerdictStore:
    """The verdicts of checks, over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def store_verdict(self, check: CheckRecord, made: Callable[[Earlier], StoredVerdict]) -> bool:
        """Store for good the verdict that *made* gives for the pull request's earlier ones.

        No other verdict comes between reading those and storing this one, so that it can be made
        anew from what is stored. False when the check has one already, which is kept.
        """
        with writing(self._database) as connection:
            return _insert(connection, made(_earlier(connection, check)))

    def verdict(self, check: CheckId) -> StoredVerdict | None:
        """Read a check's verdict; None while it has none."""
        with reading(self._database) as connection:
            return _first(connection, select(VERDICTS).where(VERDICTS.c.check_id == check))

    def earlier(self, check: CheckRecord) -> Earlier:
        """Read the verdicts of a check's pull request from before its own, or all that are."""
        with reading(self._database) as connection:
            return _earlier(connection, check)

    def decided_before(self, check: CheckRecord) -> StoredVerdict | None:
        """Read the last verdict of a check's pull request that was green or red, save its own."""
        decided = VERDICTS.c.outcome.in_(sorted(DECIDED))
        statement = _of_the_same(select(VERDICTS), check).where(decided).limit(1)
        with reading(self._database) as connection:
            return _first(connection, statement)

    def has_later_verdict(self, check: CheckRecord) -> bool:
        """Whether the pull request of a check with a verdict has one that came after it."""
        own = select(VERDICTS.c.sequence).where(VERDICTS.c.check_id == check.id).scalar_subquery()
        later = _of_the_same(select(VERDICTS.c.check_id), check).where(VERDICTS.c.sequence > own)
        with reading(self._database) as connection:
            return connection.execute(later.limit(1)).first() is not None


def _insert(connection: Connection, verdict: StoredVerdict) -> bool:
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


def _earlier(connection: Connection, check: CheckRecord) -> Earlier:
    own = select(VERDICTS.c.sequence).where(VERDICTS.c.check_id == check.id)
    sequence = connection.execute(own).scalar_one_or_none()
    start = func.substr(VERDICTS.c.comment, 1, _HEAD_OF_A_COMMENT).label("start")
    shown = (CHECKS.c.id, CHECKS.c.head, VERDICTS.c.outcome, VERDICTS.c.stored_utc, start)
    statement = _of_the_same(select(*shown), check)
    if sequence is not None:
        statement = statement.where(VERDICTS.c.sequence < sequence)
    newest = tuple(map(_told, connection.execute(statement.limit(_SHOWN))))
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return Earlier(newest, connection.execute(counted).scalar_one())


def _told(row: Row[Any]) -> EarlierVerdict:
    outcome = Outcome(row.outcome)
    return EarlierVerdict(
        check=row.id,
        head=row.head,
        outcome=outcome,
        decided_utc=row.stored_utc.strftime(_UTC_SECONDS),
        said=first_line(row.start, outcome),
    )


def _of_the_same(statement: Select[Any], check: CheckRecord) -> Select[Any]:
    """Join the checks that judged the same pull request, the newest verdict first.

    Those that only look aside, or gather evidence, are none of its verdicts.
    """
    return (
        statement.join_from(VERDICTS, CHECKS, CHECKS.c.id == VERDICTS.c.check_id)
        .where(
            CHECKS.c.repository == check.repository,
            CHECKS.c.pull_request == check.pull_request,
            CHECKS.c.pull_request.is_not(None),
            CHECKS.c.kind == "pull_request",
            CHECKS.c.ref.is_(None),
            CHECKS.c.id != check.id,
        )
        .order_by(VERDICTS.c.sequence.desc())
    )


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
