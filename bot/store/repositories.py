"""The repositories that the bot has seen, and whether it still reaches them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, RowMapping, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.forge_values import Repository
from bot.store.conversation_tables import REPOSITORIES
from bot.store.engine import reading, writing
from engine.values import RepositoryName


class RepositoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as it was last seen."""

    name: RepositoryName
    installation: int | None
    default_branch: str | None
    active: bool
    seen_utc: datetime

    @property
    def repository(self) -> Repository:
        """The repository as the forge reaches it."""
        return Repository(name=self.name, installation=self.installation)


class RepositoryStore:
    """Repositories over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def see(self, repository: Repository, now: datetime, default_branch: str | None = None) -> None:
        """Note that an event named a repository: it is reached. What is not known now stays."""
        known = {"installation": repository.installation, "default_branch": default_branch}
        told = {name: value for name, value in known.items() if value is not None}
        state = {**told, "active": True, "seen_utc": now}
        statement = insert(REPOSITORIES).values(name=repository.name, **state)
        with writing(self._database) as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=state))

    def lose(self, names: Collection[RepositoryName]) -> None:
        """Note that the App was taken off these repositories."""
        statement = update(REPOSITORIES).where(REPOSITORIES.c.name.in_(sorted(names)))
        with writing(self._database) as connection:
            connection.execute(statement.values(active=False))

    def of_installation(self, installation: int) -> tuple[RepositoryName, ...]:
        """Name the repositories that are reached through an installation."""
        found = self._select(REPOSITORIES.c.installation == installation, REPOSITORIES.c.active)
        return tuple(each.name for each in found)

    def repository(self, name: RepositoryName) -> RepositoryRecord | None:
        """Read a repository; None when it was never seen."""
        found = self._select(REPOSITORIES.c.name == name)
        return found[0] if found else None

    def active(self) -> tuple[RepositoryRecord, ...]:
        """List the repositories that are reached, by name."""
        return self._select(REPOSITORIES.c.active)

    def _select(self, *wanted: ColumnElement[bool]) -> tuple[RepositoryRecord, ...]:
        statement = select(REPOSITORIES).where(*wanted).order_by(REPOSITORIES.c.name)
        with reading(self._database) as connection:
            rows = connection.execute(statement).mappings()
            return tuple(_record(row) for row in rows)


def _record(row: RowMapping) -> RepositoryRecord:
    values: dict[str, Any] = {name: row[name] for name in RepositoryRecord.__struct_fields__}
    return msgspec.convert(values, RepositoryRecord)
