"""Null sessions: what a runner measured of a commit against itself, kept for its certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, select
from sqlalchemy.dialects.sqlite import insert

from bot.store.engine import reading, writing
from bot.store.tables import NULL_COMPARISONS, NULL_SESSIONS
from engine.certificates import NullComparison, NullSession
from engine.values import RepositoryName

_SESSION_FIELDS = ("session", "repository", "suite", "runner", "fingerprint", "reference_s")
_COMPARISON_FIELDS = ("metric", "outcome", "pairs", "pair_sd", "launch_sd", "level", "launches")
_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class KnownRunner(NamedTuple):
    """A runner by its name and its hardware's fingerprint: either may change without the other."""

    runner: str
    fingerprint: str


class NullStore:
    """Null sessions over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def add(self, session: NullSession) -> bool:
        """Store a session; False when its id stands already, and nothing changes.

        Raises:
            ValueError: its time is not an ISO 8601 one with a zone.
        """
        values = _session_values(session)
        with writing(self._database) as connection:
            statement = insert(NULL_SESSIONS).values(values).on_conflict_do_nothing()
            added = connection.execute(statement).rowcount == 1
            if added and session.comparisons:
                connection.execute(NULL_COMPARISONS.insert(), _comparison_values(session))
        return added

    def sessions(
        self,
        repository: RepositoryName,
        suite: str,
        runner: KnownRunner | None = None,
        limit: int = 20,
    ) -> tuple[NullSession, ...]:
        """List the last *limit* sessions of a suite, oldest first: all, or those of a runner."""
        wanted = _newest(repository, suite, runner).limit(limit)
        with reading(self._database) as connection:
            return _sessions(connection, wanted)

    def sessions_since(
        self, repository: RepositoryName, suite: str, runner: KnownRunner, start: datetime
    ) -> tuple[NullSession, ...]:
        """List the sessions of a runner from the aware time *start* on, oldest first."""
        recent = NULL_SESSIONS.c.measured_utc >= start
        with reading(self._database) as connection:
            return _sessions(connection, _newest(repository, suite, runner).where(recent))

    def runners(
        self, repository: RepositoryName, suite: str, since: datetime | None = None
    ) -> tuple[KnownRunner, ...]:
        """Name the runners with a session of a suite (*since* then), in order of their names."""
        columns = (NULL_SESSIONS.c.runner, NULL_SESSIONS.c.fingerprint)
        wanted = select(*columns).where(*_of_suite(repository, suite)).distinct().order_by(*columns)
        if since is not None:
            wanted = wanted.where(NULL_SESSIONS.c.measured_utc >= since)
        with reading(self._database) as connection:
            return tuple(KnownRunner(*row) for row in connection.execute(wanted))


def _session_values(session: NullSession) -> dict[str, Any]:
    fields = {name: getattr(session, name) for name in _SESSION_FIELDS}
    measured = datetime.fromisoformat(session.measured_utc)
    return {**fields, "commit_sha": session.commit, "measured_utc": measured}


def _comparison_values(session: NullSession) -> list[dict[str, Any]]:
    return [
        {
            "session": session.session,
            "position": position,
            "case_name": comparison.case,
            **{name: getattr(comparison, name) for name in _COMPARISON_FIELDS},
        }
        for position, comparison in enumerate(session.comparisons)
    ]


def _newest(
    repository: RepositoryName, suite: str, runner: KnownRunner | None
) -> Select[tuple[Any, ...]]:
    columns = NULL_SESSIONS.c
    wanted = select(NULL_SESSIONS).where(*_of_suite(repository, suite))
    if runner is not None:
        wanted = wanted.where(
            columns.runner == runner.runner, columns.fingerprint == runner.fingerprint
        )
    return wanted.order_by(columns.measured_utc.desc(), columns.session.desc())


def _of_suite(repository: RepositoryName, suite: str) -> tuple[ColumnElement[bool], ...]:
    return (NULL_SESSIONS.c.repository == repository, NULL_SESSIONS.c.suite == suite)


def _sessions(
    connection: Connection, newest_first: Select[tuple[Any, ...]]
) -> tuple[NullSession, ...]:
    rows = connection.execute(newest_first).all()
    compared = _comparisons(connection, [row.session for row in rows])
    return tuple(_session(row, compared.get(row.session, ())) for row in reversed(rows))


def _comparisons(
    connection: Connection, sessions: Sequence[str]
) -> Mapping[str, Sequence[NullComparison]]:
    wanted = select(NULL_COMPARISONS).where(NULL_COMPARISONS.c.session.in_(sessions))
    compared: dict[str, list[NullComparison]] = {}
    for row in connection.execute(wanted.order_by(NULL_COMPARISONS.c.position)):
        fields = {name: getattr(row, name) for name in _COMPARISON_FIELDS}
        comparison = msgspec.convert({**fields, "case": row.case_name}, NullComparison)
        compared.setdefault(row.session, []).append(comparison)
    return compared


def _session(row: Row[Any], comparisons: Sequence[NullComparison]) -> NullSession:
    fields = {name: getattr(row, name) for name in _SESSION_FIELDS}
    return msgspec.convert(
        {
            **fields,
            "commit": row.commit_sha,
            "measured_utc": row.measured_utc.strftime(_UTC_SECONDS),
            "comparisons": tuple(comparisons),
        },
        NullSession,
    )
