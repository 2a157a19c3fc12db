"""The debt ledger's rows: what pull requests lose, as their last check measured it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, delete, select
from sqlalchemy.dialects.sqlite import Insert, insert

from bot.store.engine import reading, writing
from bot.store.history_tables import DEBTS
from engine.debts import Debt, DebtKind
from engine.values import RepositoryName

_FIELDS = (
    *("suite", "metric", "fingerprint", "pull_request", "head", "kind"),
    *("change", "low", "high", "better", "run"),
)
_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class DebtStore:
    """Debts over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def replace(
        self,
        repository: RepositoryName,
        pull_request: int,
        measured: Collection[tuple[str, str]],
        debts: Sequence[Debt],
    ) -> None:
        """Store the *debts* of a pull request in place of all former ones of what was *measured*.

        *measured* are suites with the fingerprint of the hardware: what they measured to be no
        loss any more is none. All or nothing.

        Raises:
            ValueError: a debt's time is not an ISO 8601 one with a zone.
        """
        rows = [_values(repository, debt) for debt in debts]
        with writing(self._database) as connection:
            for suite, fingerprint in sorted(measured):
                former = [
                    DEBTS.c.repository == repository,
                    DEBTS.c.pull_request == pull_request,
                    DEBTS.c.suite == suite,
                    DEBTS.c.fingerprint == fingerprint,
                ]
                connection.execute(delete(DEBTS).where(*former))
            if rows:
                connection.execute(_upsert(), rows)

    def debts(self, repository: RepositoryName, suite: str | None = None) -> tuple[Debt, ...]:
        """List a repository's debts, merged or not, oldest first: all, or those of a suite."""
        wanted = select(DEBTS).where(DEBTS.c.repository == repository)
        if suite is not None:
            wanted = wanted.where(DEBTS.c.suite == suite)
        order = (DEBTS.c.recorded_utc, DEBTS.c.pull_request, DEBTS.c.case_name, DEBTS.c.metric)
        with reading(self._database) as connection:
            return tuple(_debt(row) for row in connection.execute(wanted.order_by(*order)))

    def repositories(self) -> tuple[RepositoryName, ...]:
        """Name the repositories that have debts."""
        wanted = select(DEBTS.c.repository).distinct().order_by(DEBTS.c.repository)
        with reading(self._database) as connection:
            return tuple(RepositoryName(row[0]) for row in connection.execute(wanted))


def _upsert() -> Insert:
    """Let the last of two rows of one key stand, wherever the former came from."""
    statement = insert(DEBTS)
    keys = [column.name for column in DEBTS.primary_key]
    replaced = {
        column.name: statement.excluded[column.name]
        for column in DEBTS.columns
        if not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced)


def _values(repository: RepositoryName, debt: Debt) -> dict[str, Any]:
    return {
        **{name: getattr(debt, name) for name in _FIELDS},
        "repository": repository,
        "case_name": debt.case,
        "recorded_utc": datetime.fromisoformat(debt.recorded_utc),
    }


def _debt(row: Row[Any]) -> Debt:
    values = {name: getattr(row, name) for name in _FIELDS}
    return msgspec.convert(
        {
            **values,
            "case": row.case_name,
            "kind": DebtKind(row.kind),
            "recorded_utc": row.recorded_utc.strftime(_UTC_SECONDS),
        },
        Debt,
    )
