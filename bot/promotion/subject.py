"""What a promotion is about, read live: the pull request, what is declared, what is stored."""

from __future__ import annotations

from dataclasses import dataclass

from bot.checks.declared import Broken, Declared, read_declaration
from bot.checks.planning import completed
from bot.mirror import Mirror
from bot.ports import PullRequest, Repository
from bot.services import Services
from bot.store.promotions import PromotionRecord
from engine.configuration import FILE_NAME, Suite
from engine.errors import UserError, Where
from engine.values import CommitSha

_PROMOTABLE = "A benchmark or overhead suite, or a sweep that names its `baseline`, has one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A promotion with all that it is decided by; *base* is what its head is measured against."""

    repository: Repository
    pull: PullRequest
    record: PromotionRecord
    declared: Declared
    mirror: Mirror
    base: CommitSha
    suite: Suite

    @property
    def tags(self) -> tuple[str, ...]:
        """The suite's hardware tags."""
        return tuple(sorted(set(self.suite.runs_on)))


def declaration_of(services: Services, repository: Repository, pull: PullRequest) -> Declared:
    """Read what is declared for a pull request.

    Raises:
        UserError: nothing is, or it is broken.
    """
    found = read_declaration(services.forge, repository, pull)
    if isinstance(found, Declared):
        return found
    if isinstance(found, Broken):
        raise found.problem
    problem = f"the branch {pull.base_ref} has no {FILE_NAME}, so there is nothing to promote."
    raise UserError(problem, None, "Merge one first.")


def read_subject(
    services: Services,
    repository: Repository,
    pull: PullRequest,
    record: PromotionRecord,
    declared: Declared,
) -> Subject:
    """Fetch the commits that a promotion is about.

    Raises:
        UserError: the suite is not declared (any more), or nothing tells what head is
            compared with.
        TransientError: git or the forge is away.
    """
    suite = declared.configuration.suites.get(record.suite)
    if suite is None:
        where = Where(FILE_NAME, None, "suites")
        problem = f"declares no suite {record.suite} at {declared.target[:7]}."
        raise UserError(problem, where, _PROMOTABLE)
    source = services.forge.clone_source(repository)
    commits = (declared.target, pull.head)
    mirror = services.mirrors.fetch(repository.name, source, commits)
    base = _base(services, repository, pull, declared, mirror)
    whole = completed(declared.configuration, mirror, base)
    return Subject(
        repository=repository,
        pull=pull,
        record=record,
        declared=declared,
        mirror=mirror,
        base=base,
        suite=whole.suites[record.suite],
    )


def _base(
    services: Services,
    repository: Repository,
    pull: PullRequest,
    declared: Declared,
    mirror: Mirror,
) -> CommitSha:
    """Find what head is compared with: once it is merged, what it was compared with before.

    Raises:
        UserError: it was merged unmeasured.
    """
    base = mirror.merge_base(declared.target, pull.head)
    if base != pull.head:
        return base
    checks = services.checks.checks_of_head(repository.name, pull.number, pull.head)
    known = [check.base for check in checks if check.base != pull.head]
    if known:
        return known[-1]
    problem = f"#{pull.number} was merged before any of it was measured."
    raise UserError(problem, None, "Promote the next pull request, or the nightly's candidate.")
