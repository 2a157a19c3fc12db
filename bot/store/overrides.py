"""Overrides: what people accepted in a pull request, and what they muted in all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, Row, or_, select, update

from bot.store.conversation_tables import OVERRIDES
from bot.store.engine import reading, writing
from bot.store.upserts import insert_new
from engine.overrides import Override
from engine.values import RepositoryName

_SAME = ("kind", "suite", "metric", "reason", "head", "change", "low", "high")
_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class OverrideRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An override as it is stored; *pull_request* is None of one that holds in all of them.

    *id* is derived from what caused it, so that storing it again does nothing.
    """

    id: str
    repository: RepositoryName
    pull_request: int | None
    override: Override
    revoked_utc: datetime | None = None


class OverrideStore:
    """Overrides over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def add(self, record: OverrideRecord) -> bool:
        """Store an override; False when its id stands already.

        Raises:
            ValueError: one of its times is not an ISO 8601 one with a zone.
        """
        statement = insert_new(OVERRIDES).values(_values(record))
        with writing(self._database) as connection:
            return connection.execute(statement).rowcount == 1

    def in_force(
        self, repository: RepositoryName, pull_request: int | None, now: datetime
    ) -> tuple[OverrideRecord, ...]:
        """List what holds now for a pull request (None: for what is of none), oldest first."""
        wanted: ColumnElement[bool] = OVERRIDES.c.pull_request.is_(None)
        if pull_request is not None:
            wanted = or_(wanted, OVERRIDES.c.pull_request == pull_request)
        lasting = or_(OVERRIDES.c.until_utc.is_(None), OVERRIDES.c.until_utc > now)
        return self._select(repository, wanted, lasting, OVERRIDES.c.revoked_utc.is_(None))

    def of_repository(self, repository: RepositoryName) -> tuple[OverrideRecord, ...]:
        """List all overrides of a repository, those that hold no more too, oldest first."""
        return self._select(repository)

    def revoke(self, override: str, now: datetime) -> bool:
        """End an override; False when there is none of that id, or it has ended already."""
        standing = (OVERRIDES.c.id == override) & OVERRIDES.c.revoked_utc.is_(None)
        with writing(self._database) as connection:
            statement = update(OVERRIDES).where(standing).values(revoked_utc=now)
            return connection.execute(statement).rowcount == 1

    def _select(
        self, repository: RepositoryName, *wanted: ColumnElement[bool]
    ) -> tuple[OverrideRecord, ...]:
        statement = select(OVERRIDES).where(OVERRIDES.c.repository == repository, *wanted)
        order = (OVERRIDES.c.created_utc, OVERRIDES.c.id)
        with reading(self._database) as connection:
            return tuple(_record(row) for row in connection.execute(statement.order_by(*order)))


def _values(record: OverrideRecord) -> dict[str, Any]:
    override = record.override
    until = override.until_utc
    return {
        **{name: getattr(override, name) for name in _SAME},
        "id": record.id,
        "repository": record.repository,
        "pull_request": record.pull_request,
        "case_name": override.case,
        "by_login": override.by,
        "created_utc": datetime.fromisoformat(override.created_utc),
        "until_utc": None if until is None else datetime.fromisoformat(until),
        "revoked_utc": record.revoked_utc,
    }


def _record(row: Row[Any]) -> OverrideRecord:
    until = row.until_utc
    values = {
        **{name: getattr(row, name) for name in _SAME},
        "case": row.case_name,
        "by": row.by_login,
        "created_utc": row.created_utc.strftime(_UTC_SECONDS),
        "until_utc": None if until is None else until.strftime(_UTC_SECONDS),
    }
    return OverrideRecord(
        id=row.id,
        repository=row.repository,
        pull_request=row.pull_request,
        override=msgspec.convert(values, Override),
        revoked_utc=row.revoked_utc,
    )
