"""The rows of local pull requests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, insert, select, update

from bot.local.records import OWN_LOGIN, LocalPullRequest
from bot.local.repositories import Source
from bot.ports import PullRequest
from bot.store.engine import reading, writing
from bot.store.local_tables import LOCAL_ISSUES, LOCAL_PULL_REQUESTS
from engine.errors import UserError
from engine.values import CommitSha, RepositoryName

_COLUMNS = LOCAL_PULL_REQUESTS.c


def read(database: Engine, name: RepositoryName, number: int) -> LocalPullRequest:
    """Read a pull request; UserError when there is none of that number."""
    wanted = (_COLUMNS.repository == name) & (_COLUMNS.number == number)
    found = _select(database, wanted)
    if not found:
        problem = f"{name} has no pull request #{number}"
        raise UserError(problem, None, "Name one that exists.")
    return found[0]


def open_of_branch(
    database: Engine, name: RepositoryName, head_branch: str
) -> tuple[LocalPullRequest, ...]:
    """List the open pull requests of a branch, the lowest number first."""
    of_branch = (_COLUMNS.repository == name) & (_COLUMNS.head_branch == head_branch)
    return _select(database, of_branch & (_COLUMNS.state == "open"))


def open_of_head(
    database: Engine, name: RepositoryName, head: CommitSha
) -> tuple[LocalPullRequest, ...]:
    """List the open pull requests of a commit, the lowest number first."""
    at_head = (_COLUMNS.repository == name) & (_COLUMNS.head == head)
    return _select(database, at_head & (_COLUMNS.state == "open"))


def add(database: Engine, name: RepositoryName, row: dict[str, Any]) -> int:
    """Add a pull request; gives its number."""
    with writing(database) as connection:
        number = next_number(connection, name)
        values = {"repository": name, "number": number, **row}
        connection.execute(insert(LOCAL_PULL_REQUESTS).values(values))
    return number


def change(database: Engine, name: RepositoryName, number: int, values: dict[str, Any]) -> None:
    """Change columns of a pull request."""
    wanted = (_COLUMNS.repository == name) & (_COLUMNS.number == number)
    with writing(database) as connection:
        connection.execute(update(LOCAL_PULL_REQUESTS).where(wanted).values(values))


def next_number(connection: Connection, name: RepositoryName) -> int:
    """Give the number of the next pull request or issue; *connection* holds the write lock."""
    highest = [
        connection.scalar(select(func.max(table.c.number)).where(table.c.repository == name))
        for table in (LOCAL_PULL_REQUESTS, LOCAL_ISSUES)
    ]
    return 1 + max(int(each or 0) for each in highest)


def _select(database: Engine, wanted: ColumnElement[bool]) -> tuple[LocalPullRequest, ...]:
    statement = select(LOCAL_PULL_REQUESTS).where(wanted).order_by(_COLUMNS.number)
    with reading(database) as connection:
        return tuple(_value(row) for row in connection.execute(statement))


def _value(row: Row[Any]) -> LocalPullRequest:
    source = Source.of(row.repository, row.head_branch)
    read = PullRequest(
        number=row.number,
        state=row.state,
        head=row.head,
        base_ref=row.base_ref,
        from_fork=row.from_fork,
        title=row.title,
        draft=row.draft,
        merged=row.merged,
        # Of a pull request from before authors were kept: the owner of its branch.
        author=row.author or source.repository.partition("/")[0],
        head_ref=source.branch,
        labels=tuple(sorted(row.labels)),
        ours=row.author == OWN_LOGIN,
    )
    return LocalPullRequest(pull_request=read, head_branch=row.head_branch, body=row.body)
