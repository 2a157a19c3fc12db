"""What an event may cause, as a closed set of values."""

from __future__ import annotations

import msgspec

from bot.events import (
    ActionRequested,
    CommentCreated,
    GroupRequested,
    InstallationChanged,
    Pushed,
)
from bot.forge_values import Repository
from engine.configuration import Tier
from engine.values import CommitSha


class SupersedeChecks(msgspec.Struct, frozen=True, kw_only=True):
    """End the pull request's running checks of any head but *head*, and free their runners."""

    repository: Repository
    number: int
    head: CommitSha


class StartCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Measure *head* of a pull request from the repository's own branch.

    *only_new*: unless a check of that head was opened before. *asked_by* is the login of who asks
    for it anew, whatever was measured of it; *tier* is what they ask for.
    """

    repository: Repository
    number: int
    head: CommitSha
    only_new: bool = False
    asked_by: str | None = None
    tier: Tier | None = None


class RefuseFork(msgspec.Struct, frozen=True, kw_only=True):
    """Conclude *head* of a fork's pull request unmeasured: it is not checked out nor run.

    *only_new*: unless a check of that head was opened before.
    """

    repository: Repository
    number: int
    head: CommitSha
    only_new: bool = False


class StartHead(msgspec.Struct, frozen=True, kw_only=True):
    """Look at the pull requests of *head*, unless their own events were seen: none is lost."""

    repository: Repository
    head: CommitSha
    pull_requests: tuple[int, ...]


class RestartCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Measure again what the check run *external_id* on *head* stood for."""

    repository: Repository
    name: str
    external_id: str
    head: CommitSha
    pull_requests: tuple[int, ...]
    asked_by: str | None = None


class RestartHead(msgspec.Struct, frozen=True, kw_only=True):
    """Measure again everything that was checked on *head*."""

    repository: Repository
    head: CommitSha
    pull_requests: tuple[int, ...]
    asked_by: str | None = None


class EndChecks(msgspec.Struct, frozen=True, kw_only=True):
    """End the running checks of a pull request that was closed, and free their runners."""

    repository: Repository
    number: int


class MeasurePush(msgspec.Struct, frozen=True, kw_only=True):
    """Measure what the default branch has become against what it was: the suites of pushes."""

    push: Pushed


class MeasureGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Check a merge queue's group as a pull request is checked; its roll-up always concludes."""

    group: GroupRequested


class EndGroup(msgspec.Struct, frozen=True, kw_only=True):
    """End the running checks of a merge queue's group that is gone, and free their runners."""

    repository: Repository
    head: CommitSha


class ChangeRepositories(msgspec.Struct, frozen=True, kw_only=True):
    """Note which repositories the App has; what is measured of those that it lost is ended."""

    change: InstallationChanged


class StartNight(msgspec.Struct, frozen=True, kw_only=True):
    """Begin a repository's night: compare, pair with its baselines' origins, certify runners."""

    repository: Repository
    due_utc: str


class PairWithBaselines(msgspec.Struct, frozen=True, kw_only=True):
    """Pair a pull request's head with the commits of the baselines that hold for its target."""

    repository: Repository
    number: int
    head: CommitSha
    base_ref: str
    asked_by: str


class AnswerComment(msgspec.Struct, frozen=True, kw_only=True):
    """Do what the commands of a person's comment ask for, as far as their role allows."""

    comment: CommentCreated


class AnswerButton(msgspec.Struct, frozen=True, kw_only=True):
    """Do what a button of a check run asks for, by the same rules."""

    press: ActionRequested


class FollowPromotions(msgspec.Struct, frozen=True, kw_only=True):
    """Bring what promotions wait for up to date: the pull request is theirs, or they came of it."""

    repository: Repository
    number: int


Action = (
    StartCheck
    | RefuseFork
    | SupersedeChecks
    | StartHead
    | RestartCheck
    | RestartHead
    | EndChecks
    | MeasurePush
    | MeasureGroup
    | EndGroup
    | ChangeRepositories
    | StartNight
    | PairWithBaselines
    | AnswerComment
    | AnswerButton
    | FollowPromotions
)
