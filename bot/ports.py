"""What the bot asks of the outside: the forge, the queue of the runners, the clock.

Each port has two implementations or more, held to one contract by ``tests/contract``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from engine.orders import RunOrder
from engine.values import CommitSha, RepositoryName, RunId
from worker.queue.heartbeat import RunnerState
from worker.queue.names import Lane


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as the bot reaches it; *installation* is the App's on GitHub."""

    name: RepositoryName
    installation: int | None = None


class PullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request as it is now, read live."""

    number: int
    state: Literal["open", "closed"]
    head: CommitSha
    base_ref: str
    from_fork: bool
    title: str = ""


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


class CloneSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where git fetches a repository from; *header* is secret and never put in an argv."""

    url: str
    header: str | None = None

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"CloneSource(url={self.url!r})"


class Forge(Protocol):
    """GitHub, or what stands for it. Raises TransientError where another try may help."""

    def default_branch(self, repository: Repository) -> str:
        """Name the default branch."""

    def tip(self, repository: Repository, branch: str) -> CommitSha:
        """Give the commit at a branch's tip; UserError when there is no such branch."""

    def pull_request(self, repository: Repository, number: int) -> PullRequest:
        """Read a pull request live."""

    def read_file(self, repository: Repository, commit: CommitSha, path: str) -> bytes | None:
        """Read a file at a commit; None when the commit has no such file."""

    def clone_source(self, repository: Repository) -> CloneSource:
        """Say where git may fetch the repository, pull request heads included."""

    def put_check_run(self, repository: Repository, run: CheckRun) -> int:
        """Create the check run, or bring the existing one of that name to this state."""

    def find_comment(self, repository: Repository, number: int, marker: str) -> int | None:
        """Find our own comment that holds *marker*, through all pages; the lowest id wins."""

    def put_comment(self, repository: Repository, number: int, marker: str, body: str) -> int:
        """Create or edit our one comment whose body holds *marker*; gives its id."""

    def add_comment(self, repository: Repository, number: int, body: str) -> int:
        """Add a further comment, which notifies people; gives its id."""


class OrderQueue(Protocol):
    """The runners' queues, by hardware tags."""

    def submit(self, order: RunOrder, tags: Sequence[str], lane: Lane = "pr") -> None:
        """Put an order on its tags' queue; a second time for the same run does nothing."""

    def cancel(self, run: RunId) -> None:
        """Take the order off its queue, or stop the runner's work on it and free the runner."""

    def runners(self) -> tuple[RunnerState, ...]:
        """List the runners whose heartbeat is fresh."""

    def lost(self) -> tuple[RunId, ...]:
        """List the started or half-taken orders whose runner is not live any more."""

    def ended(self, run: RunId) -> bool:
        """Whether the order has ended as far as the queue knows; of its report it knows nothing."""

    def requeue(self, run: RunId) -> None:
        """Put a lost order, or one that ended without a report, back at the front of its queue."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Give the time now, in UTC, aware."""


__all__ = [
    "Annotation",
    "CheckRun",
    "Clock",
    "CloneSource",
    "Conclusion",
    "Forge",
    "OrderQueue",
    "PullRequest",
    "Repository",
    "RunnerState",
]
