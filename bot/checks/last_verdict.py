"""The verdict that people see of a pull request's head, and whether another one is on its way."""

from __future__ import annotations

from typing import NamedTuple

from bot.checks.rejudge import published
from bot.checks.results import only_judges, runs_judged
from bot.ports import Repository
from bot.services import Services
from bot.store.checks import CheckRecord, CheckStatus
from engine.findings import Verdict
from engine.values import CommitSha


class Judged(NamedTuple):
    """A check that has been concluded, and what it said."""

    check: CheckRecord
    verdict: Verdict


class Standing(NamedTuple):
    """What is known of a head: the last verdict that measured something; does another check run."""

    last: Judged | None
    is_running: bool


def standing_of(
    services: Services, repository: Repository, number: int, head: CommitSha
) -> Standing:
    """Look up what was said of a pull request's *head*; what only informs does not count."""
    checks = services.checks.checks_of_head(repository.name, number, head)
    mine = [check for check in checks if check.kind == "pull_request" and not check.aside]
    is_running = any(_is_measuring(services, check) for check in mine)
    for check in reversed(mine):
        verdict = published(services, check.id) if _has_measured(services, check) else None
        if verdict is not None:
            return Standing(Judged(check, verdict), is_running)
    return Standing(None, is_running)


def _is_measuring(services: Services, check: CheckRecord) -> bool:
    """Whether a check will have a verdict of its own; one that only judges anew has no runs."""
    running = check.status is CheckStatus.RUNNING
    return running and not only_judges(services.checks, check)


def _has_measured(services: Services, check: CheckRecord) -> bool:
    ended = check.status is CheckStatus.CONCLUDED
    return ended and bool(runs_judged(services.checks, check))
