"""Levels along the history of default branches: points of checks, and those of null runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    delete,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.sqlite import Insert, insert

from bot.ports import Repository
from bot.store.engine import reading, writing
from bot.store.history_tables import HISTORY_POINTS
from bot.store.tables import CHECKS, NULL_COMPARISONS, NULL_SESSIONS, RUNS
from engine.history import HistoryPoint, SeriesKey
from engine.values import Better, RepositoryName

_FIELDS = ("run", "metric", "suite", "fingerprint", "level", "launches", "unit")
_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_TIMES = frozenset({"wall", "cpu"})  # in seconds, whatever unit the tool wrote
# Our own harness has no other; of a foreign one's metric a null session does not know it.
_SMALLER_IS_BETTER = frozenset({"wall", "cpu", "memory"})


class CommitPair(NamedTuple):
    """The two commits of a check."""

    base: str
    head: str


class HistoryStore:
    """History points over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def store(
        self,
        repository: RepositoryName,
        points: Sequence[HistoryPoint],
        instead_of: CommitPair | None = None,
    ) -> None:
        """Store points; one of the same run, case and metric keeps its time, and is replaced else.

        Points that other runs of checks of the pair *instead_of* gave of the same series go: what
        these measured is part of the later ones.

        Raises:
            ValueError: a point's time is not an ISO 8601 one with a zone, or it has no direction.
        """
        rows = [_values(repository, point) for point in points]
        if not rows:
            return
        with writing(self._database) as connection:
            connection.execute(_upsert(), rows)
            if instead_of is not None:
                for point in points:
                    former = _former(repository, point, instead_of)
                    connection.execute(delete(HISTORY_POINTS).where(*former))

    def points(self, repository: RepositoryName, suite: str | None = None) -> list[HistoryPoint]:
        """List a repository's points, those of null sessions too: all, or those of a suite."""
        return [*self._checked(repository, suite), *self._null(repository, suite)]

    def has(self, repository: RepositoryName, key: SeriesKey) -> bool:
        """Whether a repository has a point of that series."""
        with reading(self._database) as connection:
            return any(connection.execute(one).first() for one in _one_of(repository, key))

    def cases(self, repository: RepositoryName, suite: str) -> frozenset[str]:
        """Name the cases that a suite was ever measured with."""
        points, sessions, compared = HISTORY_POINTS.c, NULL_SESSIONS.c, NULL_COMPARISONS.c
        checked = (points.repository == repository, points.suite == suite)
        null = (sessions.repository == repository, sessions.suite == suite)
        of_session = NULL_COMPARISONS.join(NULL_SESSIONS, compared.session == sessions.session)
        wanted = (
            select(points.case_name).where(*checked).distinct(),
            select(compared.case_name).select_from(of_session).where(*null).distinct(),
        )
        with reading(self._database) as connection:
            return frozenset(row[0] for one in wanted for row in connection.execute(one))

    def suites(self, repository: RepositoryName) -> frozenset[str]:
        """Name the suites of a repository that were measured."""
        wanted = [
            select(table.c.suite).where(table.c.repository == repository).distinct()
            for table in (HISTORY_POINTS, NULL_SESSIONS)
        ]
        with reading(self._database) as connection:
            return frozenset(row[0] for one in wanted for row in connection.execute(one))

    def repositories(self) -> tuple[RepositoryName, ...]:
        """Name the repositories that have points or null sessions."""
        columns = (HISTORY_POINTS.c.repository, NULL_SESSIONS.c.repository)
        with reading(self._database) as connection:
            found = {name for column in columns for name in _distinct(connection, column)}
        return tuple(sorted(map(RepositoryName, found)))

    def commits(self, repository: RepositoryName) -> frozenset[str]:
        """Name the commits of a repository that were measured."""
        wanted = [
            select(table.c.commit_sha).where(table.c.repository == repository).distinct()
            for table in (HISTORY_POINTS, NULL_SESSIONS)
        ]
        with reading(self._database) as connection:
            return frozenset(row[0] for one in wanted for row in connection.execute(one))

    def growth(self) -> tuple[int, int]:
        """Give numbers that are others once a point or a null session was added to any repository.

        Found at once, however much is stored.
        """
        return self._last_rows(None)

    def extent(self, repository: RepositoryName) -> tuple[int, int]:
        """Give numbers that are others once something was added to this repository."""
        return self._last_rows(repository)

    def _last_rows(self, repository: RepositoryName | None) -> tuple[int, int]:
        with reading(self._database) as connection:
            points, sessions = (
                connection.execute(_last_row(table, repository)).scalar_one() or 0
                for table in (HISTORY_POINTS, NULL_SESSIONS)
            )
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


def _upsert() -> Insert:
    statement = insert(HISTORY_POINTS)
    replaced = {
        column.name: statement.excluded[column.name]
        for column in HISTORY_POINTS.columns
        if not column.primary_key and column.name != "measured_utc"
    }
    keys = [column.name for column in HISTORY_POINTS.primary_key]
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced)


def _former(
    repository: RepositoryName, point: HistoryPoint, pair: CommitPair
) -> list[ColumnElement[bool]]:
    """Choose the points of *point*'s series and commit that other runs of *pair* gave."""
    columns = HISTORY_POINTS.c
    runs = (
        select(RUNS.c.run)
        .join(CHECKS, CHECKS.c.id == RUNS.c.check_id)
        .where(
            CHECKS.c.repository == repository,
            CHECKS.c.base == pair.base,
            CHECKS.c.head == pair.head,
            RUNS.c.run != point.run,
        )
    )
    return [
        columns.run.in_(runs),
        columns.case_name == point.case,
        columns.metric == point.metric,
        columns.repository == repository,
        columns.suite == point.suite,
        columns.fingerprint == point.fingerprint,
        columns.commit_sha == point.commit,
    ]


def _one_of(repository: RepositoryName, key: SeriesKey) -> Iterator[Select[Any]]:
    points, sessions, compared = HISTORY_POINTS.c, NULL_SESSIONS.c, NULL_COMPARISONS.c
    yield (
        select(points.run)
        .where(
            points.repository == repository,
            points.suite == key.suite,
            points.case_name == key.case,
            points.metric == key.metric,
            points.fingerprint == key.fingerprint,
        )
        .limit(1)
    )
    yield (
        select(sessions.session)
        .join(NULL_COMPARISONS, compared.session == sessions.session)
        .where(
            sessions.repository == repository,
            sessions.suite == key.suite,
            sessions.fingerprint == key.fingerprint,
            compared.case_name == key.case,
            compared.metric == key.metric,
            compared.level.is_not(None),
        )
        .limit(1)
    )


def _distinct(connection: Connection, column: ColumnElement[str]) -> Iterator[str]:
    """List the values of an indexed column in order, one look-up each: there are few."""
    first = select(func.min(column))
    found = connection.execute(first).scalar_one()
    while found is not None:
        yield found
        found = connection.execute(first.where(column > found)).scalar_one()


def _last_row(table: Table, repository: RepositoryName | None) -> Select[Any]:
    last: Select[Any] = select(func.max(literal_column("rowid"))).select_from(table)
    return last if repository is None else last.where(table.c.repository == repository)


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
        unit="s" if row.metric in _TIMES else "",
        better=Better.LOWER if row.metric in _SMALLER_IS_BETTER else None,
        measured_utc=row.measured_utc.strftime(_UTC_SECONDS),
    )
