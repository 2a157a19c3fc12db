"""Checks and their runs: what was opened, how far it is, who concludes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, RowMapping, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.store import reports, verdicts
from bot.store.engine import reading, writing
from bot.store.tables import CHECKS, RUNS
from engine.configuration import Policy
from engine.orders import RunOrder, RunReport
from engine.values import CheckId, CommitSha, RepositoryName, RunId


class CheckStatus(StrEnum):
    """How far a check is; it leaves ``running`` once and for good."""

    RUNNING = "running"
    CONCLUDED = "concluded"
    SUPERSEDED = "superseded"


class RunStatus(StrEnum):
    """How far a run is; it leaves ``queued`` (or started: the queue knows) once and for good."""

    QUEUED = "queued"
    REPORTED = "reported"
    LOST = "lost"
    CANCELLED = "cancelled"


class CheckRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A check as it was opened; *skipped* names the suites none of whose paths changed."""

    id: CheckId
    repository: RepositoryName
    installation: int | None = None
    pull_request: int | None
    head: CommitSha
    base: CommitSha  # the merge base, which is measured
    target: CommitSha
    policy_commit: CommitSha | None
    base_ref: str
    status: CheckStatus = CheckStatus.RUNNING
    opened_utc: datetime
    policy: Policy = Policy()
    skipped: tuple[str, ...] = ()


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a check; *terms* is the JSON of what it is judged by."""

    run: RunId
    check: CheckId
    position: int
    check_name: str
    tags: tuple[str, ...]
    order: RunOrder
    terms: bytes
    status: RunStatus = RunStatus.QUEUED
    losses: int = 0


class CheckStore:
    """Checks, runs, reports and verdicts over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def open_check(self, check: CheckRecord, runs: Sequence[RunRecord]) -> bool:
        """Store a check with its runs, all or nothing; False when its id stands already."""
        with writing(self._database) as connection:
            statement = insert(CHECKS).values(_check_values(check)).on_conflict_do_nothing()
            opened = connection.execute(statement).rowcount == 1
            if opened and runs:
                connection.execute(RUNS.insert(), [_run_values(run) for run in runs])
        return opened

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

    def concluded_check(
        self, repository: RepositoryName, base: CommitSha, head: CommitSha
    ) -> CheckRecord | None:
        """Read the last concluded check of a commit pair; None when there is none."""
        found = self._checks(
            CHECKS.c.status == CheckStatus.CONCLUDED,
            CHECKS.c.repository == repository,
            CHECKS.c.base == base,
            CHECKS.c.head == head,
        )
        return found[-1] if found else None

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

    def queued_runs(self) -> tuple[RunRecord, ...]:
        """List the runs of running checks that have neither reported nor ended otherwise."""
        running = select(CHECKS.c.id).where(CHECKS.c.status == CheckStatus.RUNNING)
        return self._runs(RUNS.c.status == RunStatus.QUEUED, RUNS.c.check_id.in_(running))

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

    def store_verdict(
        self, check: CheckId, document: bytes, comment: str | None, now: datetime
    ) -> bool:
        """Store a check's verdict for good; False when one stands already, which is kept."""
        with writing(self._database) as connection:
            stored = verdicts.StoredVerdict(
                check=check, document=document, comment=comment, stored_utc=now
            )
            return verdicts.insert_verdict(connection, stored)

    def verdict(self, check: CheckId) -> verdicts.StoredVerdict | None:
        """Read a check's verdict; None while it has none."""
        with reading(self._database) as connection:
            return verdicts.select_verdict(connection, check)

    def latest_verdict(
        self, repository: RepositoryName, pull_request: int, *, but: CheckId | None = None
    ) -> verdicts.StoredVerdict | None:
        """Read the verdict of a pull request that was stored last; None while it has none.

        *but* leaves one check's own verdict out: what stood before it.
        """
        with reading(self._database) as connection:
            return verdicts.select_latest(connection, repository, pull_request, but)

    def _checks(self, *wanted: ColumnElement[bool]) -> tuple[CheckRecord, ...]:
        statement = select(CHECKS).where(*wanted).order_by(CHECKS.c.opened_utc, CHECKS.c.id)
        with reading(self._database) as connection:
            return tuple(_check_record(row) for row in connection.execute(statement).mappings())

    def _runs(self, *wanted: ColumnElement[bool]) -> tuple[RunRecord, ...]:
        statement = select(RUNS).where(*wanted).order_by(RUNS.c.check_id, RUNS.c.position)
        with reading(self._database) as connection:
            return tuple(_run_record(row) for row in connection.execute(statement))

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


def _check_values(check: CheckRecord) -> dict[str, Any]:
    values = msgspec.structs.asdict(check)
    return {**values, "policy": msgspec.to_builtins(check.policy), "skipped": list(check.skipped)}


def _check_record(row: RowMapping) -> CheckRecord:
    values = {name: row[name] for name in CheckRecord.__struct_fields__}
    return msgspec.convert(values, CheckRecord)


def _run_values(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.run,
        "check_id": run.check,
        "position": run.position,
        "check_name": run.check_name,
        "tags": list(run.tags),
        "order_document": msgspec.json.encode(run.order),
        "terms": run.terms,
        "status": run.status,
        "losses": run.losses,
    }


def _run_record(row: Row[Any]) -> RunRecord:
    return RunRecord(
        run=row.run,
        check=row.check_id,
        position=row.position,
        check_name=row.check_name,
        tags=tuple(row.tags),
        order=msgspec.json.decode(row.order_document, type=RunOrder),
        terms=row.terms,
        status=RunStatus(row.status),
        losses=row.losses,
    )
