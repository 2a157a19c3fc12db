"""Paired runs that settle steps of the history: one is out at a time, and what they showed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.store.engine import reading, writing
from bot.store.history_tables import SETTLINGS
from engine.history import Bracket, StepHypothesis
from engine.orders import RunOrder
from engine.settling import Settlement
from engine.values import RepositoryName, RunId


class SettlingStatus(StrEnum):
    """How far a settling run is; it leaves ``ordered`` once and for good."""

    ORDERED = "ordered"
    SETTLED = "settled"
    LOST = "lost"


class SettlingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A settling run that was ordered of the runners."""

    run: RunId
    repository: RepositoryName
    hypothesis: StepHypothesis
    bracket: Bracket
    order: RunOrder
    ordered_utc: datetime


class SettlingStore:
    """Settling runs over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def order(self, record: SettlingRecord) -> bool:
        """Store a run that is about to be ordered; False while another one is out."""
        values = {
            **_values(record.repository, record.hypothesis, record.bracket),
            "run": record.run,
            "status": SettlingStatus.ORDERED,
            "order_document": msgspec.json.encode(record.order),
            "ordered_utc": record.ordered_utc,
        }
        out = select(func.count()).where(SETTLINGS.c.status == SettlingStatus.ORDERED)
        with writing(self._database) as connection:
            if connection.execute(out).scalar_one():
                return False
            statement = insert(SETTLINGS).values(values).on_conflict_do_nothing()
            return connection.execute(statement).rowcount == 1

    def out(self) -> SettlingRecord | None:
        """Read the run that is out; None when none is."""
        with reading(self._database) as connection:
            wanted = select(SETTLINGS).where(SETTLINGS.c.status == SettlingStatus.ORDERED)
            row = connection.execute(wanted.limit(1)).one_or_none()
        return None if row is None else _record(row)

    def attempts(
        self, repository: RepositoryName, hypothesis: StepHypothesis, bracket: Bracket
    ) -> int:
        """Count the runs that were lost over this question."""
        wanted = [
            SETTLINGS.c.repository == repository,
            SETTLINGS.c.status == SettlingStatus.LOST,
        ]
        with reading(self._database) as connection:
            rows = connection.execute(select(SETTLINGS).where(*wanted)).all()
        asked = (hypothesis.key, bracket)
        return sum((_hypothesis(row).key, _bracket(row)) == asked for row in rows)

    def settle(self, run: RunId, settlement: Settlement) -> bool:
        """Store what an ordered run showed; False when it has ended already."""
        document = msgspec.to_builtins(settlement)
        return self._end(run, status=SettlingStatus.SETTLED, settlement=document)

    def lose(self, run: RunId) -> bool:
        """Give an ordered run up; False when it has ended already."""
        return self._end(run, status=SettlingStatus.LOST)

    def add(
        self,
        repository: RepositoryName,
        hypothesis: StepHypothesis,
        settlement: Settlement,
        now: datetime,
    ) -> bool:
        """Store what was measured here and now; False when the run's id stands already."""
        values = {
            **_values(repository, hypothesis, settlement.bracket),
            "run": settlement.run,
            "status": SettlingStatus.SETTLED,
            "settlement": msgspec.to_builtins(settlement),
            "ordered_utc": now,
        }
        with writing(self._database) as connection:
            statement = insert(SETTLINGS).values(values).on_conflict_do_nothing()
            return connection.execute(statement).rowcount == 1

    def settlements(self, repository: RepositoryName) -> tuple[Settlement, ...]:
        """List all that was settled of a repository, oldest first."""
        wanted = (
            select(SETTLINGS.c.settlement)
            .where(
                SETTLINGS.c.repository == repository,
                SETTLINGS.c.status == SettlingStatus.SETTLED,
            )
            .order_by(SETTLINGS.c.ordered_utc, SETTLINGS.c.run)
        )
        with reading(self._database) as connection:
            return tuple(msgspec.convert(row[0], Settlement) for row in connection.execute(wanted))

    def _end(self, run: RunId, **values: object) -> bool:
        ordered: list[ColumnElement[bool]] = [
            SETTLINGS.c.run == run,
            SETTLINGS.c.status == SettlingStatus.ORDERED,
        ]
        with writing(self._database) as connection:
            return (
                connection.execute(update(SETTLINGS).where(*ordered).values(values)).rowcount == 1
            )


def _values(
    repository: RepositoryName, hypothesis: StepHypothesis, bracket: Bracket
) -> dict[str, Any]:
    return {
        "repository": repository,
        "hypothesis": msgspec.to_builtins(hypothesis),
        "bracket": msgspec.to_builtins(bracket),
    }


def _record(row: Row[Any]) -> SettlingRecord:
    return SettlingRecord(
        run=RunId(row.run),
        repository=RepositoryName(row.repository),
        hypothesis=_hypothesis(row),
        bracket=_bracket(row),
        order=msgspec.json.decode(row.order_document, type=RunOrder),
        ordered_utc=row.ordered_utc,
    )


def _hypothesis(row: Row[Any]) -> StepHypothesis:
    return msgspec.convert(row.hypothesis, StepHypothesis)


def _bracket(row: Row[Any]) -> Bracket:
    return msgspec.convert(row.bracket, Bracket)
