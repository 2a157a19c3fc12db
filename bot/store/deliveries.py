"""Deliveries: what GitHub sent, kept from before the answer until it is handled.

One truth: a row is the delivery, its status says how far it is, and ``due_utc`` from when on it
may be taken. A claim moves ``due_utc`` into the future, so whatever dies, dispatcher, queue or
handler, the delivery is taken again when the claim has run out.

Statuses stand in the SQL as literals where they choose a partial index: SQLite cannot see that a
bound value implies the index's condition, and would read every row with its body.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Update,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from bot.store.engine import reading, writing
from bot.store.group_commit import GroupCommit
from bot.store.tables import DELIVERIES
from engine.values import DeliveryId

_CLEARED_AT_ONCE = 500  # bodies in one transaction: nobody waits long for the write lock


class DeliveryStatus(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook as received: event name and raw body, whose signature was good.

    *attempt* counts how often its handling has begun, this time included.
    """

    id: DeliveryId
    event: str
    body: bytes
    attempt: int = 0


class DeliveryState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a delivery is, how often its handling has begun, and what went wrong last."""

    status: DeliveryStatus
    received_utc: datetime
    due_utc: datetime
    attempts: int
    problem: str | None


class DeliveryStore:
    """The deliveries of one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database
        self._commit = GroupCommit(self._add_all)

    def add(self, delivery: Delivery, now: datetime) -> bool:
        """Store a delivery durably; False for a duplicate, of which nothing is stored.

        A duplicate has the id or the very body of a delivery that has not failed. The same id
        again after a failure starts that delivery anew.
        """
        return self._commit(_new_values(delivery, now))

    def claim(self, now: datetime, lease_s: float, limit: int = 100) -> tuple[DeliveryId, ...]:
        """Take up to *limit* deliveries that are due, oldest first, for *lease_s* seconds.

        No two callers take the same one while its lease runs.
        """
        due = (
            select(DELIVERIES.c.id)
            .where(_IS_OPEN, DELIVERIES.c.due_utc <= now)
            .order_by(DELIVERIES.c.received_utc, DELIVERIES.c.id)
            .limit(limit)
        )
        if not self._any(due):  # an idle look takes no write lock
            return ()
        taken = (
            update(DELIVERIES)
            .where(DELIVERIES.c.id.in_(due))
            .values(
                status=DeliveryStatus.CLAIMED,
                due_utc=now + timedelta(seconds=lease_s),
            )
            .returning(DELIVERIES.c.id, DELIVERIES.c.received_utc)
        )
        with writing(self._database) as connection:
            rows = connection.execute(taken).all()
        return tuple(row.id for row in sorted(rows, key=lambda row: (row.received_utc, row.id)))

    def begin(self, delivery: DeliveryId, now: datetime, lease_s: float) -> Delivery | None:
        """Read a delivery to handle it, and renew its lease; None when it has ended or is unknown.

        Whoever handles a delivery calls this first: a job that comes twice ends here.
        """
        statement = (
            _open(delivery)
            .values(
                status=DeliveryStatus.CLAIMED,
                due_utc=now + timedelta(seconds=lease_s),
                attempts=DELIVERIES.c.attempts + 1,
            )
            .returning(DELIVERIES.c.event, DELIVERIES.c.body, DELIVERIES.c.attempts)
        )
        with writing(self._database) as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        return Delivery(id=delivery, event=row.event, body=row.body, attempt=row.attempts)

    def finish(self, delivery: DeliveryId) -> bool:
        """Mark a delivery handled; False when it had ended already."""
        return self._end(_open(delivery).values(status=DeliveryStatus.DONE, problem=None))

    def fail(self, delivery: DeliveryId, problem: str) -> bool:
        """Mark a delivery failed for good; the same one delivered again is then a new start."""
        return self._end(_open(delivery).values(status=DeliveryStatus.FAILED, problem=problem))

    def postpone(self, delivery: DeliveryId, until: datetime, problem: str) -> bool:
        """Have a delivery handled once more, not before *until*; False when it had ended."""
        values = {"status": DeliveryStatus.WAITING, "due_utc": until, "problem": problem}
        return self._end(_open(delivery).values(values))

    def state(self, delivery: DeliveryId) -> DeliveryState | None:
        """Say how far a delivery is; None for one that is unknown."""
        names = DeliveryState.__struct_fields__
        statement = select(*(DELIVERIES.c[name] for name in names))
        with reading(self._database) as connection:
            row = (
                connection.execute(statement.where(DELIVERIES.c.id == delivery)).mappings().first()
            )
        return (
            None
            if row is None
            else msgspec.convert({name: row[name] for name in names}, DeliveryState)
        )

    def counts(self) -> dict[DeliveryStatus, int]:
        """Count the deliveries by status; a status without any is 0."""
        statement = select(DELIVERIES.c.status, func.count()).group_by(DELIVERIES.c.status)
        with reading(self._database) as connection:
            found = {str(row[0]): int(row[1]) for row in connection.execute(statement)}
        return {status: found.get(status, 0) for status in DeliveryStatus}

    def clear_bodies(self, received_before: datetime) -> int:
        """Drop the bodies of ended deliveries that were received before; gives how many.

        The rows stay, and with their hashes what came before is still known as a duplicate.
        """
        old = (
            select(DELIVERIES.c.id)
            .where(
                DELIVERIES.c.body.is_not(None),
                DELIVERIES.c.received_utc < received_before,
                ~_IS_OPEN,
            )
            .limit(_CLEARED_AT_ONCE)
        )
        clear = update(DELIVERIES).where(DELIVERIES.c.id.in_(old)).values(body=None)
        cleared = 0
        while self._any(old):
            with writing(self._database) as connection:
                cleared += connection.execute(clear).rowcount
        return cleared

    def _add_all(self, batch: Sequence[dict[str, Any]]) -> list[bool]:
        with writing(self._database) as connection:
            return [_added(connection, values) for values in batch]

    def _any(self, statement: Select[Any]) -> bool:
        with reading(self._database) as connection:
            return connection.execute(statement.limit(1)).first() is not None

    def _end(self, statement: Update) -> bool:
        with writing(self._database) as connection:
            return connection.execute(statement).rowcount == 1


