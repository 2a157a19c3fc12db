"""JSON in GitHub's shapes: answers of the API, and webhooks made from GitHub's real examples."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from tests.fakes.github_graphql_routes import node_id
from tests.fakes.github_world import APP_ID, INSTALLATION, SLUG, Comment, Issue, Pull, World

_EXAMPLES = Path(__file__).parents[1] / "data" / "webhooks" / "examples.json.gz"
_NOW = "2026-11-20T12:00:00Z"


def app() -> dict[str, Any]:
    return {"id": int(APP_ID), "slug": SLUG, "name": "Highwater", "owner": user("owner")}


def installations() -> list[dict[str, Any]]:
    held = app().get("permissions", {})
    return [{"id": INSTALLATION, "account": user("owner"), "permissions": held}]


def user(login: str) -> dict[str, Any]:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": _number(login), "type": kind}


def repository(world: World, name: str, base_url: str) -> dict[str, Any]:
    owner, _, short = name.partition("/")
    return {
        "id": _number(name),
        "node_id": node_id(name),
        "name": short,
        "full_name": name,
        "owner": user(owner),
        "private": True,
        "url": f"{base_url}/repos/{name}",
        "default_branch": world.default_branch(name),
    }


def pull(world: World, name: str, of: Pull, base_url: str) -> dict[str, Any]:
    return {
        "id": of.number,
        "number": of.number,
        "state": of.state,
        "title": of.title,
        "url": f"{base_url}/repos/{name}/pulls/{of.number}",
        "user": user(of.opened_by),
        "body": of.body or None,
        "draft": of.draft,
        "merged": of.merged,
        "labels": [{"name": each} for each in sorted(of.labels)],
        "head": _end(world, of.source, of.head_ref, of.head, base_url),
        "base": _end(world, name, of.base_ref, world.tip(name, of.base_ref), base_url),
    }


def comment(of: Comment, base_url: str) -> dict[str, Any]:
    return {
        "id": of.id,
        "url": f"{base_url}/repos/{of.repository}/issues/comments/{of.id}",
        "body": of.body,
        "user": user(of.author),
        "created_at": _NOW,
        "updated_at": _NOW,
    }


def check_run(world: World, stored: dict[str, Any], base_url: str) -> dict[str, Any]:
    url = f"{base_url}/repos/{stored['repository']}/check-runs/{stored['id']}"
    output = {
        "title": None,
        "summary": None,
        "text": None,
        **stored["output"],
        "annotations_count": len(world.annotations.get(stored["id"], [])),
        "annotations_url": f"{url}/annotations",
    }
    # GitHub's answers leave the buttons out.
    names = ("id", "name", "head_sha", "external_id", "status", "conclusion", "details_url")
    return {
        **{name: stored[name] for name in names},
        "url": url,
        "output": output,
        "app": stored["app"],
        "check_suite": {"id": stored["id"]},
        "pull_requests": [],
    }


def commit(world: World, name: str, sha: str, base_url: str) -> dict[str, Any]:
    """Show a commit with the accounts behind it; here a name in git is a login, in lower case."""
    by = world.git(name, "log", "-1", "--format=%an%n%cn", sha).decode().lower().splitlines()
    return {
        "sha": sha,
        "url": f"{base_url}/repos/{name}/commits/{sha}",
        "author": user(by[0]),
        "committer": user(by[1]),
    }


def git_commit(world: World, name: str, sha: str, base_url: str) -> dict[str, Any]:
    shown = world.git(name, "log", "-1", "--format=%T%n%P%n%B", sha).decode()
    tree, parents, message = shown.split("\n", 2)
    url = f"{base_url}/repos/{name}/git"
    return {
        "sha": sha,
        "url": f"{url}/commits/{sha}",
        "message": message.rstrip("\n"),
        "tree": {"sha": tree, "url": f"{url}/trees/{tree}"},
        "parents": [{"sha": each, "url": f"{url}/commits/{each}"} for each in parents.split()],
    }


def ref(name: str, full: str, sha: str, base_url: str) -> dict[str, Any]:
    url = f"{base_url}/repos/{name}/git/{full}"
    return {"ref": full, "url": url, "object": {"sha": sha, "type": "commit", "url": url}}


def review(stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": stored["id"],
        "user": user(stored["author"]),
        "state": stored["state"].upper(),
        "commit_id": stored["commit"],
        "body": "",
    }


def issue(of: Issue, base_url: str) -> dict[str, Any]:
    return {
        "id": of.number,
        "number": of.number,
        "title": of.title,
        "body": of.body,
        "state": of.state,
        "user": user(of.author),
        "url": f"{base_url}/repos/{of.repository}/issues/{of.number}",
        "pull_request": None,
    }


def pull_as_issue(name: str, of: Pull, base_url: str) -> dict[str, Any]:
    whole = issue(Issue(of.number, name, of.opened_by, of.title, of.body, of.state), base_url)
    return {**whole, "pull_request": {"url": f"{base_url}/repos/{name}/pulls/{of.number}"}}


def pull_request_event(
    world: World, name: str, of: Pull, action: str, before: str | None = None
) -> dict[str, Any]:
    """Make the webhook of *of* from GitHub's own example of that action."""
    payload = example_of("pull_request", action, name)
    payload["number"] = of.number
    inner = payload["pull_request"]
    inner |= {"number": of.number, "title": of.title, "state": of.state, "merged": of.merged}
    inner |= {"draft": of.draft, "labels": [{"name": each} for each in sorted(of.labels)]}
    inner["user"] |= user(of.opened_by)
    _set_end(inner["head"], of.source, of.head_ref, of.head)
    _set_end(inner["base"], name, of.base_ref, world.tip(name, of.base_ref))
    if before is not None:
        payload |= {"before": before, "after": of.head}
    return payload


