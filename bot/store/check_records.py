"""A check and its runs as they are stored, and how far they are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Row, RowMapping

from engine.configuration import Policy, Tier
from engine.findings import VerdictKind
from engine.orders import RunOrder
from engine.values import CheckId, CommitSha, RepositoryName, RunId
from worker.queue.names import Lane


class CheckStatus(StrEnum):
    """How far a check is; it leaves ``running`` once and for good."""

    RUNNING = "running"
    CONCLUDED = "concluded"
    SUPERSEDED = "superseded"


class RunStatus(StrEnum):
    """How far a run is; it leaves ``queued`` (or started: the queue knows) once and for good."""

    QUEUED = "queued"
    REPORTED = "reported"
    REFUSED = "refused"  # a report came that does not answer the order
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
    claimed_until_utc: datetime  # nobody but who claimed it works on it before
    retry_utc: datetime  # nobody need try again to conclude it before
    failures: int = 0  # tries to conclude it that failed
    kind: VerdictKind = "pull_request"
    tier: Tier | None = None  # None: what the event asks for
    requested_by: str | None = None  # a login; None: nobody by name
    rejudges: CheckId | None = None  # whose runs are judged anew; None: it has its own
    ref: str | None = None  # the branch measured, where there is no pull request
    ended_by: str | None = None  # the login of who cancelled it

    @property
    def aside(self) -> bool:
        """Whether it compares a pull request with another branch than its own: it informs only."""
        return self.kind == "pull_request" and self.ref is not None

    @property
    def measured_by(self) -> CheckId:
        """The check whose runs it is judged by."""
        return self.rejudges or self.id


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a check; *terms* is the JSON of what it is judged by.

    *holdout* names the out-of-sample window that a sweep looks at; None: not known, or no sweep.
    """

    run: RunId
    check: CheckId
    position: int
    check_name: str
    tags: tuple[str, ...]
    order: RunOrder
    terms: bytes
    status: RunStatus = RunStatus.QUEUED
    losses: int = 0
    holdout: str | None = None
    lane: Lane = "pr"


def check_values(check: CheckRecord) -> dict[str, Any]:
    """Give a check as the columns of its row."""
    values = msgspec.structs.asdict(check)
    return {**values, "policy": msgspec.to_builtins(check.policy), "skipped": list(check.skipped)}


def check_record(row: RowMapping) -> CheckRecord:
    """Read a check from its row."""
    values = {name: row[name] for name in CheckRecord.__struct_fields__}
    return msgspec.convert(values, CheckRecord)


def run_values(run: RunRecord) -> dict[str, Any]:
    """Give a run as the columns of its row."""
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
        "holdout": run.holdout,
        "lane": run.lane,
    }


def run_record(row: Row[Any]) -> RunRecord:
    """Read a run from its row."""
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
        holdout=row.holdout,
        lane=row.lane,
    )
