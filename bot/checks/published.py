"""A verdict with its words, as it is stored and published: the one way, for bot and replay."""

from __future__ import annotations

from functools import partial

from bot.services import Services, verdict_url
from bot.store.checks import CheckRecord
from bot.store.verdicts import StoredVerdict
from engine.findings import Verdict
from engine.reports.comment import render_comment
from engine.reports.document import parse_document, render_document
from engine.reports.earlier import Earlier
from engine.reports.sections import Links
from engine.values import CheckId


def json_links(public_url: str, check: CheckId, *, measured: bool = True) -> Links:
    """Give the addresses that a comment shows, of a bot that is served at *public_url*."""
    url = verdict_url(public_url, check)
    return Links(details_url=url, json_url=url, run=check if measured else None)


def stored_once(services: Services, check: CheckRecord, verdict: Verdict) -> tuple[Verdict, str]:
    """Store a verdict with its comment; give those that stand, which may be earlier ones.

    The comment names the verdicts that the pull request had before, which is why it is rendered
    while no other verdict can come between.
    """
    if not services.checks.store_verdict(check, partial(_new, services, check, verdict)):
        verdict = _standing(services, check, verdict)
    published = services.checks.verdict(check.id)
    return verdict, "" if published is None else published.comment


def _new(
    services: Services, check: CheckRecord, verdict: Verdict, earlier: Earlier
) -> StoredVerdict:
    links = json_links(services.public_url, check.id, measured=bool(verdict.suites))
    return StoredVerdict(
        check=check.id,
        outcome=verdict.outcome,
        document=render_document(verdict),
        comment=render_comment(verdict, links, earlier),
        public_url=services.public_url,
        stored_utc=services.clock.now(),
    )


def _standing(services: Services, check: CheckRecord, verdict: Verdict) -> Verdict:
    published = services.checks.verdict(check.id)
    return verdict if published is None else parse_document(published.document)
