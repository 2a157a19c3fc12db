"""What the GitHub App asks for: the one table of manifest, ``doctor`` and documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["read", "write"]

_LEVELS = ("read", "write", "admin")


@dataclass(frozen=True, slots=True)
class WantedPermission:
    """A repository permission: GitHub's name, the least level, the App page's word, and why."""

    name: str
    level: Level
    shown: str
    why: str


@dataclass(frozen=True, slots=True)
class WantedEvent:
    """An event to subscribe to: GitHub's name, the App page's word, and what it is for."""

    name: str
    shown: str
    why: str


PERMISSIONS: tuple[WantedPermission, ...] = (
    WantedPermission("checks", "write", "Checks", "shows check runs with buttons and annotations"),
    WantedPermission(
        "contents",
        "write",
        "Contents",
        "reads commits; writes branches `highwater/baseline/…`, and no other",
    ),
    WantedPermission("issues", "write", "Issues", "sets labels; opens an issue for each drift"),
    WantedPermission("merge_queues", "read", "Merge queues", "hears of groups in a merge queue"),
    WantedPermission("metadata", "read", "Metadata", "reads the role of who writes a command"),
    WantedPermission(
        "pull_requests",
        "write",
        "Pull requests",
        "comments, reacts, and opens the pull requests of promotions",
    ),
)
EVENTS: tuple[WantedEvent, ...] = (
    WantedEvent("check_run", "Check run", "re-runs and buttons"),
    WantedEvent("check_suite", "Check suite", "heads of forks, and re-runs of all checks"),
    WantedEvent("issue_comment", "Issue comment", "commands"),
    WantedEvent("merge_group", "Merge group", "merge queues"),
    WantedEvent("pull_request", "Pull request", "what is measured"),
    WantedEvent("pull_request_review", "Pull request review", "approvals of promotions"),
    WantedEvent("push", "Push", "the history of the default branch"),
)
ALWAYS_SENT = frozenset({"installation", "installation_repositories", "ping"})  # unasked


def lacking_permissions(held: dict[str, str]) -> list[str]:
    """Name the permissions that are not among *held*, or at a lower level.

    >>> lacking_permissions({one.name: "admin" for one in PERMISSIONS})
    []
    """
    return [
        f"{one.shown}: {one.level}"
        for one in PERMISSIONS
        if held.get(one.name) not in _LEVELS[_LEVELS.index(one.level) :]
    ]


def lacking_events(subscribed: list[str]) -> list[str]:
    """Name the events that are not among *subscribed*.

    >>> lacking_events([one.name for one in EVENTS if one.name != "push"])
    ['Push']
    """
    return [one.shown for one in EVENTS if one.name not in subscribed]
