"""Confirmed drifts from a baseline, one issue each."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Engine, RowMapping, select

from bot.store.conversation_tables import DRIFTS
from bot.store.engine import reading, writing
from bot.store.upserts import upsert
from engine.values import CommitSha, RepositoryName


class DriftRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How far a case and metric are from their baseline (fractions, 99 % interval), as last seen.

    *issue* is the number of the issue about it; None while none was opened.
    """

    repository: RepositoryName
    suite: str
    fingerprint: str
    case: str
    metric: str
    baseline_commit: CommitSha
    issue: int | None = None
    status: Literal["open", "closed"] = "open"
    change: float
    low: float
    high: float
    updated_utc: datetime


class DriftStore:
    """Drifts over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def put(self, record: DriftRecord) -> None:
        """Store a drift in place of what was known of the same one."""
        values = msgspec.structs.asdict(record)
        values["case_name"] = values.pop("case")
        with writing(self._database) as connection:
            connection.execute(upsert(DRIFTS).values(values))

    def of_repository(
        self, repository: RepositoryName, status: Literal["open", "closed"] | None = None
    ) -> tuple[DriftRecord, ...]:
        """List a repository's drifts, open or closed, or those of one status."""
        wanted: list[ColumnElement[bool]] = [DRIFTS.c.repository == repository]
        if status is not None:
            wanted.append(DRIFTS.c.status == status)
        order = (DRIFTS.c.suite, DRIFTS.c.case_name, DRIFTS.c.metric, DRIFTS.c.fingerprint)
        statement = select(DRIFTS).where(*wanted).order_by(*order, DRIFTS.c.baseline_commit)
        with reading(self._database) as connection:
            return tuple(_record(row) for row in connection.execute(statement).mappings())


def _record(row: RowMapping) -> DriftRecord:
    columns = {"case": "case_name"}
    values: dict[str, Any] = {
        name: row[columns.get(name, name)] for name in DriftRecord.__struct_fields__
    }
    return msgspec.convert(values, DriftRecord)