def body_hash(body: bytes) -> str:
    """Name a body: SHA-256 hex. The event's name is left out, for no signature covers it."""
    return hashlib.sha256(body).hexdigest()


def _literal(status: DeliveryStatus) -> ColumnElement[str]:
    return literal_column(f"'{status.value}'")


_IS_OPEN = DELIVERIES.c.status.in_(
    [_literal(DeliveryStatus.WAITING), _literal(DeliveryStatus.CLAIMED)]
)
_ADD = insert(DELIVERIES).on_conflict_do_nothing()
_LIVING = DELIVERIES.alias("living")
_REVIVE = (
    update(DELIVERIES)
    .where(
        DELIVERIES.c.id == bindparam("the_id"),
        DELIVERIES.c.status == DeliveryStatus.FAILED,
        ~exists().where(
            _LIVING.c.body_hash == bindparam("the_hash"),
            _LIVING.c.status != _literal(DeliveryStatus.FAILED),
        ),
    )
    .values({column.name: bindparam(column.name) for column in DELIVERIES.c})
)


def _added(connection: Connection, values: dict[str, Any]) -> bool:
    """Insert a delivery, or start a failed one anew; False for a duplicate."""
    if connection.execute(_ADD, values).rowcount == 1:
        return True
    named = {"the_id": values["id"], "the_hash": values["body_hash"]}
    return connection.execute(_REVIVE, {**values, **named}).rowcount == 1


def _new_values(delivery: Delivery, now: datetime) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": delivery.event,
        "body_hash": body_hash(delivery.body),
        "body": delivery.body,
        "status": DeliveryStatus.WAITING,
        "received_utc": now,
        "due_utc": now,
        "attempts": 0,
        "problem": None,
    }


def _open(delivery: DeliveryId) -> Update:
    return update(DELIVERIES).where(DELIVERIES.c.id == delivery, _IS_OPEN)
