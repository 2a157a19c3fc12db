"""Webhook bodies in GitHub's shape, of what happens on the local forge."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any, Literal

import msgspec

from bot.local.records import OWN_LOGIN, LocalCheckRun, LocalPullRequest
from bot.local.repositories import Source
from bot.ports import CheckRun
from engine.values import CommitSha, RepositoryName

PullRequestAction = Literal["opened", "synchronize", "reopened", "closed"]


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What every payload names: where it happened."""

    repository: RepositoryName
    default_branch: str
    base_sha: CommitSha | None = None  # the tip of a pull request's target
    now: datetime  # finer than a second: what happens twice has two bodies, or it is a duplicate


def pull_request_event(
    action: PullRequestAction,
    scene: Scene,
    local: LocalPullRequest,
    *,
    before: CommitSha | None = None,
) -> bytes:
    """Write the body of a ``pull_request`` event; *before* is the head that a push replaced."""
    head = local.pull_request.head
    payload: dict[str, Any] = {
        "action": action,
        "number": local.pull_request.number,
        "pull_request": _pull_request(scene, local),
        "repository": _repository(scene, scene.repository),
        "sender": _user(_author(scene, local)),
    }
    if before is not None:
        payload |= {"before": before, "after": head}
    return msgspec.json.encode(payload)


def check_run_event(
    action: Literal["rerequested"], scene: Scene, stored: LocalCheckRun, numbers: tuple[int, ...]
) -> bytes:
    """Write the body of a ``check_run`` event; *numbers* are its commit's pull requests."""
    payload = {
        "action": action,
        "check_run": _check_run(scene, stored, numbers),
        "repository": _repository(scene, scene.repository),
        "sender": _user(scene.repository.partition("/")[0]),
    }
    return msgspec.json.encode(payload)


def _pull_request(scene: Scene, local: LocalPullRequest) -> dict[str, Any]:
    wanted = local.pull_request
    source = Source.of(scene.repository, local.head_branch)
    return {
        "id": wanted.number,
        "number": wanted.number,
        "state": wanted.state,
        "updated_at": _time(scene),
        "locked": False,
        "draft": False,
        "title": wanted.title,
        "body": None,
        "user": _user(_author(scene, local)),
        "labels": [],
        "merged": False,
        "author_association": "NONE" if wanted.from_fork else "OWNER",
        "head": _end(scene, source, wanted.head),
        "base": _end(scene, Source(scene.repository, wanted.base_ref), scene.base_sha),
    }


def _end(scene: Scene, source: Source, sha: CommitSha | None) -> dict[str, Any]:
    owner = source.repository.partition("/")[0]
    return {
        "label": f"{owner}:{source.branch}",
        "ref": source.branch,
        "sha": sha,
        "user": _user(owner),
        "repo": _repository(scene, source.repository),
    }


def _repository(scene: Scene, full_name: RepositoryName) -> dict[str, Any]:
    owner, _, name = full_name.partition("/")
    return {
        "id": _number_of(full_name),
        "name": name,
        "full_name": full_name,
        "private": True,
        "owner": _user(owner),
        "fork": full_name != scene.repository,
        "default_branch": scene.default_branch,
    }


def _check_run(scene: Scene, stored: LocalCheckRun, numbers: tuple[int, ...]) -> dict[str, Any]:
    run: CheckRun = stored.run
    return {
        "id": stored.id,
        "name": run.name,
        "head_sha": run.head,
        "external_id": run.external_id,
        "status": run.status,
        "conclusion": run.conclusion,
        "output": {"title": run.title, "summary": run.summary, "text": run.text},
        "check_suite": {"id": stored.id, "head_sha": run.head, "updated_at": _time(scene)},
        "app": {"id": 0, "slug": OWN_LOGIN.removesuffix("[bot]")},
        "pull_requests": [{"number": number} for number in numbers],
    }


def _author(scene: Scene, local: LocalPullRequest) -> str:
    return Source.of(scene.repository, local.head_branch).repository.partition("/")[0]


def _user(login: str) -> dict[str, Any]:
    return {"login": login, "id": _number_of(login), "type": "User", "site_admin": False}


def _time(scene: Scene) -> str:
    return scene.now.isoformat(timespec="microseconds")


def _number_of(name: str) -> int:
    # Stable and positive, as GitHub's numbers are; nothing of ours reads it.
    return zlib.crc32(name.encode()) + 1
