"""Paired runs that settle steps of the history: one is out a queue, and what they showed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Engine, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.store.engine import reading, writing
from bot.store.history_tables import SETTLINGS
from engine.errors import IntegrityError
from engine.history import Bracket, StepHypothesis
from engine.orders import RunOrder
from engine.settling import Settlement
from engine.values import RepositoryName, RunId
from worker.queue.names import queue_name


class SettlingStatus(StrEnum):
    """How far a settling run is; it leaves ``ordered`` once and for good."""

    ORDERED = "ordered"
    SETTLED = "settled"
    LOST = "lost"


class Out(NamedTuple):
    """A run that is out: of which repository, and on which queue (empty: of an older version)."""

    run: RunId
    repository: RepositoryName
    queue: str


class SettlingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A settling run that was ordered of the runners, for every hypothesis about its bracket."""

    run: RunId
    repository: RepositoryName
    hypotheses: tuple[StepHypothesis, ...]
    bracket: Bracket
    order: RunOrder
    ordered_utc: datetime

    @property
    def queue(self) -> str:
        """Where the order waits."""
        return queue_name(self.order.suite.runs_on, "nightly")


class SettlingStore:
    """Settling runs over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def order(self, record: SettlingRecord) -> bool:
        """Store a run that is about to be ordered; False while another one is out on its queue."""
        values = {
            **_values(record.repository, record.hypotheses, record.bracket),
            "run": record.run,
            "status": SettlingStatus.ORDERED,
            "order_document": msgspec.json.encode(record.order),
            "ordered_utc": record.ordered_utc,
            "queue": record.queue,
        }
        out = select(func.count()).where(
            SETTLINGS.c.status == SettlingStatus.ORDERED, SETTLINGS.c.queue == record.queue
        )
        with writing(self._database) as connection:
            if connection.execute(out).scalar_one():
                return False
            statement = insert(SETTLINGS).values(values).on_conflict_do_nothing()
            return connection.execute(statement).rowcount == 1

    def out(self) -> tuple[Out, ...]:
        """List the runs that are out, whatever their orders hold."""
        wanted = select(SETTLINGS.c.run, SETTLINGS.c.repository, SETTLINGS.c.queue)
        ordered = wanted.where(SETTLINGS.c.status == SettlingStatus.ORDERED)
        with reading(self._database) as connection:
            rows = connection.execute(ordered.order_by(SETTLINGS.c.run)).all()
        return tuple(Out(RunId(row.run), RepositoryName(row.repository), row.queue) for row in rows)

    def ordered(self, run: RunId) -> SettlingRecord | None:
        """Read a run that is out; None when it is not any more.

        Raises:
            IntegrityError: another version of this program wrote what this one cannot read.
        """
        wanted = select(SETTLINGS).where(
            SETTLINGS.c.run == run, SETTLINGS.c.status == SettlingStatus.ORDERED
        )
        with reading(self._database) as connection:
            row = connection.execute(wanted).one_or_none()
        try:
            return None if row is None else _record(row)
        except msgspec.DecodeError as error:
            raise _unreadable(run, error) from error

    def attempts(
        self, repository: RepositoryName, hypotheses: Sequence[StepHypothesis], bracket: Bracket
    ) -> int:
        """Count the runs that were lost over this question, for the one of them with the fewest."""
        wanted = select(SETTLINGS.c.hypotheses, SETTLINGS.c.bracket).where(
            SETTLINGS.c.repository == repository,
            SETTLINGS.c.status == SettlingStatus.LOST,
        )
        with reading(self._database) as connection:
            rows = connection.execute(wanted).all()
        between = msgspec.to_builtins(bracket)
        lost = [_keys(row.hypotheses) for row in rows if row.bracket == between]
        return min(sum(one.key in keys for keys in lost) for one in hypotheses)

    def settle(self, run: RunId, settlements: Sequence[Settlement]) -> bool:
        """Store what an ordered run showed; False when it has ended already."""
        document = msgspec.to_builtins(tuple(settlements))
        return self._end(run, status=SettlingStatus.SETTLED, settlements=document)

    def lose(self, run: RunId) -> bool:
        """Give an ordered run up; False when it has ended already."""
        return self._end(run, status=SettlingStatus.LOST)

    def add(
        self,
        repository: RepositoryName,
        hypotheses: Sequence[StepHypothesis],
        settlements: Sequence[Settlement],
        now: datetime,
    ) -> bool:
        """Store what one run showed here and now; False when the run's id stands already."""
        values = {
            **_values(repository, hypotheses, settlements[0].bracket),
            "run": settlements[0].run,
            "status": SettlingStatus.SETTLED,
            "settlements": msgspec.to_builtins(tuple(settlements)),
            "ordered_utc": now,
        }
        with writing(self._database) as connection:
            statement = insert(SETTLINGS).values(values).on_conflict_do_nothing()
            return connection.execute(statement).rowcount == 1

    def settlements(self, repository: RepositoryName) -> tuple[Settlement, ...]:
        """List all that was settled of a repository, oldest first.

        Raises:
            IntegrityError: another version of this program wrote what this one cannot read.
        """
        wanted = (
            select(SETTLINGS.c.run, SETTLINGS.c.settlements)
            .where(
                SETTLINGS.c.repository == repository,
                SETTLINGS.c.status == SettlingStatus.SETTLED,
            )
            .order_by(SETTLINGS.c.ordered_utc, SETTLINGS.c.run)
        )
        with reading(self._database) as connection:
            rows = connection.execute(wanted).all()
        return tuple(one for row in rows for one in _settled(row.run, row.settlements))

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
    repository: RepositoryName, hypotheses: Sequence[StepHypothesis], bracket: Bracket
) -> dict[str, Any]:
    return {
        "repository": repository,
        "hypotheses": msgspec.to_builtins(tuple(hypotheses)),
        "bracket": msgspec.to_builtins(bracket),
    }


def _record(row: Row[Any]) -> SettlingRecord:
    return SettlingRecord(
        run=RunId(row.run),
        repository=RepositoryName(row.repository),
        hypotheses=msgspec.convert(row.hypotheses, tuple[StepHypothesis, ...]),
        bracket=msgspec.convert(row.bracket, Bracket),
        order=msgspec.json.decode(row.order_document, type=RunOrder),
        ordered_utc=row.ordered_utc,
    )


def _keys(hypotheses: list[dict[str, Any]]) -> frozenset[tuple[str, ...]]:
    """Name the series that a run asked about, whatever else its row holds."""
    names = ("suite", "case", "metric", "fingerprint")
    return frozenset(tuple(one[name] for name in names) for one in hypotheses)


def _settled(run: str, settlements: Any) -> tuple[Settlement, ...]:
    try:
        return msgspec.convert(settlements, tuple[Settlement, ...])
    except msgspec.DecodeError as error:
        raise _unreadable(run, error) from error


def _unreadable(run: str, error: msgspec.DecodeError) -> IntegrityError:
    return IntegrityError(f"the settling run {run}", "what this version writes", str(error))
