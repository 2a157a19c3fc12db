"""Bring a promotion as far as it can go now: measure what is missing, refuse it, or propose it."""

from __future__ import annotations

import logging

import msgspec

from bot.ledger import Act, note
from bot.ports import PullRequest, Repository, Role
from bot.promotion import evidence_runs
from bot.promotion.gathered import Head, gathered
from bot.promotion.outcome import NotPromotedError, keep
from bot.promotion.publish import publish
from bot.promotion.review import settle
from bot.promotion.subject import Subject, declaration_of, read_subject
from bot.services import Services
from bot.store.promotions import PromotionRecord
from engine.errors import UserError
from engine.promotion.evidence import EvidenceRun, counted, minutes_left
from engine.promotion.files import candidate_path, declared_path
from engine.promotion.refusals import Refusal, Refused, refusals, short_of_evidence
from engine.reports import promotion
from engine.revision import rule_revision
from engine.values import PAIRED_KINDS

log = logging.getLogger(__name__)


def advance(services: Services, repository: Repository, record: PromotionRecord) -> str:
    """Take a promotion one step further; gives what its author is told. May be repeated.

    Raises:
        TransientError: the forge, git, the queue or the ledger is away; call again.
    """
    try:
        return _advanced(services, repository, record)
    except NotPromotedError as refused:
        return _refuse(services, repository, record, refused.reasons)
    except UserError as wrong:
        refusal = Refusal(why=Refused.INPUT, detail=str(wrong))
        return _refuse(services, repository, record, (refusal,))


def tell(services: Services, repository: Repository, record: PromotionRecord, text: str) -> None:
    """Tell the pull request that it was asked on how far a promotion is: one comment a suite.

    Raises:
        TransientError: the forge is away.
    """
    if record.source is None:
        return
    marker = promotion.marker(record.suite, tuple(record.tags.split("+")))
    body = f"{marker}\n{text}"
    try:
        services.forge.put_comment(repository, record.source, marker, body)
    except UserError as refused:  # a locked conversation keeps nothing from being promoted
        extra = {"source": record.source, "problem": str(refused)}
        log.error("forge_refused", extra=extra)  # noqa: TRY400 - the message says it all


def _advanced(services: Services, repository: Repository, record: PromotionRecord) -> str:
    pull = _pull(services, repository, record)
    _require_role(services, repository, record)
    declared = declaration_of(services, repository, pull)
    subject = read_subject(services, repository, pull, record, declared)
    if subject.suite.kind not in PAIRED_KINDS:
        # Before anything is measured for it.
        declared_path(record.suite, subject.suite, record.scenario)
    head = Head(repository.name, pull.number, pull.head)
    runs = gathered(services, head, record.suite, subject.suite)
    reasons = refusals(runs)
    if reasons:
        raise NotPromotedError(*reasons)
    evidence = counted(runs, rule_revision())
    if evidence.missing:
        return _measure(services, subject, runs, evidence.missing)
    candidate_path(record.suite, subject.suite, evidence.runs, record.scenario)
    return publish(services, subject, evidence.runs)


def _pull(services: Services, repository: Repository, record: PromotionRecord) -> PullRequest:
    """Read the pull request live: what was measured is promoted while it is its head."""
    pull = services.forge.pull_request(repository, record.source or 0)
    if pull.head != record.head:
        raise NotPromotedError(Refusal(why=Refused.MOVED_ON, detail=pull.head[:10]))
    if pull.state == "closed" and not pull.merged:
        raise NotPromotedError(Refusal(why=Refused.CLOSED))
    return pull


def _require_role(services: Services, repository: Repository, record: PromotionRecord) -> None:
    if services.forge.permission(repository, record.requested_by) < Role.MAINTAIN:
        raise NotPromotedError(Refusal(why=Refused.PERMISSION, detail=record.requested_by))


def _measure(
    services: Services, subject: Subject, runs: tuple[EvidenceRun, ...], missing: int
) -> str:
    """Start the next run that is missing, unless one is out."""
    checks = evidence_runs.own_checks(services, subject)
    if not evidence_runs.is_measuring(services, subject, checks):
        started = evidence_runs.started_since(checks, subject.record.requested_utc)
        if started and started[-1].ended_by is not None:
            raise NotPromotedError(Refusal(why=Refused.CANCELLED, detail=started[-1].ended_by))
        if len(started) >= evidence_runs.MOST:
            raise NotPromotedError(*short_of_evidence(runs, rule_revision()))
        evidence_runs.start(services, subject, len(checks))
    minutes, ahead = minutes_left(runs, missing), evidence_runs.ahead(services, subject)
    return promotion.measuring(subject.record.suite, subject.tags, missing, minutes, ahead)


def _refuse(
    services: Services,
    repository: Repository,
    record: PromotionRecord,
    reasons: tuple[Refusal, ...],
) -> str:
    refused = msgspec.structs.replace(record, status="refused")
    keep(services, refused)
    act = Act(
        step="promotion_refused",
        id=f"{repository.name}/{record.branch}/{record.head}/{record.requested_utc.isoformat()}",
        ctx={"suite": record.suite, "by": record.requested_by},
        inputs={"reasons": ",".join(one.why for one in reasons)},
    )
    note(services, act)
    settle(services, repository, refused)
    return promotion.refused(record.suite, tuple(record.tags.split("+")), reasons)
