"""What the forge tells us, as a closed set of values."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from bot.event_bodies import PullRequestAction
from bot.forge_values import Repository
from engine.values import CommitSha, RepositoryName

NIGHTLY = "highwater:nightly"  # no header of GitHub's can hold a colon here: it comes from inside


class PullRequestUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request has a head that was not looked at yet, or another target, or is open again."""

    repository: Repository
    number: int
    action: PullRequestAction
    head: CommitSha
    base_ref: str
    from_fork: bool


class PullRequestLabeled(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody put *label* on a pull request; *by_bot*: no person did, we ourselves maybe."""

    repository: Repository
    number: int
    label: str
    head: CommitSha
    base_ref: str
    from_fork: bool
    sender: str
    by_bot: bool


class PullRequestClosed(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request was closed, by merging it maybe."""

    repository: Repository
    number: int
    merged: bool
    head: CommitSha
    head_ref: str
    base_ref: str
    from_fork: bool


class ReviewChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody reviewed a pull request, or a review of it was dismissed."""

    repository: Repository
    number: int
    action: Literal["submitted", "dismissed"]
    head: CommitSha
    author: str
    state: str  # approved, changes_requested, commented, dismissed


class CommentCreated(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody commented on a pull request, or a plain issue; *created_utc* as the forge tells."""

    repository: Repository
    number: int
    on_pull_request: bool
    comment: int
    author: str
    by_bot: bool
    body: str
    created_utc: datetime | None = None


class CheckRunRerequested(msgspec.Struct, frozen=True, kw_only=True):
    """A person asked to run one of our check runs again.

    *external_id* is what we gave the check run; *pull_requests* is empty for a fork's.
    """

    repository: Repository
    check_run: int
    name: str
    external_id: str
    head: CommitSha
    pull_requests: tuple[int, ...]
    sender: str = ""


class ActionRequested(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody pressed the button *identifier* of a check run, of ours or of another App."""

    repository: Repository
    check_run: int
    name: str
    external_id: str
    head: CommitSha
    pull_requests: tuple[int, ...]
    identifier: str
    sender: str
    by_bot: bool


class SuiteRequested(msgspec.Struct, frozen=True, kw_only=True):
    """All our checks of a commit are wanted: for a push (requested), or again by a person.

    *pull_requests* is empty for a fork's, and for a push before its pull request.
    """

    repository: Repository
    action: Literal["requested", "rerequested"]
    head: CommitSha
    head_branch: str | None
    pull_requests: tuple[int, ...]
    sender: str
    by_bot: bool


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """A branch was pushed to; *before* is None when it was made, *after* when it was deleted."""

    repository: Repository
    branch: str
    before: CommitSha | None
    after: CommitSha | None
    forced: bool
    to_default_branch: bool
    sender: str
    by_bot: bool


class GroupRequested(msgspec.Struct, frozen=True, kw_only=True):
    """A merge queue wants *head*, a group of pull requests on top of *base*, checked."""

    repository: Repository
    head: CommitSha
    head_ref: str  # without refs/heads/
    base: CommitSha
    base_ref: str  # without refs/heads/


class GroupDestroyed(msgspec.Struct, frozen=True, kw_only=True):
    """A merge queue has given the group *head* up, or merged it: nobody waits for it any more."""

    repository: Repository
    head: CommitSha


class InstallationChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The App has other repositories now; *gone*: it has lost all of the installation's.

    Where all are gone or back, GitHub may name none of them.
    """

    installation: int
    action: str
    added: tuple[RepositoryName, ...] = ()
    removed: tuple[RepositoryName, ...] = ()
    gone: bool = False


class NightlyDue(msgspec.Struct, frozen=True, kw_only=True):
    """The nightly schedule of a repository is due since *due_utc* (ISO 8601, to the minute)."""

    repository: Repository
    due_utc: str


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """GitHub tries the webhook *hook* out."""

    hook: int


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """Anything that means nothing to this version; *reason* says why, for the log."""

    event: str
    action: str | None
    reason: str


Event = (
    PullRequestUpdated
    | PullRequestLabeled
    | PullRequestClosed
    | ReviewChanged
    | CommentCreated
    | CheckRunRerequested
    | ActionRequested
    | SuiteRequested
    | Pushed
    | GroupRequested
    | GroupDestroyed
    | InstallationChanged
    | NightlyDue
    | Ping
    | Ignored
)
