"""How a check begins: its row first, so that people see it at once, then the runs it plans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from bot.store.check_records import (
    CheckRecord,
    CheckStatus,
    RunRecord,
    RunStatus,
    check_values,
    run_values,
)
from bot.store.engine import reading, writing
from bot.store.tables import CHECKS, REPORTS, RUNS
from bot.store.verdicts import VerdictStore
from engine.values import CheckId, RepositoryName, RunId

# What planning finds out; all else was known when the check was opened.
_PLANNED = ("base", "target", "policy_commit", "policy", "skipped", "rejudges")


class OpeningStore(VerdictStore):
    """Checks on their way to the runners, over one database."""

    def open_check(self, check: CheckRecord, runs: Sequence[RunRecord]) -> bool:
        """Store a check with its runs, all or nothing; False when its id stands already."""
        with writing(self._database) as connection:
            statement = insert(CHECKS).values(check_values(check)).on_conflict_do_nothing()
            opened = connection.execute(statement).rowcount == 1
            if opened and runs:
                connection.execute(RUNS.insert(), [run_values(run) for run in runs])
        return opened

    def plan_check(self, check: CheckRecord, runs: Sequence[RunRecord]) -> bool:
        """Give a check that was opened what its plan says, all or nothing.

        False when it has ended meanwhile, or has runs: what was planned first holds.
        """
        values = check_values(check)
        has_runs = select(RUNS.c.run).where(RUNS.c.check_id == check.id).exists()
        statement = (
            update(CHECKS)
            .where(CHECKS.c.id == check.id, CHECKS.c.status == CheckStatus.RUNNING, ~has_runs)
            .values({name: values[name] for name in _PLANNED})
        )
        with writing(self._database) as connection:
            planned = connection.execute(statement).rowcount == 1
            if planned and runs:
                connection.execute(RUNS.insert(), [run_values(run) for run in runs])
        return planned

    def add_run(self, run: RunRecord) -> bool:
        """Add a run to a check that was opened; False when its id stands already."""
        statement = insert(RUNS).values(run_values(run)).on_conflict_do_nothing()
        with writing(self._database) as connection:
            return connection.execute(statement).rowcount == 1

    def note_end(self, check: CheckId, by: str) -> None:
        """Note who ends a running check, before anything of it is ended; the first one counts."""
        statement = (
            update(CHECKS)
            .where(CHECKS.c.id == check, CHECKS.c.status == CheckStatus.RUNNING)
            .where(CHECKS.c.ended_by.is_(None))
            .values(ended_by=by)
        )
        with writing(self._database) as connection:
            connection.execute(statement)

    def queued_names(self) -> tuple[RunId, ...]:
        """Name the runs that are out, in a steady order, without reading their orders."""
        running = select(CHECKS.c.id).where(CHECKS.c.status == CheckStatus.RUNNING)
        statement = (
            select(RUNS.c.run)
            .where(RUNS.c.status == RunStatus.QUEUED, RUNS.c.check_id.in_(running))
            .order_by(RUNS.c.check_id, RUNS.c.position)
        )
        with reading(self._database) as connection:
            return tuple(RunId(name) for name in connection.execute(statement).scalars())

    def durations(
        self, repository: RepositoryName, check_name: str, limit: int
    ) -> tuple[float, ...]:
        """Give how many seconds the last *limit* measured runs of that name took, newest first."""
        statement = (
            select(REPORTS.c.started_utc, REPORTS.c.finished_utc)
            .join(RUNS, RUNS.c.run == REPORTS.c.run)
            .join(CHECKS, CHECKS.c.id == RUNS.c.check_id)
            .where(
                CHECKS.c.repository == repository,
                RUNS.c.check_name == check_name,
                RUNS.c.status == RunStatus.REPORTED,
                REPORTS.c.failure.is_(None),
            )
            .order_by(REPORTS.c.finished_utc.desc(), REPORTS.c.run)
            .limit(limit)
        )
        with reading(self._database) as connection:
            rows = connection.execute(statement).all()
        spans = (_seconds(row.started_utc, row.finished_utc) for row in rows)
        return tuple(span for span in spans if span is not None)


def _seconds(started: str, finished: str) -> float | None:
    """Give the time between two moments as a runner wrote them down; None: they make no sense."""
    try:
        span = (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
    except (ValueError, TypeError):
        return None
    return span if span >= 0 else None
