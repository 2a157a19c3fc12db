"""A wish to have a head checked, and the record that a check begins with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.ports import PullRequest, Repository
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.configuration import Tier, When
from engine.values import CheckId, CommitSha


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a head is to be measured, and how.

    *suites* and *tag* choose among the suites; what they leave out counts as it was measured
    before. *events* are those whose suites run; a suite that is named runs anyway. *pairs*
    becomes the suites' ``max_pairs``. *base* is a branch or commit to compare with instead of the
    target branch: such a check only informs, beside the one that is required.
    """

    suites: tuple[str, ...] = ()
    tag: str | None = None
    pairs: int | None = None
    base: str | None = None
    tier: Tier | None = None
    events: tuple[When, ...] = ("pull_request",)

    @property
    def is_partial(self) -> bool:
        """Whether it leaves suites out."""
        return bool(self.suites) or self.tag is not None


ALL = Wish()


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to check *head* of a pull request; *cause* (a delivery's id) makes it repeatable.

    *again*: a person asks anew, so a check of the same head that is running gives way.
    *attempt* counts how often the wish was taken up, this time included. *requested_by* is the
    login of who asked by name.
    """

    repository: Repository
    number: int
    head: CommitSha
    cause: str
    again: bool = False
    attempt: int = 1
    wish: Wish = ALL
    requested_by: str | None = None

    @property
    def check(self) -> CheckId:
        """The id of the check that this request starts, the same at every attempt."""
        material = f"{self.repository.name}/{self.number}/{self.cause}"
        return CheckId(f"c{hashlib.sha256(material.encode()).hexdigest()[:15]}")


def bare_record(
    services: Services, request: Request, pull: PullRequest, target: CommitSha | None = None
) -> CheckRecord:
    """Make the record of a check before anything but its head (and target) is known."""
    now = services.clock.now()
    return CheckRecord(
        id=request.check,
        repository=request.repository.name,
        installation=request.repository.installation,
        pull_request=request.number,
        head=request.head,
        base=request.head,
        target=target or request.head,
        policy_commit=None,
        base_ref=pull.base_ref,
        opened_utc=now,
        claimed_until_utc=now,
        retry_utc=now,
        tier=request.wish.tier,
        requested_by=request.requested_by,
        ref=request.wish.base,
    )