def rerequested_event(world: World, name: str, stored: dict[str, Any]) -> dict[str, Any]:
    """Make the webhook of a person who asks for a check run again."""
    payload = example_of("check_run", "rerequested", name)
    show_check_run(world, name, payload, stored)
    return payload


def show_check_run(
    world: World, name: str, payload: dict[str, Any], stored: dict[str, Any]
) -> None:
    """Put a check run of ours into GitHub's example of one."""
    names = ("id", "name", "head_sha", "external_id", "status", "conclusion")
    payload["check_run"] |= {field: stored[field] for field in names}
    payload["check_run"]["pull_requests"] = [
        {"number": each.number, "base": {"repo": {"id": _number(name)}}}
        for (of, _), each in world.pulls.items()
        if of == name and each.source == name and each.head == stored["head_sha"]
    ]


@cache
def examples() -> dict[str, list[dict[str, Any]]]:
    """All real examples, by event."""
    return {
        each["name"]: each["examples"]
        for each in json.loads(gzip.decompress(_EXAMPLES.read_bytes()))
    }


def example_of(event: str, action: str | None, name: str) -> dict[str, Any]:
    """Give GitHub's example of that action (None: the event has none), moved to *name*."""
    of_action = [
        each for each in examples()[event] if each.get("action") == action and "repository" in each
    ]
    text = json.dumps(of_action[0])
    replaced = text.replace(of_action[0]["repository"]["full_name"], name)
    payload: dict[str, Any] = json.loads(replaced)
    owner, _, short = name.partition("/")
    payload["repository"] |= {"name": short, "full_name": name, "id": _number(name)}
    payload["repository"]["owner"] |= {"login": owner}
    payload["installation"] = {"id": INSTALLATION, "node_id": "MDIzOkludGVncmF0aW9u"}
    return payload


def _end(world: World, name: str, ref: str, sha: str, base_url: str) -> dict[str, Any]:
    label = f"{name.partition('/')[0]}:{ref}"
    return {"label": label, "ref": ref, "sha": sha, "repo": repository(world, name, base_url)}


def _set_end(end: dict[str, Any], name: str, ref: str, sha: str) -> None:
    owner, _, short = name.partition("/")
    end |= {"label": f"{owner}:{ref}", "ref": ref, "sha": sha}
    end["user"] |= {"login": owner}
    end["repo"] |= {"name": short, "full_name": name, "id": _number(name)}
    end["repo"]["owner"] |= {"login": owner}


def _number(name: str) -> int:
    return zlib.crc32(name.encode()) + 1
