"""How long each ledger is and what its last record's hash is, apart from the file itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select

from bot.store.conversation_tables import LEDGER_HEADS
from bot.store.engine import reading, writing
from bot.store.upserts import upsert
from engine.audit.chain import Head

LedgerHead = Head


class LedgerHeadStore:
    """Heads of ledgers over one database, by the path of the file."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def put(self, file: str, head: LedgerHead, now: datetime) -> None:
        """Store a ledger's head in place of the former one."""
        values = {"file": file, "count": head.records, "hash": head.hash, "updated_utc": now}
        with writing(self._database) as connection:
            connection.execute(upsert(LEDGER_HEADS).values(values))

    def head(self, file: str) -> LedgerHead | None:
        """Read a ledger's head; None when none was stored."""
        columns = (LEDGER_HEADS.c["count"], LEDGER_HEADS.c["hash"])
        with reading(self._database) as connection:
            wanted = select(*columns).where(LEDGER_HEADS.c.file == file)
            row = connection.execute(wanted).one_or_none()
        return None if row is None else LedgerHead(*row)
