"""The check runs of local commits, in the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from bot.local.records import LocalCheckRun
from bot.ports import Annotation, CheckRun
from bot.store.local_tables import LOCAL_CHECK_RUNS
from engine.values import CommitSha, RepositoryName

_COLUMNS = LOCAL_CHECK_RUNS.c


def put(connection: Connection, repository: RepositoryName, run: CheckRun, now: datetime) -> int:
    """Create the check run, or bring the one of that head, name and external id to this state.

    Annotations are added to those that it has, as on GitHub; equal ones are not repeated.
    *connection* holds the write lock, so two of us at once still make one check run.
    """
    row = connection.execute(
        select(_COLUMNS.id, _COLUMNS.annotations).where(_is(repository, run))
    ).one_or_none()
    state = _state(run, now)
    if row is None:
        return _create(connection, repository, run, state)
    present = msgspec.convert(row.annotations, tuple[Annotation, ...])
    new = tuple(annotation for annotation in run.annotations if annotation not in present)
    state["annotations"] = msgspec.to_builtins(present + new)
    connection.execute(update(LOCAL_CHECK_RUNS).where(_COLUMNS.id == row.id).values(state))
    return int(row.id)


def find(connection: Connection, check_run_id: int) -> LocalCheckRun | None:
    """Find a check run by its id."""
    row = connection.execute(
        select(LOCAL_CHECK_RUNS).where(_COLUMNS.id == check_run_id)
    ).one_or_none()
    return None if row is None else _stored(row)


def list_of(
    connection: Connection, repository: RepositoryName, head: CommitSha
) -> tuple[LocalCheckRun, ...]:
    """List a commit's check runs, oldest first."""
    wanted = (_COLUMNS.repository == repository) & (_COLUMNS.head == head)
    rows = connection.execute(select(LOCAL_CHECK_RUNS).where(wanted).order_by(_COLUMNS.id))
    return tuple(_stored(row) for row in rows)


def _create(
    connection: Connection, repository: RepositoryName, run: CheckRun, state: dict[str, Any]
) -> int:
    identity = {
        "repository": repository,
        "name": run.name,
        "head": run.head,
        "external_id": run.external_id,
        "annotations": msgspec.to_builtins(run.annotations),
    }
    statement = insert(LOCAL_CHECK_RUNS).values(identity | state).returning(_COLUMNS.id)
    return int(connection.execute(statement).scalar_one())


def _is(repository: RepositoryName, run: CheckRun) -> ColumnElement[bool]:
    return (
        (_COLUMNS.repository == repository)
        & (_COLUMNS.head == run.head)
        & (_COLUMNS.name == run.name)
        & (_COLUMNS.external_id == run.external_id)
    )


def _state(run: CheckRun, now: datetime) -> dict[str, Any]:
    return {
        "status": run.status,
        "conclusion": run.conclusion,
        "title": run.title,
        "summary": run.summary,
        "text": run.text,
        "details_url": run.details_url,
        "actions": msgspec.to_builtins(run.actions),
        "updated_utc": now,
    }


def _stored(row: Row[Any]) -> LocalCheckRun:
    names = ("name", "head", "external_id", "status", "conclusion", "title", "summary", "text")
    fields = {
        name: getattr(row, name) for name in (*names, "annotations", "details_url", "actions")
    }
    run = msgspec.convert(fields, CheckRun)
    return LocalCheckRun(id=row.id, run=run, updated_utc=row.updated_utc)
