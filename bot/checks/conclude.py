"""Conclude a check: one verdict, published as check runs, comment and document."""

from __future__ import annotations

import logging
from functools import partial

import msgspec

from bot.checks import board
from bot.checks.locate import located
from bot.checks.results import verdict_of
from bot.checks.supersede import supersede
from bot.policy import check_conclusion, suite_conclusion
from bot.ports import Annotation, Conclusion
from bot.services import Services, repository_of, verdict_url
from bot.store.checks import CheckRecord, CheckStatus, RunStatus
from engine.findings import SuiteVerdict, Verdict
from engine.reports.annotations import annotation_requests
from engine.reports.check import render_rollup, render_suite_check
from engine.reports.comment import MARKER, needs_comment, render_comment
from engine.reports.document import render_document
from engine.reports.sections import Links
from engine.reports.turn import render_turn, turn_marker
from engine.values import CheckId, Outcome, RunId

log = logging.getLogger(__name__)

GREEN = frozenset({Outcome.PASS, Outcome.IMPROVEMENT})


def conclude_if_complete(services: Services, check_id: CheckId) -> bool:
    """Conclude a running check all of whose runs have ended; True when it is concluded by this.

    Raises:
        TransientError: the forge is away; calling again goes on where it stopped.
    """
    check = services.checks.check(check_id)
    if check is None or check.status is not CheckStatus.RUNNING:
        return False
    runs = services.checks.runs(check.id)
    if not runs or any(run.status is RunStatus.QUEUED for run in runs):
        return False
    if check.pull_request is not None:
        pull = services.forge.pull_request(repository_of(check), check.pull_request)
        if pull.head != check.head:
            supersede(services, check, pull.head)
            return False
    publish(services, check, verdict_of(services.checks, check))
    return True


def publish(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Store a verdict, show it on the forge, close the record last: each step may be repeated."""
    before = _outcome_before(services, check)
    comment = render_comment(verdict, links_of(services, check))
    said = needs_comment(verdict, check.policy.comment)
    document = render_document(verdict)
    services.checks.store_verdict(check.id, document, comment, services.clock.now())
    _comment(services, check, comment, wanted=said)
    if said and before in GREEN and verdict.outcome is Outcome.REGRESSION:
        _say_turn(services, check, verdict)
    _show(services, check, verdict)
    services.checks.conclude(check.id)
    log.info("check_concluded", extra={"check": check.id, "outcome": verdict.outcome})


def links_of(services: Services, check: CheckRecord) -> Links:
    """Give the addresses that a comment shows."""
    return json_links(services.public_url, check.id)


def json_links(public_url: str, check: CheckId) -> Links:
    """Give the same for a bot that is served at *public_url*."""
    url = verdict_url(public_url, check)
    return Links(details_url=url, json_url=url, run=check)


def _outcome_before(services: Services, check: CheckRecord) -> Outcome | None:
    """Give the outcome of the pull request's verdict before this one."""
    if check.pull_request is None:
        return None
    latest = services.checks.latest_verdict(check.repository, check.pull_request, but=check.id)
    return None if latest is None else _OutcomeOnly.read(latest.document)


class _OutcomeOnly(msgspec.Struct, frozen=True):
    outcome: Outcome

    @staticmethod
    def read(document: bytes) -> Outcome:
        """Read the outcome alone: an older version's document may have other fields."""
        return msgspec.json.decode(document, type=_OutcomeOnly).outcome


def _comment(services: Services, check: CheckRecord, body: str, *, wanted: bool) -> None:
    """Bring the sticky comment up to date; one that exists is never left telling old news."""
    if check.pull_request is None or check.policy.comment == "never":
        return
    forge, repository, number = services.forge, repository_of(check), check.pull_request
    if wanted or forge.find_comment(repository, number, MARKER) is not None:
        forge.put_comment(repository, number, MARKER, body)


def _say_turn(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Add the one short comment that notifies people when green turned to red."""
    if check.pull_request is None:
        return
    marker = turn_marker(check.id)
    body = render_turn(verdict, marker)
    services.forge.put_comment(repository_of(check), check.pull_request, marker, body)


def _show(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    for suite in verdict.suites:
        _show_suite(services, check, verdict, suite)
    links = links_of(services, check)
    text = render_rollup(verdict, links)
    conclusion = Conclusion.ACTION_REQUIRED if verdict.problem else check_conclusion(verdict)
    slot = board.roll_up(check)
    board.show_end(services, check, slot, conclusion, text, details_url=links.details_url)


def _show_suite(
    services: Services, check: CheckRecord, verdict: Verdict, suite: SuiteVerdict
) -> None:
    run = services.checks.run(RunId(suite.run))
    if run is None:
        return
    links = links_of(services, check)
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
