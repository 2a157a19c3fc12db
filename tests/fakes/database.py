"""A real SQLite file with all migrations applied: ``from tests.fakes.database import database``."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.store.engine import open_database
from bot.store.migrate import migrate


def migrated(path: Path) -> str:
    """Put a migrated database at *path*, unless one is there; gives its URL.

    The migrations are run once a process and their outcome is copied: a quarter of a second each.
    """
    if not path.exists():
        shutil.copyfile(_template(), path)
        path.chmod(0o600)
    return f"sqlite:///{path}"


@functools.cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="highwater-migrated-")) / "bot.db"
    migrate(f"sqlite:///{path}")
    assert not path.with_name("bot.db-wal").exists()  # all of it is in the one file
    return path


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Name a migrated database in the test's own folder."""
    return migrated(tmp_path / "bot.db")


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """Open a migrated database."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()
