"""Checks of commits that belong to no pull request: pushed ones, merge groups, nightly ones."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from bot.checks.abandon import end_abandoned
from bot.checks.beginning import announce, begin
from bot.checks.declared import Broken, Declared, Silent, read_of_branch
from bot.checks.opening import Asked
from bot.checks.request import Wish
from bot.git import git
from bot.mirror import Mirror
from bot.ports import Repository
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.configuration import Tier, When
from engine.findings import VerdictKind
from engine.values import CheckId, CommitSha
from worker.queue.names import Lane


class CommitRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to have *head* compared with *base*, or with its first parent.

    *ref* is what was pushed or grouped, *base_ref* the branch whose tip declares what is measured.
    *cause* makes it repeatable. *suites* names the only ones that are wanted, *whole* asks for
    those none of whose paths changed as well, *fresh* leaves out what was measured before.
    """

    repository: Repository
    kind: VerdictKind
    head: CommitSha
    base: CommitSha | None = None
    ref: str
    base_ref: str
    cause: str
    events: tuple[When, ...]
    suites: tuple[str, ...] = ()
    tier: Tier | None = None
    pairs: int | None = None
    fresh: bool = False
    whole: bool = False
    lane: Lane = "pr"
    requested_by: str | None = None
    attempt: int = 1

    @property
    def check(self) -> CheckId:
        """The id of the check that this request starts, the same at every attempt."""
        material = f"{self.repository.name}/{self.kind}/{self.head}/{self.cause}"
        return CheckId(f"c{hashlib.sha256(material.encode()).hexdigest()[:15]}")


def start_commit_check(services: Services, request: CommitRequest) -> CheckRecord | None:
    """Start the check of a commit; None where the branch declares nothing that it asks for.

    Called again for the same request, it goes on with what the first call has stored.

    Raises:
        TransientError: the forge, git or the queue is away; repeating the call goes on.
        UserError: the forge refuses something for good, or the branch is gone.
    """
    declaration = read_of_branch(services.forge, request.repository, request.base_ref)
    if isinstance(declaration, Silent) or not _is_asked_for(declaration, request):
        return None
    bare = _bare_record(request, declaration.target, services.clock.now())
    if announce(services, bare):
        mirror = _mirror(services, request, declaration.target)
        begin(services, bare, declaration, mirror, _asked(request, mirror))
    return services.checks.check(request.check)


def abandon_commit_check(services: Services, request: CommitRequest) -> None:
    """End what ``start_commit_check`` has begun.

    Raises:
        TransientError: the forge is away, or somebody else works on the check.
    """
    if services.checks.check(request.check) is not None:
        end_abandoned(services, request.check, request.cause)


def _is_asked_for(declaration: Declared | Broken, request: CommitRequest) -> bool:
    """Whether there is anything to show: people require the roll-up of a merge group alone."""
    if request.kind == "merge_group":
        return True
    if isinstance(declaration, Broken):
        return request.kind == "nightly"
    suites = declaration.configuration.suites
    if request.suites:
        return any(name in suites for name in request.suites)
    return any(set(request.events) & set(suite.when) for suite in suites.values())


def _bare_record(request: CommitRequest, target: CommitSha, now: datetime) -> CheckRecord:
    return CheckRecord(
        id=request.check,
        repository=request.repository.name,
        installation=request.repository.installation,
        pull_request=None,
        head=request.head,
        base=request.base or request.head,
        target=target,
        policy_commit=None,
        base_ref=request.base_ref,
        opened_utc=now,
        claimed_until_utc=now,
        retry_utc=now,
        kind=request.kind,
        tier=request.tier,
        requested_by=request.requested_by,
        ref=request.ref,
    )


def _mirror(services: Services, request: CommitRequest, target: CommitSha) -> Mirror:
    source = services.forge.clone_source(request.repository)
    wanted = {target, request.head} | ({request.base} if request.base else set())
    return services.mirrors.fetch(request.repository.name, source, sorted(wanted))


def _asked(request: CommitRequest, mirror: Mirror) -> Asked:
    wish = Wish(
        suites=request.suites, tier=request.tier, pairs=request.pairs, events=request.events
    )
    base = request.base or _first_parent(mirror, request.head)
    return Asked(wish, base=base, fresh=request.fresh, whole=request.whole, lane=request.lane)


def _first_parent(mirror: Mirror, head: CommitSha) -> CommitSha:
    """Give what a branch was at before its last commit; the very first commit is its own base."""
    listed = git(mirror.directory, "rev-list", "--parents", "--max-count=1", head)
    _, *parents = listed.decode().split()
    return CommitSha(parents[0]) if parents else head
