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

PullRequestAction = Literal["opened", "synchronize", "reopened", "closed", "ready_for_review"]


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
        "pull_request": pull_request_part(scene, local),
        "repository": repository_part(scene, scene.repository),
        "sender": user_part(author_of(scene, local)),
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
        "check_run": check_run_part(scene, stored, numbers),
        "repository": repository_part(scene, scene.repository),
        "sender": user_part(scene.repository.partition("/")[0]),
    }
    return msgspec.json.encode(payload)


def pull_request_part(scene: Scene, local: LocalPullRequest) -> dict[str, Any]:
    """Show a pull request."""
    wanted = local.pull_request
    source = Source.of(scene.repository, local.head_branch)
    return {
        "id": wanted.number,
        "number": wanted.number,
        "state": wanted.state,
        "updated_at": _time(scene),
        "locked": False,
        "draft": wanted.draft,
        "title": wanted.title,
        "body": local.body or None,
        "user": user_part(author_of(scene, local)),
        "labels": [{"name": name} for name in wanted.labels],
        "merged": wanted.merged,
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
        "user": user_part(owner),
        "repo": repository_part(scene, source.repository),
    }


def repository_part(scene: Scene, full_name: RepositoryName) -> dict[str, Any]:
    """Show a repository."""
    owner, _, name = full_name.partition("/")
    return {
        "id": _number_of(full_name),
        "name": name,
        "full_name": full_name,
        "private": True,
        "owner": user_part(owner),
        "fork": full_name != scene.repository,
        "default_branch": scene.default_branch,
    }


def check_run_part(scene: Scene, stored: LocalCheckRun, numbers: tuple[int, ...]) -> dict[str, Any]:
    """Show a check run with the numbers of its pull requests."""
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


def author_of(scene: Scene, local: LocalPullRequest) -> str:
    """Name who opened a pull request; of an older version's, the owner of its branch."""
    return (
        local.pull_request.author
        or Source.of(scene.repository, local.head_branch).repository.partition("/")[0]
    )


def user_part(login: str) -> dict[str, Any]:
    """Show a person, or a bot by its login."""
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": _number_of(login), "type": kind, "site_admin": False}


def _time(scene: Scene) -> str:
    return scene.now.isoformat(timespec="microseconds")


def _number_of(name: str) -> int:
    # Stable and positive, as GitHub's numbers are; nothing of ours reads it.
    return zlib.crc32(name.encode()) + 1
