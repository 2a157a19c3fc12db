"""Commands that people wrote, and when they were last told how commands are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Engine, RowMapping, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.store.conversation_tables import COMMANDS, USAGE_REPLIES
from bot.store.engine import reading, writing
from bot.store.upserts import insert_new
from engine.values import DeliveryId, RepositoryName

CommandStatus = Literal["accepted", "done", "refused"]


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One command: the *line* (from 0) of the comment that a delivery brought.

    *answer* is what its author was told, once it ended.
    """

    delivery: DeliveryId
    line: int
    repository: RepositoryName
    number: int
    comment: int
    author: str
    verb: str
    arguments: dict[str, str]
    status: CommandStatus = "accepted"
    answer: str | None = None
    created_utc: datetime


class CommandStore:
    """Commands over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def add(self, command: CommandRecord) -> bool:
        """Store a command; False when that line of that delivery is stored already."""
        statement = insert_new(COMMANDS).values(msgspec.structs.asdict(command))
        with writing(self._database) as connection:
            return connection.execute(statement).rowcount == 1

    def of_delivery(self, delivery: DeliveryId) -> tuple[CommandRecord, ...]:
        """List the commands that a delivery brought, in the order of their lines."""
        wanted = select(COMMANDS).where(COMMANDS.c.delivery == delivery)
        with reading(self._database) as connection:
            rows = connection.execute(wanted.order_by(COMMANDS.c.line)).mappings()
            return tuple(_record(row) for row in rows)

    def of_pull_request(self, repository: RepositoryName, number: int) -> tuple[CommandRecord, ...]:
        """List the commands on a pull request, oldest first."""
        wanted = select(COMMANDS).where(
            COMMANDS.c.repository == repository, COMMANDS.c.number == number
        )
        order = (COMMANDS.c.created_utc, COMMANDS.c.delivery, COMMANDS.c.line)
        with reading(self._database) as connection:
            rows = connection.execute(wanted.order_by(*order)).mappings()
            return tuple(_record(row) for row in rows)

    def end(
        self,
        delivery: DeliveryId,
        line: int,
        status: Literal["done", "refused"],
        answer: str | None = None,
    ) -> bool:
        """End an accepted command; False when it has ended already, and nothing changes."""
        statement = (
            update(COMMANDS)
            .where(
                COMMANDS.c.delivery == delivery,
                COMMANDS.c.line == line,
                COMMANDS.c.status == "accepted",
            )
            .values(status=status, answer=answer)
        )
        with writing(self._database) as connection:
            return connection.execute(statement).rowcount == 1

    def may_reply_usage(
        self, repository: RepositoryName, login: str, now: datetime, every: timedelta
    ) -> bool:
        """Take the one usage reply that a person gets in *every*; False when it was taken."""
        values = {"repository": repository, "login": login, "replied_utc": now}
        statement = insert(USAGE_REPLIES).values(values)
        again = statement.on_conflict_do_update(
            index_elements=["repository", "login"],
            set_={"replied_utc": now},
            where=USAGE_REPLIES.c.replied_utc <= now - every,
        )
        with writing(self._database) as connection:
            return connection.execute(again).rowcount == 1


def _record(row: RowMapping) -> CommandRecord:
    values: dict[str, Any] = {name: row[name] for name in CommandRecord.__struct_fields__}
    return msgspec.convert(values, CommandRecord)
