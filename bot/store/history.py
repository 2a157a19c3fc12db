"""Levels along the history of default branches: points of checks, and those of null runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, func, select
from sqlalchemy.dialects.sqlite import insert

from bot.ports import Repository
from bot.store.engine import reading, writing
from bot.store.history_tables import HISTORY_POINTS
from bot.store.tables import CHECKS, NULL_COMPARISONS, NULL_SESSIONS
from engine.history import HistoryPoint
from engine.values import Better, RepositoryName

_FIELDS = ("run", "metric", "suite", "fingerprint", "level", "launches", "unit")
_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
# Our own harness has no other; of a foreign one's metric a null session does not know it.
_SMALLER_IS_BETTER = frozenset({"wall", "cpu", "memory"})


class HistoryStore:
    """History points over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def store(self, repository: RepositoryName, points: Sequence[HistoryPoint]) -> None:
        """Store points; one of the same run, case and metric takes the place of the former.

        Raises:
            ValueError: a point's time is not an ISO 8601 one with a zone, or it has no direction.
        """
        rows = [_values(repository, point) for point in points]
        if not rows:
            return
        statement = insert(HISTORY_POINTS)
        replaced = {
            column.name: statement.excluded[column.name]
            for column in HISTORY_POINTS.columns
            if not column.primary_key
        }
        keys = [column.name for column in HISTORY_POINTS.primary_key]
        upsert = statement.on_conflict_do_update(index_elements=keys, set_=replaced)
        with writing(self._database) as connection:
            connection.execute(upsert, rows)

    def points(self, repository: RepositoryName, suite: str | None = None) -> list[HistoryPoint]:
        """List a repository's points, those of null sessions too: all, or those of a suite."""
        return [*self._checked(repository, suite), *self._null(repository, suite)]

    def repositories(self) -> tuple[RepositoryName, ...]:
        """Name the repositories that have points or null sessions."""
        wanted = select(HISTORY_POINTS.c.repository).union(select(NULL_SESSIONS.c.repository))
        with reading(self._database) as connection:
            return tuple(sorted(RepositoryName(row[0]) for row in connection.execute(wanted)))

    def commits(self, repository: RepositoryName) -> frozenset[str]:
        """Name the commits of a repository that were measured."""
        wanted = [
            select(table.c.commit_sha).where(table.c.repository == repository).distinct()
            for table in (HISTORY_POINTS, NULL_SESSIONS)
        ]
        with reading(self._database) as connection:
            return frozenset(row[0] for one in wanted for row in connection.execute(one))

    def extent(self, repository: RepositoryName) -> tuple[int, int]:
        """Count a repository's points and null sessions: what grows when something is added."""
        counted = [
            select(func.count()).select_from(table).where(table.c.repository == repository)
            for table in (HISTORY_POINTS, NULL_SESSIONS)
        ]
        with reading(self._database) as connection:
            points, sessions = (connection.execute(one).scalar_one() for one in counted)
        return int(points), int(sessions)

    def reached(self, repository: RepositoryName) -> Repository | None:
        """Say how the last check reached a repository; None when none of it was checked."""
        wanted = select(CHECKS.c.installation).where(CHECKS.c.repository == repository)
        with reading(self._database) as connection:
            newest = wanted.order_by(CHECKS.c.opened_utc.desc()).limit(1)
            row = connection.execute(newest).one_or_none()
        return None if row is None else Repository(name=repository, installation=row.installation)

    def _checked(self, repository: RepositoryName, suite: str | None) -> Iterable[HistoryPoint]:
        wanted = select(HISTORY_POINTS).where(HISTORY_POINTS.c.repository == repository)
        if suite is not None:
            wanted = wanted.where(HISTORY_POINTS.c.suite == suite)
        with reading(self._database) as connection:
            return [_point(row) for row in connection.execute(wanted)]

    def _null(self, repository: RepositoryName, suite: str | None) -> Iterable[HistoryPoint]:
        sessions, compared = NULL_SESSIONS.c, NULL_COMPARISONS.c
        wanted = (
            select(NULL_SESSIONS, NULL_COMPARISONS)
            .join(NULL_COMPARISONS, compared.session == sessions.session)
            .where(sessions.repository == repository, compared.level.is_not(None))
        )
        if suite is not None:
            wanted = wanted.where(sessions.suite == suite)
        with reading(self._database) as connection:
            return [_null_point(row) for row in connection.execute(wanted)]


def _values(repository: RepositoryName, point: HistoryPoint) -> dict[str, Any]:
    if point.better is None:
        message = f"{point.case}: {point.metric} has no direction"
        raise ValueError(message)
    return {
        **{name: getattr(point, name) for name in _FIELDS},
        "repository": repository,
        "case_name": point.case,
        "commit_sha": point.commit,
        "better": point.better,
        "measured_utc": datetime.fromisoformat(point.measured_utc),
    }


def _point(row: Row[Any]) -> HistoryPoint:
    return msgspec.convert(
        {
            **{name: getattr(row, name) for name in _FIELDS},
            "case": row.case_name,
            "commit": row.commit_sha,
            "better": row.better,
            "measured_utc": row.measured_utc.strftime(_UTC_SECONDS),
        },
        HistoryPoint,
    )


def _null_point(row: Row[Any]) -> HistoryPoint:
    return HistoryPoint(
        run=row.session,
        suite=row.suite,
        case=row.case_name,
        metric=row.metric,
        fingerprint=row.fingerprint,
        commit=row.commit_sha,
        level=row.level,
        launches=row.launches,
        better=Better.LOWER if row.metric in _SMALLER_IS_BETTER else None,
        measured_utc=row.measured_utc.strftime(_UTC_SECONDS),
    )
