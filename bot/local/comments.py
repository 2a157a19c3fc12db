"""The comments of local pull requests, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from bot.local.records import OWN_LOGIN, LocalComment
from bot.store.local_tables import LOCAL_COMMENTS
from engine.values import RepositoryName

_COLUMNS = LOCAL_COMMENTS.c


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment to write."""

    author: str
    body: str
    now: datetime


def list_comments(
    connection: Connection, repository: RepositoryName, number: int
) -> tuple[LocalComment, ...]:
    """List a pull request's comments, oldest first."""
    rows = connection.execute(
        select(LOCAL_COMMENTS).where(_on(repository, number)).order_by(_COLUMNS.id)
    )
    return tuple(
        LocalComment(
            id=row.id,
            author=row.author,
            body=row.body,
            created_utc=row.created_utc,
            updated_utc=row.updated_utc,
        )
        for row in rows
    )


def find_own(
    connection: Connection, repository: RepositoryName, number: int, marker: str
) -> int | None:
    """Find our comment of the lowest id whose body holds *marker*."""
    ours = _on(repository, number) & (_COLUMNS.author == OWN_LOGIN)
    rows = connection.execute(select(_COLUMNS.id, _COLUMNS.body).where(ours).order_by(_COLUMNS.id))
    return next((int(row.id) for row in rows if marker in row.body), None)


def add(connection: Connection, repository: RepositoryName, number: int, comment: Draft) -> int:
    """Add a comment; gives its id."""
    statement = insert(LOCAL_COMMENTS).values(
        repository=repository,
        number=number,
        author=comment.author,
        body=comment.body,
        created_utc=comment.now,
        updated_utc=comment.now,
    )
    return int(connection.execute(statement.returning(_COLUMNS.id)).scalar_one())


def put_own(
    connection: Connection, repository: RepositoryName, number: int, marker: str, comment: Draft
) -> int:
    """Create or edit our one comment that holds *marker*; gives its id.

    *connection* holds the write lock, so two of us at once still make one comment.
    """
    present = find_own(connection, repository, number, marker)
    if present is None:
        return add(connection, repository, number, comment)
    edit = update(LOCAL_COMMENTS).where(_COLUMNS.id == present)
    connection.execute(edit.values(body=comment.body, updated_utc=comment.now))
    return present


def _on(repository: RepositoryName, number: int) -> ColumnElement[bool]:
    return (_COLUMNS.repository == repository) & (_COLUMNS.number == number)
