"""A real SQLite file with all migrations applied: ``from tests.fakes.database import database``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.store.engine import open_database
from bot.store.migrate import migrate


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Name a migrated database in the test's own folder."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    migrate(url)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """Open a migrated database."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()
