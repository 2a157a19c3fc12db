"""Conclude a check: one verdict, published as check runs, comment and document."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import msgspec
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.checks import board
from bot.checks.claim import claimed
from bot.checks.confirm import ask_second_runners
from bot.checks.locate import located
from bot.checks.results import verdict_of
from bot.checks.supersede import end_superseded
from bot.policy import check_conclusion, suite_conclusion
from bot.ports import Annotation, Conclusion
from bot.recording import record
from bot.services import Services, repository_of, verdict_url
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from bot.store.verdicts import StoredVerdict
from engine.errors import HighwaterError, TransientError, UserError
from engine.findings import SuiteVerdict, Verdict
from engine.reports.annotations import annotation_requests
from engine.reports.check import CheckText, render_rollup, render_suite_check
from engine.reports.comment import MARKER, needs_comment, render_comment
from engine.reports.document import render_document
from engine.reports.sections import Links
from engine.reports.turn import render_turn, turn_marker
from engine.values import CheckId, Outcome, RunId

log = logging.getLogger(__name__)

GREEN = frozenset({Outcome.PASS, Outcome.IMPROVEMENT})
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
    if not _is_complete(services.checks.runs(check_id)):
        return False  # not worth a claim
    with claimed(services, check_id) as check:
        return check is not None and _conclude(services, check)


def publish(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Store a verdict, show it on the forge, close the claimed check's record last.

    Each step may be repeated; a verdict that is stored already is the one that is shown. What the
    forge refuses for good (a missing permission, a locked conversation) is logged and keeps
    nothing else from being shown.

    Raises:
        TransientError: the forge is away; calling again goes on.
        sqlalchemy.exc.OperationalError: the database is away; calling again goes on.
    """
    verdict, comment = _stored(services, check, verdict)
    links = json_links(services.public_url, check.id, measured=bool(verdict.suites))
    for suite in verdict.suites:
        _attempt(partial(_show_suite, services, check, verdict, suite), check)
    _attempt(partial(_show_roll_up, services, check, verdict, links), check)
    _attempt(partial(_comment, services, check, verdict, comment), check)
    _cancel_queued(services, check)
    _record(services, check, verdict)
    services.checks.conclude(check.id)
    log.info("check_concluded", extra={"check": check.id, "outcome": verdict.outcome})


def end_without_verdict(services: Services, check: CheckRecord, text: CheckText) -> None:
    """End a claimed check of which nothing can be said: everything it shows is concluded."""
    runs = services.checks.runs(check.id)
    for run in runs:
        services.queue.cancel(run.run)
        services.checks.set_run_status(run.run, RunStatus.LOST)
    for slot in board.of_all(check, runs):
        end = partial(board.show_end, services, check, slot, Conclusion.NEUTRAL, text)
        _attempt(end, check)
    services.checks.conclude(check.id)
    log.error("check_given_up", extra={"check": check.id, "title": text.title})


def json_links(public_url: str, check: CheckId, *, measured: bool = True) -> Links:
    """Give the addresses that a comment shows, of a bot that is served at *public_url*."""
    url = verdict_url(public_url, check)
    return Links(details_url=url, json_url=url, run=check if measured else None)


def _is_complete(runs: tuple[RunRecord, ...]) -> bool:
    return bool(runs) and all(run.status is not RunStatus.QUEUED for run in runs)


def _conclude(services: Services, check: CheckRecord) -> bool:
    runs = services.checks.runs(check.id)
    if not _is_complete(runs):
        return False  # before the claim somebody had a regression confirmed
    head = check.head
    if check.pull_request is not None:
        head = services.forge.pull_request(repository_of(check), check.pull_request).head
    # A cancelled run: whoever superseded this check died before its end.
    if head != check.head or any(run.status is RunStatus.CANCELLED for run in runs):
        end_superseded(services, check, head)
        return False
    if ask_second_runners(services, check):
        return False
    publish(services, check, verdict_of(services.checks, check))
    return True


def _stored(services: Services, check: CheckRecord, verdict: Verdict) -> tuple[Verdict, str]:
    """Store a verdict with its comment; give those that stand, which may be earlier ones."""
    links = json_links(services.public_url, check.id, measured=bool(verdict.suites))
    new = StoredVerdict(
        check=check.id,
        outcome=verdict.outcome,
        document=render_document(verdict),
        comment=render_comment(verdict, links),
        public_url=services.public_url,
        stored_utc=services.clock.now(),
    )
    if services.checks.store_verdict(new):
        return verdict, new.comment
    stands = services.checks.verdict(check.id) or new
    return msgspec.json.decode(stands.document, type=Verdict), stands.comment


def _cancel_queued(services: Services, check: CheckRecord) -> None:
    """Let no runner work for a check that has its verdict."""
    for run in services.checks.runs(check.id):
        if run.status is RunStatus.QUEUED:
            services.queue.cancel(run.run)
            services.checks.set_run_status(run.run, RunStatus.LOST)


def _record(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Record what a check leaves behind; that it cannot be keeps no check from its end."""
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


def _comment(services: Services, check: CheckRecord, verdict: Verdict, body: str) -> None:
    """Bring the sticky comment up to date; one that exists is never left telling old news."""
    if check.pull_request is None or check.policy.comment == "never":
        return
    forge, repository, number = services.forge, repository_of(check), check.pull_request
    said = needs_comment(verdict, check.policy.comment)
    if said or forge.find_comment(repository, number, MARKER) is not None:
        forge.put_comment(repository, number, MARKER, body)
    if said and verdict.outcome is Outcome.REGRESSION and _was_green(services, check):
        marker = turn_marker(check.id)  # its own, so that repeating this adds nothing
        forge.put_comment(repository, number, marker, render_turn(verdict, marker))


def _was_green(services: Services, check: CheckRecord) -> bool:
    before = services.checks.decided_before(check)
    return before is not None and before.outcome in GREEN


def _show_roll_up(services: Services, check: CheckRecord, verdict: Verdict, links: Links) -> None:
    conclusion = Conclusion.ACTION_REQUIRED if verdict.problem else check_conclusion(verdict)
    text = render_rollup(verdict, links)
    slot = board.roll_up(check)
    board.show_end(services, check, slot, conclusion, text, details_url=links.details_url)


def _show_suite(
    services: Services, check: CheckRecord, verdict: Verdict, suite: SuiteVerdict
) -> None:
    run = services.checks.run(RunId(suite.run))
    if run is None:
        return
    links = json_links(services.public_url, check.id)
    board.show_end(
        services,
        check,
        board.of_run(run),
        suite_conclusion(suite, check.policy),
        render_suite_check(suite, verdict, links),
        annotations=_annotations(services, check, suite),
        details_url=links.details_url,
    )


def _annotations(
    services: Services, check: CheckRecord, suite: SuiteVerdict
) -> tuple[Annotation, ...]:
    requests = annotation_requests(suite)
    if not requests:
        return ()
    source = services.forge.clone_source(repository_of(check))
    mirror = services.mirrors.fetch(check.repository, source, (check.head,))
    return located(requests, partial(mirror.read, check.head))
