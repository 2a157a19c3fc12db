"""Conclude a check: one verdict, published as check runs, comment and document."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import msgspec
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.checks import board, decision
from bot.checks.buttons import buttons
from bot.checks.claim import claimed
from bot.checks.confirm import ask_second_runners
from bot.checks.conversation import alone, comment
from bot.checks.in_force import overrides_in_force
from bot.checks.labels import show_label
from bot.checks.published import stored_once
from bot.checks.results import only_judges, verdict_of
from bot.checks.showing import show_roll_up, show_suite
from bot.checks.supersede import end_early, end_superseded
from bot.conclusions import conclusion_for, without_failing
from bot.nightly.concluded import conclude_nulls, end_of_night, is_null
from bot.ports import PullRequest
from bot.promotion.concluded import conclude_evidence
from bot.recording import record
from bot.services import Services, repository_of
from bot.store.checks import CheckRecord, RunStatus
from engine.errors import HighwaterError, TransientError, UserError
from engine.findings import Reason, Verdict
from engine.reports import notices
from engine.reports.check import CheckText
from engine.values import CheckId, Outcome

log = logging.getLogger(__name__)

# What may be wrong with the history: it only advises, so a check ends without it.
_UNRECORDED = (
    SQLAlchemyError,
    HighwaterError,
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
)


def conclude_if_complete(services: Services, check_id: CheckId) -> bool:
    """Conclude a running check all of whose runs have ended; True when it is concluded by this.

    Where a second runner is to confirm a regression first, it is asked instead.

    Raises:
        TransientError: the forge is away; calling again goes on where it stopped.
    """
    if not _is_complete(services, check_id):
        return False  # not worth a claim
    with claimed(services, check_id) as check:
        return check is not None and _conclude(services, check)


def publish(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Store a verdict, show it on the forge, close the claimed check's record last.

    Each step may be repeated; a verdict that is stored already is the one that is shown. What the
    forge refuses for good (a missing permission, a locked conversation) is logged and keeps
    nothing else from being shown. Of two that judge the same runs the newer verdict is shown.

    Raises:
        TransientError: the forge is away; calling again goes on.
        sqlalchemy.exc.OperationalError: the database is away; calling again goes on.
    """
    verdict, body = stored_once(services, check, verdict)
    decision.announce(services, check, verdict)
    if not _show(services, check, verdict, body):
        decision.withhold(services, check, verdict)
        services.checks.supersede(check.id)
        log.info("check_overtaken", extra={"check": check.id, "outcome": verdict.outcome})
        return
    _cancel_queued(services, check)
    for step in STEPS:
        step(services, check, verdict)
    decision.confirm(services, check, verdict)
    services.checks.conclude(check.id)
    log.info("check_concluded", extra={"check": check.id, "outcome": verdict.outcome})


def end_without_verdict(services: Services, check: CheckRecord, text: CheckText) -> None:
    """End a claimed check of which nothing can be said: everything it shows is concluded.

    Raises:
        TransientError: the forge is away; calling again goes on.
        redis.exceptions.RedisError: the queue is away.
    """
    if only_judges(services.checks, check):
        services.checks.supersede(check.id)  # what it was to judge anew stands as it is shown
    else:
        _end_as_lost(services, check, text)
        services.checks.conclude(check.id)
    log.error("check_given_up", extra={"check": check.id, "title": text.title})


def _end_as_lost(services: Services, check: CheckRecord, text: CheckText) -> None:
    runs = services.checks.runs(check.id)
    for run in runs:
        services.queue.cancel(run.run)
        services.checks.set_run_status(run.run, RunStatus.LOST)
    lost = conclusion_for(Outcome.ERROR, Reason.INFRASTRUCTURE, check.policy)
    conclusion = without_failing(lost, check.kind)
    actions = buttons(check)
    for slot in board.of_all(check, runs):
        shown = partial(board.show_end, services, check, slot, conclusion, text, actions=actions)
        _attempt(shown, check)


def _is_complete(services: Services, check_id: CheckId) -> bool:
    """Whether all runs have ended; a check that judges another one's anew waits for none."""
    runs = services.checks.runs(check_id)
    if not runs:
        check = services.checks.check(check_id)
        return check is not None and check.rejudges is not None
    return all(run.status is not RunStatus.QUEUED for run in runs)


def _conclude(services: Services, check: CheckRecord) -> bool:
    if not _is_complete(services, check.id):
        return False  # before the claim somebody had a regression confirmed
    pull = _pull(services, check)
    if _has_ended(services, check, pull):
        return False
    if check.kind == "promotion":
        return conclude_evidence(services, check)
    if is_null(check):
        return conclude_nulls(services, check)
    if ask_second_runners(services, check):
        return False
    in_force = overrides_in_force(services, check)
    publish(services, check, verdict_of(services.checks, check, in_force))
    return True


def _show(services: Services, check: CheckRecord, verdict: Verdict, body: str) -> bool:
    """Show a verdict wherever people see it; False: a newer one of the same runs is, or will be."""
    with alone(services, check):
        is_old = services.checks.has_later_verdict(check)
        if is_old and only_judges(services.checks, check):
            return False
        steps = [partial(show_suite, services, check, verdict, each) for each in verdict.suites]
        steps.append(partial(show_roll_up, services, check, verdict))
        if not is_old:  # else the newer one has been told there, or will be
            steps.append(partial(comment, services, check, verdict, body))
            steps.append(partial(show_label, services, check, verdict))
        for step in steps:
            _attempt(step, check)
    return True


def _pull(services: Services, check: CheckRecord) -> PullRequest | None:
    if check.pull_request is None:
        return None
    return services.forge.pull_request(repository_of(check), check.pull_request)


def _has_ended(services: Services, check: CheckRecord, pull: PullRequest | None) -> bool:
    """End a check whose head has moved on, or whose end somebody has begun and died over."""
    was_stopped = any(run.status is RunStatus.CANCELLED for run in services.checks.runs(check.id))
    if was_stopped and pull is not None and pull.state == "closed" and check.ended_by is None:
        end_early(services, check, notices.closed_meanwhile())
        return True
    if was_stopped and check.kind == "merge_group":
        end_early(services, check, notices.group_gone())
        return True
    head = check.head if pull is None else pull.head
    if was_stopped or head != check.head:
        end_superseded(services, check, head)
        return True
    return False


def _cancel_queued(services: Services, check: CheckRecord) -> None:
    """Let no runner work for a check that has its verdict."""
    for run in services.checks.runs(check.id):
        if run.status is RunStatus.QUEUED:
            services.queue.cancel(run.run)
            services.checks.set_run_status(run.run, RunStatus.LOST)


def _record(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Record what a check leaves behind; that it cannot be keeps no check from its end."""
    if check.aside:
        return
    try:
        record(services, check, verdict)
    except (OperationalError, TransientError):
        raise  # an outage: again, with everything else
    except _UNRECORDED:
        log.exception("history_not_recorded", extra={"check": check.id})


def _attempt(step: Callable[[], None], check: CheckRecord) -> None:
    try:
        step()
    except UserError as refused:
        log.error("forge_refused", extra={"check": check.id, "problem": str(refused)})  # noqa: TRY400 - the message says it all


Step = Callable[[Services, CheckRecord, Verdict], None]

# What a verdict leaves behind once people have seen it; each step may be repeated.
STEPS: tuple[Step, ...] = (_record, end_of_night)
