"""A repository under another name: every row that names it is moved at once."""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, update

from bot.store.conversation_tables import (
    COMMANDS,
    DRIFTS,
    OVERRIDES,
    PR_LEASES,
    PROMOTIONS,
    REPOSITORIES,
    SCHEDULES,
    USAGE_REPLIES,
)
from bot.store.history_tables import DEBTS, HISTORY_POINTS, SETTLINGS
from bot.store.tables import CHECKS, NULL_SESSIONS
from engine.values import RepositoryName

OF_REPOSITORIES: tuple[Table, ...] = (
    CHECKS,
    NULL_SESSIONS,
    HISTORY_POINTS,
    SETTLINGS,
    DEBTS,
    COMMANDS,
    USAGE_REPLIES,
    OVERRIDES,
    PROMOTIONS,
    SCHEDULES,
    DRIFTS,
    PR_LEASES,
)


def move(
    connection: Connection, old: RepositoryName, new: RepositoryName, installation: int | None
) -> None:
    """Move what is stored of *old* to *new*, which is reached through *installation*.

    Of two rows of one key, that of the new name stands: it is the later one.
    """
    for table in OF_REPOSITORIES:
        named = update(table).prefix_with("OR IGNORE").where(table.c.repository == old)
        connection.execute(named.values(repository=new))
        connection.execute(delete(table).where(table.c.repository == old))
    reached = {} if installation is None else {"installation": installation}
    if reached:
        connection.execute(update(CHECKS).where(CHECKS.c.repository == new).values(reached))
    connection.execute(delete(REPOSITORIES).where(REPOSITORIES.c.name == new))
    record = update(REPOSITORIES).where(REPOSITORIES.c.name == old)
    connection.execute(record.values(name=new, **reached))
