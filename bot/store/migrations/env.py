"""How alembic runs our migrations: on the connection of the caller, within its transaction."""

from __future__ import annotations

from typing import Literal

from alembic import context
from sqlalchemy.types import TypeDecorator, TypeEngine

import bot.store.conversation_tables
import bot.store.history_tables
import bot.store.local_tables  # noqa: F401 - their tables join those of METADATA
from bot.store.tables import METADATA


def _written_as_its_column(kind: str, item: object, autogen: object) -> str | Literal[False]:
    """Write a column type of ours as the plain type beneath it: migrations must not change."""
    del autogen
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    beneath: TypeEngine[object] = item.impl_instance
    return f"sa.{beneath!r}"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite alters a table by making it anew
    render_item=_written_as_its_column,
    transactional_ddl=True,
)
context.run_migrations()
