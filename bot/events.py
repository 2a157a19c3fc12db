"""What GitHub tells us, as a closed set of values. Pure: name and body in, one event out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeVar

import msgspec

from bot.ports import Repository
from engine.errors import UserError, Where
from engine.values import CommitSha, RepositoryName

RepositoryText = Annotated[
    RepositoryName,
    msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z"),
]
ShaText = Annotated[CommitSha, msgspec.Meta(pattern=r"^[0-9a-f]{40}\Z")]
_T = TypeVar("_T")
PullRequestAction = Literal["opened", "synchronize", "reopened"]


class PullRequestUpdated(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request has a head that was not looked at yet, or is open again."""

    repository: Repository
    number: int
    action: PullRequestAction
    head: CommitSha
    base_ref: str
    from_fork: bool


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


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """GitHub tries the webhook *hook* out."""

    hook: int


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """Anything that means nothing to this version; *reason* says why, for the log."""

    event: str
    action: str | None
    reason: str


Event = PullRequestUpdated | CheckRunRerequested | Ping | Ignored


def parse_event(name: str, body: bytes) -> Event:
    """Parse the delivery of event *name* (the header ``X-GitHub-Event``) with its raw body.

    Raises:
        UserError: the body is not the JSON that GitHub documents for an event we handle.
    """
    parsers = _PARSERS.get(name)
    if parsers is None:
        return Ignored(event=name, action=None, reason="not an event that is handled")
    action = _decode(name, body, _Action).action
    parse = parsers.get(action)
    if parse is None:
        return Ignored(event=name, action=action, reason="not an action that is handled")
    return parse(name, body)


class _Action(msgspec.Struct, frozen=True):
    action: str | None = None


class _Repository(msgspec.Struct, frozen=True):
    full_name: RepositoryText


class _Installation(msgspec.Struct, frozen=True):
    id: int


class _Branch(msgspec.Struct, frozen=True):
    ref: str
    sha: ShaText
    repo: _Repository | None  # null: the fork was deleted


class _PullRequest(msgspec.Struct, frozen=True):
    number: int
    head: _Branch
    base: _Branch


class _PullRequestBody(msgspec.Struct, frozen=True):
    action: PullRequestAction
    pull_request: _PullRequest
    repository: _Repository
    installation: _Installation | None = None


class _Numbered(msgspec.Struct, frozen=True):
    number: int


class _CheckRun(msgspec.Struct, frozen=True):
    id: int
    name: str
    head_sha: ShaText
    external_id: str | None = None
    pull_requests: tuple[_Numbered, ...] = ()


class _CheckRunBody(msgspec.Struct, frozen=True):
    check_run: _CheckRun
    repository: _Repository
    installation: _Installation | None = None


class _PingBody(msgspec.Struct, frozen=True):
    hook_id: int


_Body = _PullRequestBody | _CheckRunBody


def _pull_request(name: str, body: bytes) -> PullRequestUpdated:
    parsed = _decode(name, body, _PullRequestBody)
    pull_request = parsed.pull_request
    origin = pull_request.head.repo
    return PullRequestUpdated(
        repository=_repository(parsed),
        number=pull_request.number,
        action=parsed.action,
        head=pull_request.head.sha,
        base_ref=pull_request.base.ref,
        # A deleted origin cannot be told from a fork: what is not surely our own is a fork.
        from_fork=origin is None or origin.full_name != parsed.repository.full_name,
    )


def _rerequested(name: str, body: bytes) -> CheckRunRerequested:
    parsed = _decode(name, body, _CheckRunBody)
    return CheckRunRerequested(
        repository=_repository(parsed),
        check_run=parsed.check_run.id,
        name=parsed.check_run.name,
        external_id=parsed.check_run.external_id or "",
        head=parsed.check_run.head_sha,
        pull_requests=tuple(each.number for each in parsed.check_run.pull_requests),
    )


def _ping(name: str, body: bytes) -> Ping:
    return Ping(hook=_decode(name, body, _PingBody).hook_id)


# One row for each event and action that is handled; every other is ignored.
_PARSERS: Mapping[str, Mapping[str | None, Callable[[str, bytes], Event]]] = {
    "pull_request": {
        "opened": _pull_request,
        "synchronize": _pull_request,
        "reopened": _pull_request,
    },
    "check_run": {"rerequested": _rerequested},
    "ping": {None: _ping},
}
HANDLED_EVENTS = tuple(_PARSERS)


def _repository(body: _Body) -> Repository:
    installation = None if body.installation is None else body.installation.id
    return Repository(name=body.repository.full_name, installation=installation)


def _decode(name: str, body: bytes, kind: type[_T]) -> _T:
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
