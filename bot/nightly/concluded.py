"""What the checks of a night leave behind once they have their verdict."""

from __future__ import annotations

import logging

from bot.mirror import Mirror
from bot.nightly.candidates import keep_candidates
from bot.nightly.drift_issues import Pairing
from bot.nightly.drifts import watch_drifts
from bot.nightly.known import known_cases, utc_now
from bot.nightly.marks import Mark, marks_of
from bot.nightly.names import is_null, is_of_mark, is_of_pull_request
from bot.nightly.nulls import conclude_nulls
from bot.services import Services, repository_of
from bot.store.checks import CheckRecord
from engine.configuration import FILE_NAME, Configuration
from engine.configuration_file import parse_configuration
from engine.errors import UserError
from engine.findings import Verdict
from engine.values import CommitSha

log = logging.getLogger(__name__)

__all__ = ["conclude_nulls", "end_of_night", "is_null"]


def end_of_night(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Keep candidates of a night's checks, and watch the drifts that a pairing shows.

    A pairing is one with a baseline's origin. May be repeated.

    Raises:
        TransientError: the forge or git is away; calling again goes on.
    """
    if check.kind != "nightly" or is_of_pull_request(check) or verdict.problem is not None:
        return
    source = services.forge.clone_source(repository_of(check))
    commits = (check.head, check.target, check.base)
    mirror = services.mirrors.fetch(check.repository, source, commits)
    keep_candidates(services, check, mirror)
    if is_of_mark(check):
        _watch(services, check, verdict, mirror)


def _watch(services: Services, check: CheckRecord, verdict: Verdict, mirror: Mirror) -> None:
    configuration = _declared(mirror, check.target)
    mark = None if configuration is None else _mark(services, check, mirror, configuration)
    if mark is None or configuration is None:
        log.info("mark_gone", extra={"check": check.id, "origin": check.base})
        return
    for file in mark.expired:
        log.warning("baseline_expired", extra={"check": check.id, "file": file})
    pairing = Pairing(check=check, mark=mark, configuration=configuration, mirror=mirror)
    watch_drifts(services, pairing, verdict)


def _declared(mirror: Mirror, commit: CommitSha) -> Configuration | None:
    data = mirror.read(commit, FILE_NAME)
    try:
        return None if data is None else parse_configuration(data, FILE_NAME).configuration
    except UserError:  # it was sound when the check was planned; another target may be read here
        return None


def _mark(
    services: Services, check: CheckRecord, mirror: Mirror, configuration: Configuration
) -> Mark | None:
    """Find the mark that a check was paired with, as its target has it."""
    known = known_cases(services, check.repository)
    marks = marks_of(mirror, check.target, configuration, known, utc_now(services))
    return marks.of(check.base)
