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
from bot.store.renames import move
from engine.values import RepositoryName


class RepositoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as it was last seen; its *forge_id* stays when its name changes."""

    name: RepositoryName
    installation: int | None
    default_branch: str | None
    active: bool
    seen_utc: datetime
    forge_id: int | None = None

    @property
    def repository(self) -> Repository:
        """The repository as the forge reaches it."""
        return Repository(name=self.name, installation=self.installation)


class RepositoryStore:
    """Repositories over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def see(
        self,
        repository: Repository,
        now: datetime,
        default_branch: str | None = None,
        forge_id: int | None = None,
    ) -> None:
        """Note that an event named a repository: it is reached. What is not known now stays."""
        known = {
            "installation": repository.installation,
            "default_branch": default_branch,
            "forge_id": forge_id,
        }
        told = {name: value for name, value in known.items() if value is not None}
        state = {**told, "active": True, "seen_utc": now}
        statement = insert(REPOSITORIES).values(name=repository.name, **state)
        with writing(self._database) as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=state))

    def lose(self, names: Collection[RepositoryName], *, for_now: bool = False) -> None:
        """Note that the App was taken off these repositories.

        *for_now*: with its whole installation, which may come back with them.
        """
        statement = update(REPOSITORIES).where(REPOSITORIES.c.name.in_(sorted(names)))
        left = {} if for_now else {"installation": None}
        with writing(self._database) as connection:
            connection.execute(statement.values(active=False, **left))

    def regain(self, installation: int) -> None:
        """Note that an installation is back, with the repositories that it was lost with."""
        statement = update(REPOSITORIES).where(REPOSITORIES.c.installation == installation)
        with writing(self._database) as connection:
            connection.execute(statement.values(active=True))

    def rename(self, old: RepositoryName, new: RepositoryName, installation: int | None) -> None:
        """Move everything that is stored of a repository to the name that it has now."""
        with writing(self._database) as connection:
            move(connection, old, new, installation)

    def of_installation(self, installation: int) -> tuple[RepositoryName, ...]:
        """Name the repositories that are reached through an installation."""
        found = self._select(REPOSITORIES.c.installation == installation, REPOSITORIES.c.active)
        return tuple(each.name for each in found)

    def repository(self, name: RepositoryName) -> RepositoryRecord | None:
        """Read a repository; None when it was never seen."""
        found = self._select(REPOSITORIES.c.name == name)
        return found[0] if found else None

    def with_id(self, forge_id: int) -> RepositoryRecord | None:
        """Read the repository that has this id on the forge; None when none is known to."""
        found = self._select(REPOSITORIES.c.forge_id == forge_id)
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
