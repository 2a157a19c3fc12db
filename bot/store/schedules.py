"""When what recurs was last due, and last started."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.sqlite import insert

from bot.store.check_records import CheckStatus, RunStatus
from bot.store.conversation_tables import SCHEDULES
from bot.store.engine import reading, writing
from bot.store.tables import CHECKS, RUNS
from engine.values import CheckId, CommitSha, RepositoryName


class Schedule(NamedTuple):
    """What is known of a schedule; None: it was never due, or never started."""

    last_due_utc: datetime | None = None
    last_started_utc: datetime | None = None


class ScheduleStore:
    """Schedules over one database, by repository and name (``nightly``)."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def schedule(self, repository: RepositoryName, name: str) -> Schedule:
        """Read a schedule."""
        wanted = (SCHEDULES.c.repository == repository) & (SCHEDULES.c.name == name)
        columns = (SCHEDULES.c.last_due_utc, SCHEDULES.c.last_started_utc)
        with reading(self._database) as connection:
            row = connection.execute(select(*columns).where(wanted)).one_or_none()
        return Schedule() if row is None else Schedule(*row)

    def note_due(self, repository: RepositoryName, name: str, due: datetime) -> None:
        """Note when it was last due."""
        self._put(repository, name, last_due_utc=due)

    def note_started(self, repository: RepositoryName, name: str, now: datetime) -> None:
        """Note when it last started."""
        self._put(repository, name, last_started_utc=now)

    def measured_before(
        self, repository: RepositoryName, ref: str, tip: CommitSha
    ) -> CommitSha | None:
        """Name the commit that the last night measured of *ref* before it came to *tip*.

        A night whose runs were all lost measured nothing.
        """
        reported = (
            select(RUNS.c.run)
            .where(RUNS.c.check_id == CHECKS.c.id, RUNS.c.status == RunStatus.REPORTED)
            .exists()
        )
        statement = (
            select(CHECKS.c.head)
            .where(
                CHECKS.c.repository == repository,
                CHECKS.c.kind == "nightly",
                CHECKS.c.ref == ref,
                CHECKS.c.status == CheckStatus.CONCLUDED,
                CHECKS.c.head != tip,
                reported,
            )
            .order_by(CHECKS.c.opened_utc.desc(), CHECKS.c.id)
            .limit(1)
        )
        with reading(self._database) as connection:
            found = connection.execute(statement).scalar_one_or_none()
        return None if found is None else CommitSha(found)

    def last_opened(
        self, repository: RepositoryName, refs: Collection[str], but: Collection[CheckId]
    ) -> dict[str, datetime]:
        """Say when a nightly check of each of *refs* was opened last, but for the checks *but*."""
        statement = (
            select(CHECKS.c.ref, func.max(CHECKS.c.opened_utc))
            .where(
                CHECKS.c.repository == repository,
                CHECKS.c.kind == "nightly",
                CHECKS.c.ref.in_(refs),
                CHECKS.c.id.not_in(but),
            )
            .group_by(CHECKS.c.ref)
        )
        with reading(self._database) as connection:
            return {str(ref): opened for ref, opened in connection.execute(statement)}

    def _put(self, repository: RepositoryName, name: str, **times: datetime) -> None:
        statement = insert(SCHEDULES).values(repository=repository, name=name, **times)
        keys = ["repository", "name"]
        with writing(self._database) as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=times))
