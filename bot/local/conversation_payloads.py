"""Webhook bodies in GitHub's shape, of what people say and press on the local forge."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bot.local.payloads import (
    Scene,
    check_run_part,
    pull_request_part,
    repository_part,
    user_part,
)
from bot.local.records import LocalCheckRun, LocalComment, LocalPullRequest
from bot.ports import Review
from engine.values import CommitSha

NO_COMMIT = CommitSha("0" * 40)


def comment_event(scene: Scene, local: LocalPullRequest, comment: LocalComment) -> bytes:
    """Write the body of ``issue_comment`` created."""
    number = local.pull_request.number
    author = user_part(comment.author)
    payload = {
        "action": "created",
        "issue": {"number": number, "pull_request": {"url": f"pulls/{number}"}},
        "comment": {"id": comment.id, "body": comment.body, "user": author},
    }
    return _encoded(scene, payload, comment.author)


def press_event(
    scene: Scene, stored: LocalCheckRun, numbers: tuple[int, ...], pressed: tuple[str, str]
) -> bytes:
    """Write the body of ``check_run`` requested_action; *pressed* is which button and by whom."""
    identifier, sender = pressed
    payload = {
        "action": "requested_action",
        "check_run": check_run_part(scene, stored, numbers),
        "requested_action": {"identifier": identifier},
    }
    return _encoded(scene, payload, sender)


def labeled_event(scene: Scene, local: LocalPullRequest, label: str, sender: str) -> bytes:
    """Write the body of ``pull_request`` labeled."""
    payload = {
        "action": "labeled",
        "number": local.pull_request.number,
        "pull_request": pull_request_part(scene, local),
        "label": {"name": label},
    }
    return _encoded(scene, payload, sender)


def review_event(
    action: Literal["submitted", "dismissed"], scene: Scene, local: LocalPullRequest, review: Review
) -> bytes:
    """Write the body of ``pull_request_review``."""
    payload = {
        "action": action,
        "review": {"state": review.state, "user": user_part(review.author)},
        "pull_request": pull_request_part(scene, local),
    }
    return _encoded(scene, payload, review.author)


def push_event(
    scene: Scene, branch: str, before: CommitSha | None, after: CommitSha | None, sender: str
) -> bytes:
    """Write the body of ``push``; None stands for no commit."""
    payload = {
        "ref": f"refs/heads/{branch}",
        "before": before or NO_COMMIT,
        "after": after or NO_COMMIT,
        "created": before is None,
        "deleted": after is None,
        "forced": False,
        "pusher": {"name": sender},
    }
    return _encoded(scene, payload, sender)


def group_event(
    scene: Scene, base_ref: str, base: CommitSha, group: tuple[str, CommitSha]
) -> bytes:
    """Write the body of ``merge_group`` checks_requested; *group* is its branch and commit."""
    ref, head = group
    payload = {
        "action": "checks_requested",
        "merge_group": {
            "head_sha": head,
            "head_ref": f"refs/heads/{ref}",
            "base_sha": base,
            "base_ref": f"refs/heads/{base_ref}",
        },
    }
    return _encoded(scene, payload, "github-merge-queue[bot]")


def _encoded(scene: Scene, payload: dict[str, Any], sender: str) -> bytes:
    where = {"repository": repository_part(scene, scene.repository), "sender": user_part(sender)}
    # Two of the same things, said one after the other, are two deliveries and no duplicate.
    told = {"sent_at": scene.now.isoformat(timespec="microseconds")}
    return msgspec.json.encode({**payload, **where, **told})
