"""Who writes to a pull request's conversation, so that two processes do not both begin it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, or_
from sqlalchemy.dialects.sqlite import insert

from bot.store.conversation_tables import PR_LEASES
from bot.store.engine import writing
from engine.values import RepositoryName

LEASE_S = 120.0


class PullRequestLeaseStore:
    """Leases over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def take(self, repository: RepositoryName, number: int, holder: str, now: datetime) -> bool:
        """Take a pull request for ``LEASE_S`` seconds; False while another holds it.

        Who holds it already holds it for longer. *holder* names one piece of work, so that what
        was killed goes on at once when it is done again.
        """
        ends = now + timedelta(seconds=LEASE_S)
        statement = insert(PR_LEASES).values(
            repository=repository, number=number, holder=holder, until_utc=ends
        )
        free = or_(PR_LEASES.c.until_utc <= now, PR_LEASES.c.holder == holder)
        taken = statement.on_conflict_do_update(
            index_elements=["repository", "number"],
            set_={"holder": holder, "until_utc": ends},
            where=free,
        )
        with writing(self._database) as connection:
            return connection.execute(taken).rowcount == 1

    def release(self, repository: RepositoryName, number: int, holder: str) -> None:
        """Give a pull request back; nothing happens where somebody else holds it by now."""
        held = (
            (PR_LEASES.c.repository == repository)
            & (PR_LEASES.c.number == number)
            & (PR_LEASES.c.holder == holder)
        )
        with writing(self._database) as connection:
            connection.execute(delete(PR_LEASES).where(held))
