"""The parts of GitHub's webhook bodies that we read, and how they are decoded."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec

from engine.errors import UserError, Where
from engine.values import CommitSha, RepositoryName

RepositoryText = Annotated[
    RepositoryName,
    msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z"),
]
ShaText = Annotated[CommitSha, msgspec.Meta(pattern=r"^[0-9a-f]{40}\Z")]
_T = TypeVar("_T")
PullRequestAction = Literal["opened", "synchronize", "reopened", "ready_for_review", "edited"]


class Action(msgspec.Struct, frozen=True):
    """What of an event happened; None: it has no actions."""

    action: str | None = None


class FullName(msgspec.Struct, frozen=True):
    """A repository by its name."""

    full_name: RepositoryText


class Home(msgspec.Struct, frozen=True):
    """The repository that an event is of; its default branch where GitHub says it.

    *id* stays the same when the repository is renamed or transferred.
    """

    full_name: RepositoryText
    default_branch: str = ""
    id: int | None = None


class Located(msgspec.Struct, frozen=True):
    """A body of which only the repository matters; None: it is of none."""

    repository: Home | None = None


class Installation(msgspec.Struct, frozen=True):
    """An installation of the App."""

    id: int


class User(msgspec.Struct, frozen=True):
    """Who did it; *type* is User, Bot or Organization."""

    login: str = ""
    type: str = "User"

    @property
    def by_bot(self) -> bool:
        """Whether it is no person."""
        return self.type != "User"


class Identified(msgspec.Struct, frozen=True):
    """A repository by its id."""

    id: int


class Target(msgspec.Struct, frozen=True):
    """Where a pull request is to be merged."""

    repo: Identified | None = None


class Numbered(msgspec.Struct, frozen=True):
    """A pull request by its number, which is one of the repository of its target."""

    number: int
    base: Target = Target()

    def is_of(self, home: Home) -> bool:
        """Whether it is the repository's own: a fork's that pulls from it is listed as well."""
        target = self.base.repo
        return target is None or home.id in {None, target.id}


class Labelled(msgspec.Struct, frozen=True):
    """A label by its name."""

    name: str


class End(msgspec.Struct, frozen=True):
    """One end of a pull request."""

    ref: str
    sha: ShaText
    repo: FullName | None  # null: the fork was deleted


class Pull(msgspec.Struct, frozen=True):
    """A pull request."""

    number: int
    head: End
    base: End
    merged: bool = False


class Body(msgspec.Struct, frozen=True):
    """What every body of a repository's event has."""

    repository: Home
    installation: Installation | None = None
    sender: User = User()


class Changes(msgspec.Struct, frozen=True):
    """What was edited of a pull request; *base* is there when it has another target now."""

    base: dict[str, object] | None = None


class PullRequestBody(Body, frozen=True, kw_only=True):
    """``pull_request``: opened, synchronize, reopened, ready_for_review, edited."""

    action: PullRequestAction
    pull_request: Pull
    changes: Changes = Changes()


class LabeledBody(Body, frozen=True, kw_only=True):
    """``pull_request``: labeled."""

    pull_request: Pull
    label: Labelled


class ClosedBody(Body, frozen=True, kw_only=True):
    """``pull_request``: closed."""

    pull_request: Pull


class ReviewPart(msgspec.Struct, frozen=True):
    """A review; its author is null when the account is gone."""

    state: str
    user: User | None = None


class ReviewBody(Body, frozen=True, kw_only=True):
    """``pull_request_review``: submitted, dismissed."""

    action: Literal["submitted", "dismissed"]
    review: ReviewPart
    pull_request: Pull


class CheckRunPart(msgspec.Struct, frozen=True):
    """A check run, of any App."""

    id: int
    name: str
    head_sha: ShaText
    external_id: str | None = None
    pull_requests: tuple[Numbered, ...] = ()


class RequestedAction(msgspec.Struct, frozen=True):
    """The button that was pressed."""

    identifier: str = ""


class CheckRunBody(Body, frozen=True, kw_only=True):
    """``check_run``: rerequested, requested_action."""

    check_run: CheckRunPart
    requested_action: RequestedAction | None = None


class CheckSuitePart(msgspec.Struct, frozen=True):
    """All check runs of one App on a commit."""

    id: int
    head_sha: ShaText
    head_branch: str | None = None
    pull_requests: tuple[Numbered, ...] = ()


class CheckSuiteBody(Body, frozen=True, kw_only=True):
    """``check_suite``: requested, rerequested."""

    action: Literal["requested", "rerequested"]
    check_suite: CheckSuitePart


class Comment(msgspec.Struct, frozen=True):
    """A comment; its author is null when the account is gone."""

    id: int
    body: str | None = None
    user: User | None = None
    created_at: datetime | None = None


class Issue(msgspec.Struct, frozen=True):
    """An issue; a pull request is one that has ``pull_request``."""

    number: int
    pull_request: dict[str, object] | None = None


class CommentBody(Body, frozen=True, kw_only=True):
    """``issue_comment``: created."""

    issue: Issue
    comment: Comment


class PushBody(Body, frozen=True, kw_only=True):
    """``push``; 40 zeros stand for no commit."""

    ref: str
    before: ShaText
    after: ShaText
    forced: bool = False


class MergeGroupPart(msgspec.Struct, frozen=True):
    """A group of pull requests that are to be merged together."""

    head_sha: ShaText
    head_ref: str
    base_sha: ShaText
    base_ref: str


class MergeGroupBody(Body, frozen=True, kw_only=True):
    """``merge_group``: checks_requested, destroyed."""

    merge_group: MergeGroupPart


class InstallationBody(msgspec.Struct, frozen=True, kw_only=True):
    """``installation`` and ``installation_repositories``: which repositories the App has."""

    action: str
    installation: Installation
    repositories: tuple[FullName, ...] = ()
    repositories_added: tuple[FullName, ...] = ()
    repositories_removed: tuple[FullName, ...] = ()


class NightlyBody(Body, frozen=True, kw_only=True):
    """Our own event: a schedule is due."""

    due_utc: str


class PingBody(msgspec.Struct, frozen=True):
    """``ping``."""

    hook_id: int


def decoded(name: str, body: bytes, kind: type[_T]) -> _T:
    """Decode the delivery of event *name*.

    Raises:
        UserError: it is not the JSON that GitHub documents.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _not_documented(name, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"the delivery of {name!r} is not JSON."
        remedy = "Set the webhook's content type to application/json and redeliver."
        raise UserError(message, Where("webhook body"), remedy) from error


_PLACE = re.compile(r"(?P<problem>.*?)(?: - at `(?P<path>.*)`)?", re.DOTALL)


def _not_documented(name: str, text: str) -> UserError:
    found = _PLACE.fullmatch(text)
    problem, path = (text, None) if found is None else (found["problem"], found["path"])
    message = f"the delivery of {name!r} is not what GitHub documents: {problem}."
    return UserError(message, Where("webhook body", field=path), "Redeliver it from GitHub.")
