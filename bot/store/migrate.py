"""Bringing a database's tables to this version, and saying how far they are."""

from __future__ import annotations

from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.store.engine import database_file, open_database, reading, writing
from engine.errors import UserError, Where

_MIGRATIONS = Path(__file__).parent / "migrations"


class Revisions(msgspec.Struct, frozen=True, kw_only=True):
    """The revision that a database is at (None: it is empty), and the one of this version."""

    current: str | None
    wanted: str | None

    @property
    def up_to_date(self) -> bool:
        """Whether there is nothing to migrate."""
        return self.current == self.wanted


def migrate(url: str) -> Revisions:
    """Bring the database of *url* to this version's tables; gives where it came from.

    All in one transaction that holds the write lock: processes that start together wait for
    the first, and a migration that fails leaves the database as it was.

    Raises:
        UserError: the URL cannot be used, or what it names is no database of ours.
    """
    database = open_database(url)
    try:
        with writing(database) as connection:
            before = _revisions(connection)
            _refuse_unknown(before)
            command.upgrade(configuration(connection), "head")
    except DBAPIError as error:
        raise _unusable(error) from error
    finally:
        database.dispose()
    return before


def revisions(database: Engine) -> Revisions:
    """Say which revision an open database is at, and which this version wants.

    Raises:
        UserError: the database cannot be opened, or is none.
    """
    try:
        with reading(database) as connection:
            return _revisions(connection)
    except DBAPIError as error:
        raise _unusable(error) from error


def open_existing(url: str) -> Engine:
    """Open the database of *url* for who only reads: none is made, and none is migrated.

    Raises:
        UserError: there is none, it is not at this version's revision, or cannot be used.
    """
    file = database_file(url)
    if file is not None and not file.exists():
        problem = "there is no database."
        remedy = "Name the bot's with --state-dir or DATABASE_URL; `highwater migrate` makes one."
        raise UserError(problem, Where(str(file)), remedy)
    database = open_database(url)
    require_up_to_date(database)
    return database


def require_up_to_date(database: Engine) -> None:
    """Refuse to work on tables of another version.

    Raises:
        UserError: the database is not at this version's revision, or cannot be used.
    """
    found = revisions(database)
    _refuse_unknown(found)
    if not found.up_to_date:
        message = f"the database is at revision {found.current or 'none'}, not {found.wanted}."
        raise UserError(message, None, "Run `highwater migrate`.")


def configuration(connection: Connection | None = None) -> Config:
    """Configure alembic without a file: where the migrations are, and which connection to use."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


def _revisions(connection: Connection) -> Revisions:
    script = ScriptDirectory.from_config(configuration())
    current = MigrationContext.configure(connection).get_current_revision()
    return Revisions(current=current, wanted=script.get_current_head())


def _refuse_unknown(found: Revisions) -> None:
    known = {
        script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()
    }
    if found.current is not None and found.current not in known:
        message = f"the database is at revision {found.current}, which this version does not know."
        remedy = f"Use the newer version that made it; this one knows up to {found.wanted}."
        raise UserError(message, None, remedy)


def _unusable(error: DBAPIError) -> UserError:
    message = f"the database cannot be used: {error.orig}."
    remedy = (
        "See that DATABASE_URL names a SQLite file that this user can write, on a disk not full."
    )
    return UserError(message, None, remedy)
