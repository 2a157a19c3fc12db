"""What people do on the fake GitHub beside pushing: each gives the webhook that GitHub sends.

The bodies are GitHub's own examples, with what happened put in.
"""

from __future__ import annotations

import json
from typing import Any

from bot.local.deliver import Webhook
from tests.fakes import github_shapes as shapes
from tests.fakes.github_world import Comment, Pull, World


def comment(world: World, name: str, number: int, author: str, body: str) -> Webhook:
    """Comment on a pull request."""
    with world.lock:
        made = Comment(next(world.ids), name, number, author, body)
        world.comments.append(made)
    payload = shapes.example_of("issue_comment", "created", name)
    payload["issue"] |= {"number": number, "pull_request": {"url": f"pulls/{number}"}}
    payload["comment"] |= {
        "id": made.id,
        "body": body,
        "user": shapes.user(author),
        "created_at": world.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return _webhook("issue_comment", payload, author, number)


def press(world: World, name: str, check_run: int, identifier: str, sender: str) -> Webhook:
    """Press a button of a check run, which must have it."""
    stored = next(each for each in world.check_runs if each["id"] == check_run)
    shown = {each["identifier"] for each in stored.get("actions", [])}
    assert identifier in shown, f"the check run shows {sorted(shown)}"
    payload = shapes.example_of("check_run", "requested_action", name)
    shapes.show_check_run(world, name, payload, stored)
    payload["requested_action"] = {"identifier": identifier}
    return _webhook("check_run", payload, sender)


def label(world: World, name: str, number: int, word: str, sender: str) -> Webhook:
    """Put a label on a pull request."""
    pull = world.pull(name, number)
    pull.labels.add(word)
    payload = shapes.pull_request_event(world, name, pull, "labeled")
    payload["label"] |= {"name": word}
    return _webhook("pull_request", payload, sender, number)


def ready(world: World, name: str, number: int) -> Webhook:
    """Say that a pull request is no draft any more."""
    pull = world.pull(name, number)
    pull.draft = False
    return announce(world, name, number, "ready_for_review")


def announce(world: World, name: str, number: int, action: str = "opened") -> Webhook:
    """Give the webhook of a pull request as it is now."""
    pull = world.pull(name, number)
    payload = shapes.pull_request_event(world, name, pull, action)
    return _webhook("pull_request", payload, pull.opened_by, number)


def review(world: World, name: str, number: int, author: str, state: str) -> Webhook:
    """Review a pull request as it is now, or have one's reviews dismissed."""
    pull = world.pull(name, number)
    if state == "dismissed":
        for each in pull.reviews:
            each["state"] = "dismissed" if each["author"] == author else each["state"]
    else:
        made = {"id": next(world.ids), "author": author, "state": state, "commit": pull.head}
        pull.reviews.append(made)
    # GitHub's collection has no example of it: its pull request is that of the other events.
    payload = shapes.pull_request_event(world, name, pull, "opened")
    del payload["number"]
    payload |= {
        "action": "dismissed" if state == "dismissed" else "submitted",
        "review": {"state": state, "user": shapes.user(author), "commit_id": pull.head},
    }
    return _webhook("pull_request_review", payload, author, number)


def merge(world: World, name: str, number: int, by: str) -> tuple[Webhook, Webhook]:
    """Merge a pull request: the webhooks of its closing and of the push to its target."""
    with world.lock:
        pull = world.pull(name, number)
        before = world.tip(name, pull.base_ref)
        after = world.merged(name, before, pull.head, f"Merge pull request #{number}")
        world.git(name, "update-ref", f"refs/heads/{pull.base_ref}", after, before)
        pull.state, pull.merged = "closed", True
    return (
        announce(world, name, number, "closed"),
        pushed(world, name, pull.base_ref, before, by),
    )


def pushed(world: World, name: str, branch: str, before: str | None, by: str) -> Webhook:
    """Tell of a push to a branch that was at *before*; where it is now is read."""
    payload = shapes.example_of("push", None, name)
    payload |= {
        "ref": f"refs/heads/{branch}",
        "before": before or "0" * 40,
        "after": world.tip(name, branch),
        "created": before is None,
        "deleted": False,
        "forced": False,
    }
    payload["repository"]["default_branch"] = world.default_branch(name)
    return _webhook("push", payload, by)


def merge_group(world: World, name: str, number: int) -> Webhook:
    """Queue a pull request for merging: its group stands on a branch of its own."""
    pull: Pull = world.pull(name, number)
    base = world.tip(name, pull.base_ref)
    head = world.merged(name, base, pull.head, f"Merge group of #{number}")
    ref = f"refs/heads/gh-readonly-queue/{pull.base_ref}/pr-{number}-{base}"
    world.git(name, "update-ref", ref, head)
    payload = shapes.example_of("merge_group", "checks_requested", name)
    payload["merge_group"] |= {
        "head_sha": head,
        "head_ref": ref,
        "base_sha": base,
        "base_ref": f"refs/heads/{pull.base_ref}",
    }
    return _webhook("merge_group", payload, "github-merge-queue[bot]")


def _webhook(
    event: str, payload: dict[str, Any], sender: str, number: int | None = None
) -> Webhook:
    payload["sender"] = shapes.user(sender)
    return Webhook(event, json.dumps(payload).encode(), number)
