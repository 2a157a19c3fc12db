"""Checks and their runs: what was opened, how far it is, who concludes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, update

from bot.store import reports
from bot.store.check_records import (
    CheckRecord,
    CheckStatus,
    RunRecord,
    RunStatus,
    check_record,
    run_record,
)
from bot.store.engine import reading, writing
from bot.store.openings import OpeningStore
from bot.store.tables import CHECKS, RUNS
from engine.orders import RunReport
from engine.values import CheckId, CommitSha, RepositoryName, RunId


class Reported(NamedTuple):
    """A run that reported, with the two commits that it measured."""

    run: RunId
    base: CommitSha
    head: CommitSha


class CheckStore(OpeningStore):
    """Checks, runs, reports and verdicts over one database."""

    def check(self, check: CheckId) -> CheckRecord | None:
        """Read a check; None when there is none of that id."""
        found = self._checks(CHECKS.c.id == check)
        return found[0] if found else None

    def check_of_run(self, run: RunId) -> CheckRecord | None:
        """Read the check that a run belongs to; None when there is no such run."""
        owner = select(RUNS.c.check_id).where(RUNS.c.run == run).scalar_subquery()
        found = self._checks(CHECKS.c.id == owner)
        return found[0] if found else None

    def running_checks(
        self, repository: RepositoryName | None = None, pull_request: int | None = None
    ) -> tuple[CheckRecord, ...]:
        """List the running checks, oldest first: all, a repository's or a pull request's."""
        wanted = [CHECKS.c.status == CheckStatus.RUNNING]
        if repository is not None:
            wanted.append(CHECKS.c.repository == repository)
        if pull_request is not None:
            wanted.append(CHECKS.c.pull_request == pull_request)
        return self._checks(*wanted)

    def checks_of_pair(
        self, repository: RepositoryName, base: CommitSha, head: CommitSha
    ) -> tuple[CheckRecord, ...]:
        """List the checks of one pair of commits, oldest first."""
        return self._checks(
            CHECKS.c.repository == repository, CHECKS.c.base == base, CHECKS.c.head == head
        )

    def checks_of_commit(
        self, repository: RepositoryName, head: CommitSha
    ) -> tuple[CheckRecord, ...]:
        """List the checks of a head, of whatever pull request or none, oldest first."""
        return self._checks(CHECKS.c.repository == repository, CHECKS.c.head == head)

    def checks_of_head(
        self, repository: RepositoryName, pull_request: int | None, head: CommitSha
    ) -> tuple[CheckRecord, ...]:
        """List the checks of a head of the pull request (None: of none), oldest first."""
        of_pull = (CHECKS.c.repository == repository, CHECKS.c.pull_request == pull_request)
        return self._checks(*of_pull, CHECKS.c.head == head)

    def checks_of_pull_request(
        self, repository: RepositoryName, pull_request: int
    ) -> tuple[CheckRecord, ...]:
        """List the checks of a pull request, of whatever head, oldest first."""
        of_pull = (CHECKS.c.repository == repository, CHECKS.c.pull_request == pull_request)
        return self._checks(*of_pull)

    def knows_head(self, repository: RepositoryName, pull_request: int, head: CommitSha) -> bool:
        """Whether a check of this head of the pull request was ever opened."""
        return bool(self.checks_of_head(repository, pull_request, head))

    def claim(self, check: CheckId, now: datetime, lease_s: float) -> bool:
        """Take a running check for *lease_s* seconds; False when somebody else works on it.

        Everything that changes what people see of a running check is done by who claimed it.
        """
        statement = (
            update(CHECKS)
            .where(
                CHECKS.c.id == check,
                CHECKS.c.status == CheckStatus.RUNNING,
                CHECKS.c.claimed_until_utc <= now,
            )
            .values(claimed_until_utc=now + timedelta(seconds=lease_s))
        )
        with writing(self._database) as connection:
            return connection.execute(statement).rowcount == 1

    def release(
        self, check: CheckId, now: datetime, *, wait_s: float = 0.0, failed: bool = False
    ) -> None:
        """Give a claimed check back; *wait_s* until concluding it is worth another try."""
        statement = (
            update(CHECKS)
            .where(CHECKS.c.id == check)
            .values(
                claimed_until_utc=now,
                retry_utc=now + timedelta(seconds=wait_s),
                failures=CHECKS.c.failures + int(failed),
            )
        )
        with writing(self._database) as connection:
            connection.execute(statement)

    def supersede(self, check: CheckId) -> bool:
        """Mark a running check superseded; True for the one caller whose call did it."""
        return self._leave_running(check, CheckStatus.SUPERSEDED)

    def conclude(self, check: CheckId) -> bool:
        """Mark a running check concluded; True for the one caller whose call did it."""
        return self._leave_running(check, CheckStatus.CONCLUDED)

    def run(self, run: RunId) -> RunRecord | None:
        """Read a run; None when there is none of that id."""
        found = self._runs(RUNS.c.run == run)
        return found[0] if found else None

    def runs(self, check: CheckId) -> tuple[RunRecord, ...]:
        """List a check's runs in their order."""
        return self._runs(RUNS.c.check_id == check)

    def reported_elsewhere(
        self, check: CheckRecord, check_name: str, limit: int
    ) -> tuple[Reported, ...]:
        """List the last *limit* runs of that name that reported, of concluded checks, newest first.

        Only of the same repository and target branch; none of the check's own pull request.
        """
        others = CHECKS.c.pull_request.is_distinct_from(check.pull_request)
        statement = (
            select(RUNS.c.run, CHECKS.c.base, CHECKS.c.head)
            .join(CHECKS, CHECKS.c.id == RUNS.c.check_id)
            .where(
                CHECKS.c.repository == check.repository,
                CHECKS.c.base_ref == check.base_ref,
                CHECKS.c.status == CheckStatus.CONCLUDED,
                RUNS.c.check_name == check_name,
                RUNS.c.status == RunStatus.REPORTED,
                others if check.pull_request is not None else CHECKS.c.id != check.id,
            )
            .order_by(CHECKS.c.opened_utc.desc(), CHECKS.c.id.desc(), RUNS.c.position)
            .limit(limit)
        )
        with reading(self._database) as connection:
            return tuple(Reported(*row) for row in connection.execute(statement))

    def count_reported(self, repository: RepositoryName, check_name: str) -> int:
        """Count the runs of that name that reported, whatever pull request they were of."""
        return self._count(repository, RUNS.c.check_name == check_name)

    def count_looks(self, repository: RepositoryName, holdout: str) -> int:
        """Count the runs that looked at an out-of-sample window, whatever their suites' names."""
        return self._count(repository, RUNS.c.holdout == holdout)

    def _count(self, repository: RepositoryName, which: ColumnElement[bool]) -> int:
        statement = (
            select(func.count())
            .select_from(RUNS.join(CHECKS, CHECKS.c.id == RUNS.c.check_id))
            .where(CHECKS.c.repository == repository, which, RUNS.c.status == RunStatus.REPORTED)
        )
        with reading(self._database) as connection:
            return int(connection.execute(statement).scalar_one())

    def queued_runs(self) -> tuple[RunRecord, ...]:
        """List the runs of running checks that have neither reported nor ended otherwise."""
        running = select(CHECKS.c.id).where(CHECKS.c.status == CheckStatus.RUNNING)
        return self._runs(RUNS.c.status == RunStatus.QUEUED, RUNS.c.check_id.in_(running))

    def queued_tags(self) -> tuple[tuple[str, ...], ...]:
        """List the tags of those runs, without reading their orders."""
        running = select(CHECKS.c.id).where(CHECKS.c.status == CheckStatus.RUNNING)
        queued = (RUNS.c.status == RunStatus.QUEUED, RUNS.c.check_id.in_(running))
        with reading(self._database) as connection:
            found = connection.execute(select(RUNS.c.tags).where(*queued)).scalars()
            return tuple(tuple(tags) for tags in found)

    def set_run_status(self, run: RunId, status: RunStatus) -> bool:
        """Move a queued run to *status*; False when it has already ended, and nothing changes."""
        with writing(self._database) as connection:
            return _end_run(connection, run, status)

    def add_loss(self, run: RunId) -> int:
        """Count that a runner was lost with this run; gives how often by now.

        Raises:
            KeyError: there is no such run.
        """
        statement = (
            update(RUNS)
            .where(RUNS.c.run == run)
            .values(losses=RUNS.c.losses + 1)
            .returning(RUNS.c.losses)
        )
        with writing(self._database) as connection:
            losses = connection.execute(statement).scalar_one_or_none()
        if losses is None:
            raise KeyError(run)
        return int(losses)

    def store_report(self, run: RunId, report: RunReport) -> bool:
        """Store a queued run's report with every raw sample and mark it reported, in one go.

        False for a second report and for a late one (cancelled, lost): nothing is stored.
        """
        with writing(self._database) as connection:
            accepted = _end_run(connection, run, RunStatus.REPORTED)
            if accepted:
                reports.insert_report(connection, run, report)
        return accepted

    def load_report(self, run: RunId) -> RunReport | None:
        """Rebuild a run's report from the stored rows; None when it has none."""
        with reading(self._database) as connection:
            return reports.select_report(connection, run)

    def _checks(self, *wanted: ColumnElement[bool]) -> tuple[CheckRecord, ...]:
        statement = select(CHECKS).where(*wanted).order_by(CHECKS.c.opened_utc, CHECKS.c.id)
        with reading(self._database) as connection:
            return tuple(check_record(row) for row in connection.execute(statement).mappings())

    def _runs(self, *wanted: ColumnElement[bool]) -> tuple[RunRecord, ...]:
        statement = select(RUNS).where(*wanted).order_by(RUNS.c.check_id, RUNS.c.position)
        with reading(self._database) as connection:
            return tuple(run_record(row) for row in connection.execute(statement))

    def _leave_running(self, check: CheckId, status: CheckStatus) -> bool:
        statement = (
            update(CHECKS)
            .where(CHECKS.c.id == check, CHECKS.c.status == CheckStatus.RUNNING)
            .values(status=status)
        )
        with writing(self._database) as connection:
            return connection.execute(statement).rowcount == 1


def _end_run(connection: Connection, run: RunId, status: RunStatus) -> bool:
    statement = (
        update(RUNS)
        .where(RUNS.c.run == run, RUNS.c.status == RunStatus.QUEUED)
        .values(status=status)
    )
    return connection.execute(statement).rowcount == 1


__all__ = ["CheckRecord", "CheckStatus", "CheckStore", "Reported", "RunRecord", "RunStatus"]
