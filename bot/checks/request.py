"""A wish to have a head checked, and the record that a check begins with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.ports import PullRequest, Repository
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.values import CheckId, CommitSha


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to check *head* of a pull request; *cause* (a delivery's id) makes it repeatable.

    *again*: a person asks anew, so a check of the same head that is running gives way.
    *attempt* counts how often the wish was taken up, this time included.
    """

    repository: Repository
    number: int
    head: CommitSha
    cause: str
    again: bool = False
    attempt: int = 1

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
    )
