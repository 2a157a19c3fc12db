"""Judge a check anew from the runs that it has: people have said something to its verdict."""

from __future__ import annotations

import hashlib

import msgspec

from bot.checks.claim import claimed, require_free
from bot.checks.conclude import publish
from bot.checks.in_force import overrides_in_force
from bot.checks.results import verdict_of
from bot.services import Services
from bot.store.checks import CheckRecord, CheckStatus
from engine.findings import Verdict
from engine.reports.document import parse_document
from engine.values import CheckId


def rejudge(services: Services, check: CheckRecord, cause: str, by: str | None) -> CheckRecord:
    """Conclude a check of its own that judges the runs of *check*; nothing is measured.

    *cause* names it, so that calling again goes on with it, even where *check* is it by then.

    Raises:
        TransientError: the forge is away, or somebody else works on it; calling again goes on.
    """
    anew = _anew(services, check, cause, by)
    services.checks.open_check(anew, ())
    with claimed(services, anew.id) as mine:
        if mine is None:
            require_free(services, anew.id)
        else:
            in_force = overrides_in_force(services, mine)
            publish(services, mine, verdict_of(services.checks, mine, in_force))
    return services.checks.check(anew.id) or anew


def published(services: Services, check: CheckId) -> Verdict | None:
    """Read a check's verdict back; None while it has none."""
    stored = services.checks.verdict(check)
    return None if stored is None else parse_document(stored.document)


def _anew(services: Services, check: CheckRecord, cause: str, by: str | None) -> CheckRecord:
    now = services.clock.now()
    material = f"{check.repository}/{check.pull_request}/{check.head}/{cause}/rejudged"
    name = hashlib.sha256(material.encode()).hexdigest()[:15]
    return msgspec.structs.replace(
        check,
        id=CheckId(f"c{name}"),
        rejudges=check.id if services.checks.runs(check.id) else check.measured_by,
        requested_by=by,
        status=CheckStatus.RUNNING,
        opened_utc=now,
        claimed_until_utc=now,
        retry_utc=now,
        failures=0,
        ended_by=None,
    )
