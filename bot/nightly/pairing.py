"""Pairing a commit with the origins of the baselines that hold for a branch."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.checks.commits import CommitRequest, start_commit_check
from bot.mirror import Mirror
from bot.nightly.known import known_cases, utc_now
from bot.nightly.marks import Mark, Marks, marks_of
from bot.nightly.names import ref_of_mark
from bot.nightly.night import Night
from bot.ports import Repository
from bot.services import Services
from engine.configuration import FILE_NAME, Configuration
from engine.configuration_file import parse_configuration
from engine.errors import TransientError, UserError
from engine.values import CommitSha

log = logging.getLogger(__name__)


def read_night(services: Services, repository: Repository, cause: str) -> Night | None:
    """Read what is declared for the night: the schedule at the default branch's tip.

    None where nothing is declared any more, or what is declared is broken: the checks of pull
    requests say so.

    Raises:
        TransientError: the forge is away.
    """
    forge = services.forge
    try:
        default = forge.default_branch(repository)
        configuration = _declared(services, repository, forge.tip(repository, default))
        nightly = None if configuration is None else configuration.nightly
        if nightly is None or configuration is None:
            return None
        branch = nightly.branch or default
        tip = forge.tip(repository, branch)
        there = configuration if branch == default else _declared(services, repository, tip)
    except UserError as problem:
        log.warning("no_night", extra={"repository": repository.name, "problem": str(problem)})
        return None
    if there is None:
        return None
    return Night(
        repository=repository,
        branch=branch,
        tip=tip,
        nightly=nightly,
        configuration=there,
        cause=cause,
    )


def fetched(services: Services, night: Night, *commits: CommitSha) -> Mirror:
    """Bring commits into the repository's mirror; raises TransientError as that does."""
    source = services.forge.clone_source(night.repository)
    return services.mirrors.fetch(night.repository.name, source, commits)


def stored_marks(services: Services, night: Night, mirror: Mirror) -> Marks:
    """List the marks at the branch's tip; none where the night is not to pair."""
    if not night.nightly.high_water:
        return Marks()
    known = known_cases(services, night.repository.name)
    return marks_of(mirror, night.tip, night.configuration, known, utc_now(services))


def pairing(night: Night, mark: Mark) -> CommitRequest:
    """Ask for the branch's tip to be paired with a mark."""
    return CommitRequest(
        repository=night.repository,
        kind="nightly",
        head=night.tip,
        base=mark.commit,
        ref=ref_of_mark(night.branch, mark.commit),
        base_ref=night.branch,
        cause=f"{night.cause}/{mark.commit}",
        events=("nightly",),
        suites=mark.suites,
        tier="full",
        whole=True,
        lane="nightly",
    )


def pair(services: Services, night: Night, request: CommitRequest) -> None:
    """Start a pairing; one whose origin nobody can fetch any more is refused.

    Raises:
        TransientError: the forge, git or the queue is away.
        UserError: the origin is gone.
    """
    origin = request.base
    if origin is None or origin == request.head:
        return
    try:
        fetched(services, night, origin)
    except TransientError as gone:  # the tip has just been fetched: it is not the forge
        problem = f"the baseline's commit {origin[:7]} cannot be fetched: {gone}"
        raise UserError(problem, None, "Accept a new baseline.") from gone
    start_commit_check(services, request)


def attempt(night: Night, part: str, step: Callable[[], object]) -> bool:
    """Do one part of a night; False: something is wrong with it, which keeps no other from it."""
    try:
        step()
    except UserError as problem:
        extra = {"repository": night.repository.name, "part": part, "problem": str(problem)}
        log.warning("night_incomplete", extra=extra)
        return False
    return True


def _declared(
    services: Services, repository: Repository, commit: CommitSha
) -> Configuration | None:
    data = services.forge.read_file(repository, commit, FILE_NAME)
    return None if data is None else parse_configuration(data, FILE_NAME).configuration
