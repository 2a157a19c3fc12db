"""Null runs of a night: each runner measures the tip against itself, for its certificate."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator

import msgspec

from bot.checks import board
from bot.checks.certificates import with_certificates
from bot.checks.claim import claimed, require_free
from bot.checks.planning import PlannedRun, completed, plan_check
from bot.checks.results import UTC_SECONDS, judged
from bot.checks.sending import send
from bot.mirror import Mirror
from bot.nightly.names import is_null, null_run_name, ref_of_nulls
from bot.nightly.night import Night
from bot.ports import Conclusion
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord
from bot.store.nulls import KnownRunner
from engine.certificates import NullSession
from engine.configuration import Suite
from engine.identity import derived_seed
from engine.null_sessions import null_session
from engine.plan import PlanRequest
from engine.reports import nightly as said
from engine.values import CheckId, CommitSha, RunId, SuiteKind
from worker.queue.names import is_runner_name, own_tag

MOST = 64  # null runs of one night, however many runners there are

log = logging.getLogger(__name__)


def start_nulls(services: Services, night: Night, mirror: Mirror) -> None:
    """Have each live runner measure each benchmark suite of its tags against itself.

    Again goes on. Where no runner is alive there is nobody to certify.

    Raises:
        TransientError: git, the forge or the queue is away.
        UserError: what is declared cannot be planned.
    """
    check = services.checks.check(_id(night)) or _opened(services, night, mirror)
    if check is None:
        return
    with claimed(services, check.id) as mine:
        if mine is None:
            require_free(services, check.id)
        else:
            board.show_progress(services, mine, board.roll_up(mine), said.nulls_measured())
            send(services, mine, services.checks.runs(mine.id), mirror)


def conclude_nulls(services: Services, check: CheckRecord) -> bool:
    """Store the sessions of a claimed check whose null runs have ended; may be repeated.

    Raises:
        TransientError: the forge is away.
    """
    sessions = [_concluded(services, check, run) for run in services.checks.runs(check.id)]
    known = [session for session in sessions if session is not None]
    text = said.nulls_ended(known, len(sessions))
    conclusion = Conclusion.SUCCESS if len(known) == len(sessions) else Conclusion.NEUTRAL
    board.show_end(services, check, board.roll_up(check), conclusion, text)
    services.checks.conclude(check.id)
    log.info("null_runs_concluded", extra={"check": check.id, "sessions": len(known)})
    return True


def _opened(services: Services, night: Night, mirror: Mirror) -> CheckRecord | None:
    check = _record(services, night)
    runs = tuple(_runs(services, night, check, mirror))
    if not runs:
        return None
    services.checks.open_check(check, runs)
    return check


def _id(night: Night) -> CheckId:
    material = f"{night.repository.name}/null/{night.tip}/{night.cause}"
    return CheckId(f"c{hashlib.sha256(material.encode()).hexdigest()[:15]}")


def _record(services: Services, night: Night) -> CheckRecord:
    now = services.clock.now()
    return CheckRecord(
        id=_id(night),
        repository=night.repository.name,
        installation=night.repository.installation,
        pull_request=None,
        head=night.tip,
        base=night.tip,
        target=night.tip,
        policy_commit=None,
        base_ref=night.branch,
        opened_utc=now,
        claimed_until_utc=now,
        retry_utc=now,
        kind="nightly",
        ref=ref_of_nulls(night.branch),
    )


def _runs(
    services: Services, night: Night, check: CheckRecord, mirror: Mirror
) -> Iterator[RunRecord]:
    wanted = _wanted(services, night)
    if len(wanted) > MOST:
        extra = {"repository": check.repository, "left_out": len(wanted) - MOST}
        log.warning("null_runs_left_out", extra=extra)
    for position, (suite, runner) in enumerate(wanted[:MOST], start=1):
        planned = _planned(services, night, check, mirror, (suite, position))
        yield _run(check, planned, runner, position)


def _wanted(services: Services, night: Night) -> list[tuple[str, str]]:
    """List suites with the runners that may take them, as often as is declared.

    Those measured longest ago come first, so that where one night has no time for all the next
    ones go on with the others.
    """
    live = {runner.name: runner for runner in services.queue.runners()}
    able = [
        (name, runner)
        for name, suite in sorted(night.configuration.suites.items())
        for runner in sorted(live)
        if is_runner_name(runner) and _may_take(suite, live[runner].tags)
    ]

    def last(one: tuple[str, str]) -> str:
        known = KnownRunner(one[1], live[one[1]].fingerprint)
        sessions = services.nulls.sessions(night.repository.name, one[0], known, limit=1)
        return sessions[-1].measured_utc if sessions else ""

    return sorted(able, key=last) * night.nightly.null_runs


def _may_take(suite: Suite, tags: tuple[str, ...]) -> bool:
    return suite.kind is SuiteKind.BENCHMARK and set(suite.runs_on) <= set(tags)


def _planned(
    services: Services, night: Night, check: CheckRecord, mirror: Mirror, one: tuple[str, int]
) -> PlannedRun:
    suite, position = one
    entropy = services.entropy(CheckId(f"{check.id}/{position}"))
    whole = completed(night.configuration, mirror, night.tip)
    request = PlanRequest(
        check=CheckId(f"{check.id}-{position}"),  # runs of one suite on many runners differ
        repository=check.repository,
        configuration=whole,
        selected=(suite,),
        base=check.base,
        head=check.head,
        seed=derived_seed(0, entropy),
        entropy=entropy,
    )
    planned = plan_check(request, mirror, CommitSha(check.target))
    live, now = services.queue.runners(), services.clock.now()
    (certified,) = with_certificates(planned, services.nulls, now, live)
    return PlannedRun(msgspec.structs.replace(certified.order, purpose="null"), certified.terms)


def _run(check: CheckRecord, planned: PlannedRun, runner: str, position: int) -> RunRecord:
    order = planned.order
    return RunRecord(
        run=RunId(order.run),
        check=check.id,
        position=position,
        check_name=null_run_name(order.suite_name, runner),
        tags=(own_tag(runner),),
        order=order,
        terms=msgspec.json.encode(planned.terms),
        lane="nightly",
    )


def _concluded(services: Services, check: CheckRecord, run: RunRecord) -> NullSession | None:
    """Store what one null run showed; None where nothing was compared."""
    session = _session(services, run)
    if session is not None:
        services.nulls.add(session)  # one that stands already is the same
    conclusion = Conclusion.NEUTRAL if session is None else Conclusion.SUCCESS
    board.show_end(services, check, board.of_run(run), conclusion, said.null_ended(session))
    return session


def _session(services: Services, run: RunRecord) -> NullSession | None:
    report = services.checks.load_report(run.run)
    if report is None or report.failure is not None:
        return None
    now = services.clock.now().strftime(UTC_SECONDS)
    session = null_session(run.order, report, judged(services.checks, run), now)
    return session if session.comparisons else None


__all__ = ["conclude_nulls", "is_null", "start_nulls"]
