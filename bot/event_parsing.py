"""From a delivery's name and body to one event. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from bot import event_bodies as bodies
from bot.event_bodies import decoded
from bot.events import (
    NIGHTLY,
    ActionRequested,
    CheckRunRerequested,
    CommentCreated,
    Event,
    GroupDestroyed,
    GroupRequested,
    Ignored,
    InstallationChanged,
    NightlyDue,
    Ping,
    PullRequestClosed,
    PullRequestLabeled,
    PullRequestUpdated,
    Pushed,
    ReviewChanged,
    SuiteRequested,
)
from bot.forge_values import Repository
from engine.values import CommitSha, RepositoryName

_BRANCHES: Final = "refs/heads/"
_NO_COMMIT: Final = "0" * 40
_GONE: Final = frozenset({"deleted", "suspend"})
_BACK: Final = frozenset({"created", "unsuspend"})


def parse_event(name: str, body: bytes) -> Event:
    """Parse the delivery of event *name* (the header ``X-GitHub-Event``) with its raw body.

    Raises:
        UserError: the body is not the JSON that GitHub documents for an event we handle.
    """
    parsers = _PARSERS.get(name)
    if parsers is None:
        return Ignored(event=name, action=None, reason="not an event that is handled")
    action = decoded(name, body, bodies.Action).action
    parse = parsers.get(action)
    if parse is None:
        return Ignored(event=name, action=action, reason="not an action that is handled")
    return parse(name, body)


def repository_id(name: str, body: bytes) -> int | None:
    """Read the id that the forge gave the repository of a delivery; None where it tells none.

    Raises:
        UserError: the body is not the JSON that GitHub documents.
    """
    home = decoded(name, body, bodies.Located).repository
    return None if home is None else home.id


def _edited(name: str, body: bytes) -> PullRequestUpdated | Ignored:
    if decoded(name, body, bodies.PullRequestBody).changes.base is None:
        return Ignored(event=name, action="edited", reason="only its words were edited")
    return _updated(name, body)


def _updated(name: str, body: bytes) -> PullRequestUpdated:
    parsed = decoded(name, body, bodies.PullRequestBody)
    return PullRequestUpdated(
        repository=_repository(parsed),
        number=parsed.pull_request.number,
        action=parsed.action,
        head=parsed.pull_request.head.sha,
        base_ref=parsed.pull_request.base.ref,
        from_fork=_from_fork(parsed, parsed.pull_request),
    )


def _labeled(name: str, body: bytes) -> PullRequestLabeled:
    parsed = decoded(name, body, bodies.LabeledBody)
    return PullRequestLabeled(
        repository=_repository(parsed),
        number=parsed.pull_request.number,
        label=parsed.label.name,
        head=parsed.pull_request.head.sha,
        base_ref=parsed.pull_request.base.ref,
        from_fork=_from_fork(parsed, parsed.pull_request),
        sender=parsed.sender.login,
        by_bot=parsed.sender.by_bot,
    )


def _closed(name: str, body: bytes) -> PullRequestClosed:
    parsed = decoded(name, body, bodies.ClosedBody)
    pull = parsed.pull_request
    return PullRequestClosed(
        repository=_repository(parsed),
        number=pull.number,
        merged=pull.merged,
        head=pull.head.sha,
        head_ref=pull.head.ref,
        base_ref=pull.base.ref,
        from_fork=_from_fork(parsed, pull),
    )


def _review(name: str, body: bytes) -> ReviewChanged:
    parsed = decoded(name, body, bodies.ReviewBody)
    author = parsed.review.user or bodies.User()
    return ReviewChanged(
        repository=_repository(parsed),
        number=parsed.pull_request.number,
        action=parsed.action,
        head=parsed.pull_request.head.sha,
        author=author.login,
        state=parsed.review.state.lower(),
    )


def _comment(name: str, body: bytes) -> CommentCreated:
    parsed = decoded(name, body, bodies.CommentBody)
    author = parsed.comment.user or bodies.User()
    return CommentCreated(
        repository=_repository(parsed),
        number=parsed.issue.number,
        on_pull_request=parsed.issue.pull_request is not None,
        comment=parsed.comment.id,
        author=author.login,
        by_bot=author.by_bot or parsed.sender.by_bot,
        body=parsed.comment.body or "",
        created_utc=parsed.comment.created_at,
    )


def _rerequested(name: str, body: bytes) -> CheckRunRerequested:
    parsed = decoded(name, body, bodies.CheckRunBody)
    return CheckRunRerequested(
        repository=_repository(parsed),
        check_run=parsed.check_run.id,
        name=parsed.check_run.name,
        external_id=parsed.check_run.external_id or "",
        head=parsed.check_run.head_sha,
        pull_requests=_numbers(parsed, parsed.check_run.pull_requests),
        sender=parsed.sender.login,
    )


def _pressed(name: str, body: bytes) -> ActionRequested:
    parsed = decoded(name, body, bodies.CheckRunBody)
    pressed = parsed.requested_action or bodies.RequestedAction()
    return ActionRequested(
        repository=_repository(parsed),
        check_run=parsed.check_run.id,
        name=parsed.check_run.name,
        external_id=parsed.check_run.external_id or "",
        head=parsed.check_run.head_sha,
        pull_requests=_numbers(parsed, parsed.check_run.pull_requests),
        identifier=pressed.identifier,
        sender=parsed.sender.login,
        by_bot=parsed.sender.by_bot,
    )


def _suite(name: str, body: bytes) -> SuiteRequested:
    parsed = decoded(name, body, bodies.CheckSuiteBody)
    return SuiteRequested(
        repository=_repository(parsed),
        action=parsed.action,
        head=parsed.check_suite.head_sha,
        head_branch=parsed.check_suite.head_branch,
        pull_requests=_numbers(parsed, parsed.check_suite.pull_requests),
        sender=parsed.sender.login,
        by_bot=parsed.sender.by_bot,
    )


def _push(name: str, body: bytes) -> Pushed | Ignored:
    parsed = decoded(name, body, bodies.PushBody)
    if not parsed.ref.startswith(_BRANCHES):
        return Ignored(event=name, action=None, reason="a tag, or another ref that is no branch")
    branch = parsed.ref.removeprefix(_BRANCHES)
    return Pushed(
        repository=_repository(parsed),
        branch=branch,
        before=_commit(parsed.before),
        after=_commit(parsed.after),
        forced=parsed.forced,
        to_default_branch=branch == parsed.repository.default_branch,
        sender=parsed.sender.login,
        by_bot=parsed.sender.by_bot,
    )


def _group(name: str, body: bytes) -> GroupRequested:
    parsed = decoded(name, body, bodies.MergeGroupBody)
    group = parsed.merge_group
    return GroupRequested(
        repository=_repository(parsed),
        head=group.head_sha,
        head_ref=group.head_ref.removeprefix(_BRANCHES),
        base=group.base_sha,
        base_ref=group.base_ref.removeprefix(_BRANCHES),
    )


def _destroyed(name: str, body: bytes) -> GroupDestroyed:
    parsed = decoded(name, body, bodies.MergeGroupBody)
    return GroupDestroyed(repository=_repository(parsed), head=parsed.merge_group.head_sha)


def _installation(name: str, body: bytes) -> InstallationChanged:
    parsed = decoded(name, body, bodies.InstallationBody)
    gone = name == "installation" and parsed.action in _GONE
    added = parsed.repositories if parsed.action in _BACK else ()
    removed = parsed.repositories if gone else ()
    return InstallationChanged(
        installation=parsed.installation.id,
        action=parsed.action,
        added=_names((*added, *parsed.repositories_added)),
        removed=_names((*removed, *parsed.repositories_removed)),
        gone=gone,
    )


def _nightly(name: str, body: bytes) -> NightlyDue:
    parsed = decoded(name, body, bodies.NightlyBody)
    return NightlyDue(repository=_repository(parsed), due_utc=parsed.due_utc)


def _ping(name: str, body: bytes) -> Ping:
    return Ping(hook=decoded(name, body, bodies.PingBody).hook_id)


# One row for each event and action that is handled; every other is ignored.
_PARSERS: Mapping[str, Mapping[str | None, Callable[[str, bytes], Event]]] = {
    "pull_request": {
        "opened": _updated,
        "synchronize": _updated,
        "reopened": _updated,
        "ready_for_review": _updated,
        "labeled": _labeled,
        "closed": _closed,
        "edited": _edited,
    },
    "pull_request_review": {"submitted": _review, "dismissed": _review},
    "issue_comment": {"created": _comment},
    "check_run": {"rerequested": _rerequested, "requested_action": _pressed},
    "check_suite": {"requested": _suite, "rerequested": _suite},
    "push": {None: _push},
    "merge_group": {"checks_requested": _group, "destroyed": _destroyed},
    "installation": dict.fromkeys(
        ("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"), _installation
    ),
    "installation_repositories": dict.fromkeys(("added", "removed"), _installation),
    NIGHTLY: {None: _nightly},
    "ping": {None: _ping},
}
HANDLED_EVENTS = tuple(_PARSERS)
HANDLED = tuple((event, action) for event, actions in _PARSERS.items() for action in actions)


def nightly_body(repository: Repository, due_utc: str) -> bytes:
    """Write the body of our own event, for ``parse_event`` to read."""
    installation = repository.installation
    body: dict[str, object] = {"repository": {"full_name": repository.name}, "due_utc": due_utc}
    if installation is not None:
        body["installation"] = {"id": installation}
    return msgspec.json.encode(body)


def _repository(body: bodies.Body) -> Repository:
    installation = None if body.installation is None else body.installation.id
    return Repository(name=body.repository.full_name, installation=installation)


def _from_fork(body: bodies.Body, pull: bodies.Pull) -> bool:
    # A deleted origin cannot be told from a fork: what is not surely our own is a fork.
    origin = pull.head.repo
    return origin is None or origin.full_name != body.repository.full_name


def _numbers(body: bodies.Body, pulls: tuple[bodies.Numbered, ...]) -> tuple[int, ...]:
    return tuple(each.number for each in pulls if each.is_of(body.repository))


def _names(repositories: tuple[bodies.FullName, ...]) -> tuple[RepositoryName, ...]:
    return tuple(each.full_name for each in repositories)


def _commit(sha: CommitSha) -> CommitSha | None:
    return None if sha == _NO_COMMIT else sha
