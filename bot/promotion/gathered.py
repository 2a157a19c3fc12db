"""What is stored of a head's runs, as evidence for a new baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from bot.checks.evidence import measuring
from bot.checks.results import judged
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from engine.configuration import Suite
from engine.promotion.evidence import EvidenceRun
from engine.promotion.refusals import outlier
from engine.values import CommitSha, RepositoryName


class Head(NamedTuple):
    """A head and where it is; without *pull_request* at a branch."""

    repository: RepositoryName
    pull_request: int | None
    commit: CommitSha


def gathered(services: Services, at: Head, name: str, suite: Suite) -> tuple[EvidenceRun, ...]:
    """Collect the judged runs of a suite at a head, oldest first.

    Only of a suite that is still declared the same; *suite* is a completed one.
    """
    history = services.history.points(at.repository, name)
    found = _runs(services, at, name, suite)
    return tuple(msgspec.structs.replace(run, outlier=outlier(run, history)) for run in found)


def _runs(services: Services, at: Head, name: str, suite: Suite) -> Iterator[EvidenceRun]:
    for check in services.checks.checks_of_head(*at):
        for run in services.checks.runs(check.id):
            if run.order.suite_name == name and _is_same(run, suite):
                yield from _evidence(services, check, run)


def _is_same(run: RunRecord, suite: Suite) -> bool:
    ended = run.status is RunStatus.REPORTED
    direct = run.order.purpose == "check" and run.order.confirms is None
    same = measuring(run.order.suite) == measuring(suite)
    return ended and direct and same


def _evidence(services: Services, check: CheckRecord, run: RunRecord) -> Iterator[EvidenceRun]:
    """Give a run with its report; one whose check has no verdict yet says nothing yet."""
    report, stored = services.checks.load_report(run.run), services.checks.verdict(check.id)
    if report is not None and stored is not None:
        yield EvidenceRun(
            check=check.id,
            order=run.order,
            report=report,
            verdict=judged(services.checks, run),
            revision=stored.decided_by,
        )
