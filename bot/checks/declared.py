"""What a repository declares, read at the commits that may decide it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.ports import Forge, PullRequest, Repository
from engine.configuration import FILE_NAME, Configuration, Policy
from engine.configuration_file import parse_configuration
from engine.errors import UserError
from engine.values import CommitSha


@dataclass(frozen=True, slots=True)
class Silent:
    """Neither the target nor head declares anything: the bot says nothing."""


@dataclass(frozen=True, slots=True)
class OnlyAtHead:
    """Head proposes a file; it applies after the merge. *problem*: what is wrong with it."""

    problem: UserError | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that decides is broken, at the target's tip or the default branch's."""

    target: CommitSha
    problem: UserError


@dataclass(frozen=True, slots=True)
class Declared:
    """A valid declaration: suites of the target's tip, policy of the default branch's tip.

    *head_problem* is what is wrong with head's own copy, which decides nothing yet.
    """

    target: CommitSha
    policy_commit: CommitSha
    policy: Policy
    configuration: Configuration
    head_problem: UserError | None


Declaration = Silent | OnlyAtHead | Broken | Declared


def read_declaration(forge: Forge, repository: Repository, pull: PullRequest) -> Declaration:
    """Read what decides about a pull request, each part at its own commit.

    A fork's head is not read at all: nothing of it matters before a person approves it.
    """
    found = read_of_branch(forge, repository, pull.base_ref)
    if isinstance(found, Silent):
        return _proposed(forge, repository, pull)
    if isinstance(found, Broken) or pull.from_fork:
        return found
    return replace(found, head_problem=_head_problem(forge, repository, pull.head))


def read_of_branch(forge: Forge, repository: Repository, branch: str) -> Silent | Broken | Declared:
    """Read what decides about commits that go to *branch*: suites at its tip, and the policy."""
    target = forge.tip(repository, branch)
    at_target = forge.read_file(repository, target, FILE_NAME)
    if at_target is None:
        return Silent()
    default = forge.default_branch(repository)
    policy_commit = target if default == branch else forge.tip(repository, default)
    try:
        configuration = parse_configuration(at_target, FILE_NAME).configuration
        policy = configuration.policy
        if policy_commit != target:
            policy = _policy(forge, repository, policy_commit)
    except UserError as problem:
        return Broken(target, problem)
    return Declared(
        target=target,
        policy_commit=policy_commit,
        policy=policy,
        configuration=configuration,
        head_problem=None,
    )


def _proposed(forge: Forge, repository: Repository, pull: PullRequest) -> Declaration:
    if pull.from_fork or forge.read_file(repository, pull.head, FILE_NAME) is None:
        return Silent()
    return OnlyAtHead(_head_problem(forge, repository, pull.head))


def _policy(forge: Forge, repository: Repository, commit: CommitSha) -> Policy:
    data = forge.read_file(repository, commit, FILE_NAME)
    if data is None:  # the default branch has no file yet, so it allows what anyone would expect
        return Policy()
    return parse_configuration(data, FILE_NAME).configuration.policy


def _head_problem(forge: Forge, repository: Repository, head: CommitSha) -> UserError | None:
    data = forge.read_file(repository, head, FILE_NAME)
    if data is None:
        return None
    try:
        parse_configuration(data, FILE_NAME)
    except UserError as problem:
        return problem
    return None
