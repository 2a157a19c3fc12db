"""Opening the database: SQLite in WAL mode, durable to the disk, or what the URL names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from engine.errors import UserError, Where

LOCK_WAIT_S = 30.0
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # FULL: a committed delivery is on the disk, not merely with the operating system.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={int(LOCK_WAIT_S * 1000)}",
)
_BEGIN_WRITING = "sqlite_begin_immediate"


def open_database(url: str) -> Engine:
    """Open the database of *url*, a SQLAlchemy URL; a SQLite file's folder is made.

    Connections are opened when first used, so this may be called before a fork.

    Raises:
        UserError: the URL cannot be read, or names a database that this version cannot use.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        message = f"the database {parsed.render_as_string()!r} is of a kind that cannot be used."
        raise UserError(message, None, "Give a URL such as sqlite:////var/lib/highwater/bot.db.")
    if parsed.database not in {None, "", ":memory:"}:
        _make_folder(Path(str(parsed.database)).parent)
    # What is stored, such as a webhook's body, is nothing for logs: errors leave parameters out.
    database = create_engine(parsed, connect_args={"timeout": LOCK_WAIT_S}, hide_parameters=True)
    event.listen(database, "connect", _prepare_sqlite)
    event.listen(database, "begin", _begin_sqlite)
    return database


@contextmanager
def writing(database: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that may write; committed at the end, or rolled back.

    On SQLite the write lock is taken at once: a transaction that reads first and then wants to
    write would be refused without waiting whenever another process has written in between.
    """
    with database.connect() as connection:
        connection.execution_options(**{_BEGIN_WRITING: True})
        with connection.begin():
            yield connection


@contextmanager
def reading(database: Engine) -> Iterator[Connection]:
    """Give a connection that sees one state of the database and writes nothing."""
    with database.connect() as connection:
        yield connection


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        message = "the database URL cannot be read."
        remedy = "Give DATABASE_URL as a URL such as sqlite:////var/lib/highwater/bot.db."
        raise UserError(message, None, remedy) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"the database's folder cannot be made: {error.strerror}."
        raise UserError(
            message, Where(str(folder)), "Give a folder that can be written."
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    """Leave transactions to us (the driver would begin late), and set the pragmas."""
    del record
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_BEGIN_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
