"""What passes between the bot and a forge, as values."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal

import msgspec

from engine.errors import UserError
from engine.values import CommitSha, RepositoryName


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as the bot reaches it; *installation* is the App's on GitHub."""

    name: RepositoryName
    installation: int | None = None


class Role(IntEnum):
    """What a person may do in a repository; each role holds all that the lower ones do."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


class PullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request as it is now, read live; *ours*: our own App opened it.

    *head_ref* is the branch's name in the repository that it is in, a fork maybe.
    """

    number: int
    state: Literal["open", "closed"]
    head: CommitSha
    base_ref: str
    from_fork: bool
    title: str = ""
    draft: bool = False
    merged: bool = False
    author: str = ""
    head_ref: str = ""
    labels: tuple[str, ...] = ()
    ours: bool = False


class Conclusion(StrEnum):
    """How a check run ends."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    ACTION_REQUIRED = "action_required"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """A remark on a line of the head commit."""

    path: str
    line: int
    level: Literal["failure", "warning", "notice"]
    title: str
    message: str


class CheckAction(msgspec.Struct, frozen=True, kw_only=True):
    """A button of a check run: at most 20, 40 and 20 characters, and 3 buttons a check run."""

    label: str
    description: str
    identifier: str


class CheckRun(msgspec.Struct, frozen=True, kw_only=True):
    """The wanted state of one check run; (head, name, external_id) names it."""

    name: str
    head: CommitSha
    external_id: str
    status: Literal["queued", "in_progress", "completed"]
    conclusion: Conclusion | None = None
    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    details_url: str | None = None
    actions: tuple[CheckAction, ...] = ()


class CloneSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where git fetches a repository from; *header* is secret and never put in an argv."""

    url: str
    header: str | None = None

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"CloneSource(url={self.url!r})"


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A branch as it is now; *ours*: our own App made the commit at its tip."""

    tip: CommitSha
    ours: bool


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file to write with *content*, or to remove (None)."""

    path: str
    content: bytes | None


class BranchMovedError(UserError):
    """A branch is not where it was expected: somebody pushed to it, and nothing was written."""


ReviewState = Literal["approved", "changes_requested", "commented", "dismissed", "pending"]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A review of a pull request as it stands; *commit* is the head that was reviewed."""

    author: str
    state: ReviewState
    commit: CommitSha | None


class OpenedIssue(msgspec.Struct, frozen=True, kw_only=True):
    """An issue of our own, as it stands."""

    number: int
    title: str
    body: str
    open: bool


class HookDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of the forge to deliver a webhook; attempts of one event share the *guid*.

    *status_code* is what was answered, 0 when nobody did.
    """

    id: int
    guid: str
    event: str
    action: str | None
    delivered_utc: datetime
    status_code: int
    redelivery: bool


class HookDeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries, newest first, and what to ask for the next older ones with (None: no more)."""

    deliveries: tuple[HookDelivery, ...]
    older: str | None = None


class HookPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook carried; its *body* is encoded anew, so no signature fits it."""

    headers: dict[str, str]
    body: bytes
