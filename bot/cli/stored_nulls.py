"""The null sessions of this machine, where the settings say that they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Engine

from bot.cli.output import message
from bot.settings import Settings, read_settings
from bot.store.engine import database_file
from bot.store.migrate import migrate, open_existing
from bot.store.nulls import NullStore
from engine.errors import UserError
from engine.precedence import Source
from worker.queue.private_folders import private_folder
from worker.queue.settings import STATE_DIR


@contextmanager
def own_nulls(flags: Mapping[str, str | None]) -> Iterator[NullStore]:
    """Open the store for who adds to it; a database that does not exist yet is made.

    Raises:
        UserError: it is of another version (`highwater migrate`), or cannot be used.
    """
    settings = read_settings(flags)
    if settings.sources["database_url"] is Source.CODE:  # it lies in the state directory
        private_folder(settings.state_dir, STATE_DIR.variable)
    if not _exists(settings):
        migrate(settings.database_url)
    with _opened(open_existing(settings.database_url)) as store:
        yield store


@contextmanager
def known_nulls(flags: Mapping[str, str | None]) -> Iterator[NullStore | None]:
    """Open the store for who only looks into it; None where there is none.

    One that cannot be used is said so: what is measured counts for more than its certificates.
    """
    settings = read_settings(flags)
    database = _readable(settings)
    if database is None:
        yield None
        return
    with _opened(database) as store:
        yield store


def _exists(settings: Settings) -> bool:
    file = database_file(settings.database_url)
    return file is None or file.exists()


def _readable(settings: Settings) -> Engine | None:
    try:
        return open_existing(settings.database_url) if _exists(settings) else None
    except UserError as error:
        message(f"Measuring without certificates: {error.problem} {error.remedy}")
        return None


@contextmanager
def _opened(database: Engine) -> Iterator[NullStore]:
    try:
        yield NullStore(database)
    finally:
        database.dispose()
