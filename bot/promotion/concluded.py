"""The end of a run for a baseline: its verdict is kept, and the promotion goes on."""

from __future__ import annotations

import logging

from bot.checks import board
from bot.checks.decision import announce, confirm
from bot.checks.published import stored_once
from bot.checks.results import judged, verdict_of
from bot.ports import Conclusion
from bot.promotion.advance import advance, tell
from bot.services import Services, repository_of, verdict_url
from bot.store.checks import CheckRecord, RunRecord
from bot.store.promotions import PromotionRecord
from engine.configuration import joined_tags
from engine.promotion.evidence import EvidenceRun, is_whole
from engine.reports import promotion
from engine.revision import rule_revision

log = logging.getLogger(__name__)


def conclude_evidence(services: Services, check: CheckRecord) -> bool:
    """Conclude a claimed check of kind ``promotion`` whose runs have ended. May be repeated.

    It changes no verdict of its pull request: no comment, no label, no roll-up.

    Raises:
        TransientError: the forge, git, the queue or the ledger is away; call again.
    """
    verdict, _ = stored_once(services, check, verdict_of(services.checks, check))
    announce(services, check, verdict)
    runs = services.checks.runs(check.id)
    for run in runs:
        _show(services, check, run)
    confirm(services, check, verdict)
    for run in runs:
        record = _promotion(services, check, run)
        if record is not None:
            repository = repository_of(check)
            answer = advance(services, repository, record)
            tell(services, repository, record, answer)
    services.checks.conclude(check.id)
    log.info("evidence_concluded", extra={"check": check.id})
    return True


def _show(services: Services, check: CheckRecord, run: RunRecord) -> None:
    evidence = _evidence(services, check, run)
    conclusion = Conclusion.NEUTRAL if evidence is None else Conclusion.SUCCESS
    text = promotion.evidence_title(evidence)
    url = verdict_url(services.public_url, check.id)
    board.show_end(services, check, board.of_run(run), conclusion, text, details_url=url)


def _evidence(services: Services, check: CheckRecord, run: RunRecord) -> EvidenceRun | None:
    report = services.checks.load_report(run.run)
    if report is None:
        return None
    found = EvidenceRun(
        check=check.id,
        order=run.order,
        report=report,
        verdict=judged(services.checks, run),
        revision=rule_revision(),
    )
    return found if is_whole(found) else None


def _promotion(services: Services, check: CheckRecord, run: RunRecord) -> PromotionRecord | None:
    """Find the promotion that waits for a run; None when nobody does any more."""
    tags = joined_tags(run.order.suite.runs_on)
    record = services.promotions.promotion(check.repository, run.order.suite_name, tags)
    waits = record is not None and record.status == "measuring" and record.head == check.head
    return record if waits else None
