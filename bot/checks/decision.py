"""A verdict in the ledger of decisions: that it is to be published, and that it was."""

from __future__ import annotations

from hashlib import sha256

from bot.ledger import Act, begin, finish
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.findings import Verdict
from engine.reports.document import render_document
from engine.revision import rule_revision


def announce(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Record that a verdict, which stands already, is about to be shown.

    Raises:
        TransientError: the ledger cannot be written to.
    """
    begin(services, _act(check, verdict))


def confirm(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Record that it was shown, with the hash of its document: another one would be known.

    Raises:
        TransientError: the ledger cannot be written to.
    """
    outputs = {
        "outcome": verdict.outcome.value,
        "reason": None if verdict.reason is None else verdict.reason.value,
        "document": sha256(render_document(verdict)).hexdigest(),
    }
    finish(services, _act(check, verdict), outputs)


def withhold(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Record that it is not shown: a newer one of the same runs stands in its place.

    Raises:
        TransientError: the ledger cannot be written to.
    """
    finish(services, _act(check, verdict), {}, status="cancelled")


def _act(check: CheckRecord, verdict: Verdict) -> Act:
    return Act(
        step="verdict",
        id=check.id,
        ctx={
            "repository": check.repository,
            "pull_request": check.pull_request,
            "kind": check.kind,
            "by": check.requested_by,
        },
        inputs={
            "head": verdict.head,
            "base": verdict.base,
            "target": verdict.target,
            "rejudges": check.rejudges,
            "rule": rule_revision(),
            "overrides": len(verdict.overrides),
        },
    )
