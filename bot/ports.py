"""What the bot asks of the outside: the forge, the queue of the runners, the clock.

Each port has two implementations or more, held to one contract by ``tests/contract``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.forge_values import (
    Annotation,
    Branch,
    BranchMovedError,
    CheckAction,
    CheckRun,
    CloneSource,
    Conclusion,
    FileChange,
    HookDelivery,
    HookDeliveryPage,
    HookPayload,
    OpenedIssue,
    PullRequest,
    Repository,
    Review,
    ReviewState,
    Role,
)
from engine.orders import RunOrder
from engine.values import CommitSha, RepositoryName, RunId
from worker.queue.heartbeat import RunnerState
from worker.queue.names import Lane
from worker.queue.progress import Progress


class Forge(Protocol):
    """GitHub, or what stands for it. Raises TransientError where another try may help."""

    def default_branch(self, repository: Repository) -> str:
        """Name the default branch."""

    def name_of(self, repository: Repository, forge_id: int) -> RepositoryName | None:
        """Give the present name of the repository of an id, which *repository* names by another.

        None: there is none of that id, or none that is reached.
        """

    def tip(self, repository: Repository, branch: str) -> CommitSha:
        """Give the commit at a branch's tip; UserError when there is no such branch."""

    def pull_request(self, repository: Repository, number: int) -> PullRequest:
        """Read a pull request live."""

    def read_file(self, repository: Repository, commit: CommitSha, path: str) -> bytes | None:
        """Read a file at a commit; None when the commit has no such file."""

    def forget_installation(self, installation: int) -> None:
        """Drop what is kept to reach an installation: the App was taken off it."""

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

    def permission(self, repository: Repository, login: str) -> Role:
        """Read live what a person may do; NONE for who is not known there."""

    def react(self, repository: Repository, comment: int, content: str = "eyes") -> None:
        """React to a comment; a second time does nothing. UserError when it is gone."""

    def set_label(self, repository: Repository, number: int, label: str, *, present: bool) -> None:
        """Add a label to a pull request, or take it off; what is so already stays."""

    def pull_requests_of(self, repository: Repository, head: CommitSha) -> tuple[int, ...]:
        """Name the open pull requests whose head is this commit, forks' too, lowest first."""

    def branch(self, repository: Repository, name: str) -> Branch | None:
        """Read a branch; None when there is none of that name."""

    def put_commit(  # noqa: PLR0913 - a commit has so many parts
        self,
        repository: Repository,
        branch: str,
        parent: CommitSha,
        changes: Sequence[FileChange],
        message: str,
        *,
        replaces: CommitSha | None,
    ) -> CommitSha:
        """Make *branch* one commit of ours on top of *parent*; gives it.

        The branch must be at *replaces* (None: must not be there). One that is this very commit
        already, by parent, files and message, is left alone.

        Raises:
            BranchMovedError: the branch is elsewhere; it is left alone.
        """

    def find_pull_request(self, repository: Repository, head_branch: str) -> int | None:
        """Find the open pull request of a branch of the repository itself; the lowest number."""

    def put_pull_request(
        self, repository: Repository, head_branch: str, base_ref: str, title: str, body: str
    ) -> int:
        """Open a pull request of a branch, or bring the open one to this; gives its number."""

    def reviews(self, repository: Repository, number: int) -> tuple[Review, ...]:
        """List a pull request's reviews, oldest first, through all pages."""

    def find_issue(self, repository: Repository, marker: str) -> OpenedIssue | None:
        """Find our own issue, open or closed, whose body holds *marker*; the lowest number."""

    def put_issue(
        self, repository: Repository, marker: str, title: str, body: str, *, is_open: bool
    ) -> int | None:
        """Create our one issue whose body holds *marker*, or bring it to this; gives its number.

        None: there is none, and none is opened only to be closed.
        """


class HookDeliveries(Protocol):
    """The forge's own list of the webhooks that it sent, for the last few days."""

    def recent(self, older: str | None = None) -> HookDeliveryPage:
        """List a page of deliveries, the newest without *older*."""

    def payload(self, delivery: int) -> HookPayload:
        """Read what a delivery carried; UserError when it is gone."""

    def redeliver(self, delivery: int) -> None:
        """Have the forge deliver it again, under the same guid."""


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

    def progress(self, run: RunId) -> Progress | None:
        """Say how far the runner is with the run; None before it has said anything."""

    def position(self, run: RunId) -> int | None:
        """Count the orders ahead of a waiting one on its queue; None when it does not wait."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Give the time now, in UTC, aware."""


__all__ = [
    "Annotation",
    "Branch",
    "BranchMovedError",
    "CheckAction",
    "CheckRun",
    "Clock",
    "CloneSource",
    "Conclusion",
    "FileChange",
    "Forge",
    "HookDeliveries",
    "HookDelivery",
    "HookDeliveryPage",
    "HookPayload",
    "OpenedIssue",
    "OrderQueue",
    "Progress",
    "PullRequest",
    "Repository",
    "Review",
    "ReviewState",
    "Role",
    "RunnerState",
]
