"""Opening the database: SQLite in WAL mode, durable to the disk, or what the URL names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from engine.errors import UserError
from worker.queue.private_folders import private_file

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
    """Open the database of *url*, a SQLAlchemy URL; a SQLite file and its folder are made.

    Connections are opened when first used, so this may be called before a fork.

    Raises:
        UserError: the URL cannot be read, or names a database that this version cannot use.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        message = f"the database {parsed.render_as_string()!r} is of a kind that cannot be used."
        raise UserError(message, None, "Give a URL such as sqlite:////var/lib/highwater/bot.db.")
    file = _file_of(parsed)
    if file is not None:
        private_file(file, "DATABASE_URL")
    # What is stored, such as a webhook's body, is nothing for logs: errors leave parameters out.
    database = create_engine(parsed, connect_args={"timeout": LOCK_WAIT_S}, hide_parameters=True)
    event.listen(database, "connect", _prepare_sqlite)
    event.listen(database, "begin", _begin_sqlite)
    return database


def database_file(url: str) -> Path | None:
    """Name the file that a database's URL stands for, there or not; None where it is no file.

    Raises:
        UserError: the URL cannot be read.
    """
    return _file_of(_parse(url))


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


def _file_of(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    named = str(url.database)
    return None if named.startswith("file:") else Path(named)


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    """Leave transactions to us (the driver would begin late), and set the pragmas."""
    del record
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_BEGIN_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
