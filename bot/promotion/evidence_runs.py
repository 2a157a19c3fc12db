"""The runs that a baseline still lacks: measured anew, one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from bot.checks import board
from bot.checks.certificates import with_certificates
from bot.checks.claim import claimed
from bot.checks.expected import Past, with_expected_cases
from bot.checks.families import with_family
from bot.checks.looks import with_looks
from bot.checks.planning import PlannedRun, plan_check
from bot.promotion.subject import Subject
from bot.services import Services
from bot.store.checks import CheckRecord, CheckStatus, RunRecord, RunStatus
from engine.configuration import joined_tags
from engine.errors import TransientError
from engine.identity import derived_seed
from engine.plan import PlanRequest
from engine.reports import promotion
from engine.values import CheckId, CommitSha, RunId

MOST = 6  # that one request may start: runners of several kinds may take them


def own_checks(services: Services, subject: Subject) -> tuple[CheckRecord, ...]:
    """List the checks that were started for this suite's baseline at this head, oldest first."""
    name = _name(subject)
    head = (subject.repository.name, subject.pull.number, subject.pull.head)
    return tuple(
        check
        for check in services.checks.checks_of_head(*head)
        if check.kind == "promotion"
        and any(run.check_name == name for run in services.checks.runs(check.id))
    )


def is_measuring(services: Services, subject: Subject, checks: Sequence[CheckRecord]) -> bool:
    """Whether one of them is out; what a process died before sending is sent.

    Raises:
        TransientError: git or the queue is away, or it is being sent at this moment.
    """
    running = [check for check in checks if check.status is CheckStatus.RUNNING]
    # Each of them, not up to the first.
    out = [_is_out(services, subject, check) for check in running]
    return any(out)


def started_since(checks: Sequence[CheckRecord], since: datetime) -> tuple[CheckRecord, ...]:
    """List the checks that were started since then, oldest first."""
    return tuple(check for check in checks if check.opened_utc >= since)


def ahead(services: Services, subject: Subject) -> int:
    """Count the runs that wait in the queue before the one that is out."""
    out = (
        run
        for check in own_checks(services, subject)
        for run in services.checks.runs(check.id)
        if run.status is RunStatus.QUEUED
    )
    return max((services.queue.position(run.run) or 0 for run in out), default=0)


def start(services: Services, subject: Subject, number: int) -> None:
    """Start the check *number* (from 0) of a suite's promotion at this head; again does nothing.

    Raises:
        UserError: what the suite declares cannot be planned.
        TransientError: git, the forge or the queue is away.
    """
    check = _record(services, subject, number)
    runs = tuple(_runs(services, subject, check))
    services.checks.open_check(check, runs)
    _send(services, check, subject)


def _is_out(services: Services, subject: Subject, check: CheckRecord) -> bool:
    waiting = [run for run in services.checks.runs(check.id) if run.status is RunStatus.QUEUED]
    if all(services.place(run.run).bundle.exists() for run in waiting):
        for run in waiting:
            services.queue.submit(run.order, run.tags, run.lane)
    else:
        _send(services, check, subject)
    return bool(waiting)


def _name(subject: Subject) -> str:
    """Name its check run, told apart from the suite's own, whose state it does not change."""
    return f"{board.BASELINE} {subject.record.suite} ({joined_tags(subject.tags)})"


def _record(services: Services, subject: Subject, number: int) -> CheckRecord:
    now, pull, declared = services.clock.now(), subject.pull, subject.declared
    return CheckRecord(
        id=_id(subject, number),
        repository=subject.repository.name,
        installation=subject.repository.installation,
        pull_request=pull.number,
        head=pull.head,
        base=subject.base,
        target=declared.target,
        policy_commit=declared.policy_commit,
        policy=declared.policy,
        base_ref=pull.base_ref,
        opened_utc=now,
        claimed_until_utc=now,
        retry_utc=now,
        kind="promotion",
        requested_by=subject.record.requested_by,
    )


def _id(subject: Subject, number: int) -> CheckId:
    parts = (subject.repository.name, subject.pull.number, subject.pull.head, _name(subject))
    material = "/".join(map(str, (*parts, number)))
    return CheckId(f"c{hashlib.sha256(material.encode()).hexdigest()[:15]}")


def _runs(services: Services, subject: Subject, check: CheckRecord) -> Iterator[RunRecord]:
    """Plan the suite alone, with coins of its own and nothing that was measured before."""
    name, entropy = subject.record.suite, services.entropy(check.id)
    suites = {name: subject.suite}
    request = PlanRequest(
        check=check.id,
        repository=check.repository,
        configuration=msgspec.structs.replace(subject.declared.configuration, suites=suites),
        selected=(name,),
        base=check.base,
        head=check.head,
        seed=derived_seed(0, entropy),
        entropy=entropy,
    )
    planned = plan_check(request, subject.mirror, check.target)
    live, now = services.queue.runners(), services.clock.now()
    planned = with_certificates(planned, services.nulls, now, live)
    past = Past(services.checks, services.nulls, subject.mirror)
    expecting = with_expected_cases(past, check, planned)
    looking = with_looks(services.checks, subject.mirror, check, expecting)
    for position, one in enumerate(with_family(services.checks, check, looking), start=1):
        yield _run(check, position, one, _name(subject))


def _run(check: CheckRecord, position: int, planned: PlannedRun, name: str) -> RunRecord:
    order = planned.order
    return RunRecord(
        run=RunId(order.run),
        check=check.id,
        position=position,
        check_name=name,
        tags=tuple(sorted(set(order.suite.runs_on))),
        order=order,
        terms=msgspec.json.encode(planned.terms),
        holdout=planned.terms.holdout,
    )


def _send(services: Services, check: CheckRecord, subject: Subject) -> None:
    with claimed(services, check.id) as mine:
        if mine is None:
            problem = f"check {check.id} is being worked on"
            raise TransientError(problem, retry_after_s=2.0)
        for run in services.checks.runs(mine.id):
            if run.status is not RunStatus.QUEUED:
                continue
            place = services.place(run.run)
            place.create()
            commits = (run.order.base, run.order.head, run.order.measuring_from)
            subject.mirror.bundle({CommitSha(sha) for sha in commits}, place.bundle)
            services.queue.submit(run.order, run.tags, run.lane)
            text = promotion.evidence_queued(run.tags)
            board.show_progress(services, mine, board.of_run(run), text, queued=True)
