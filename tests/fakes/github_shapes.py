"""JSON in GitHub's shapes: answers of the API, and webhooks made from GitHub's real examples."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from tests.fakes.github_world import APP_ID, INSTALLATION, SLUG, Comment, Pull, World

_EXAMPLES = Path(__file__).parents[1] / "data" / "webhooks" / "examples.json.gz"
_NOW = "2026-11-20T12:00:00Z"


def app() -> dict[str, Any]:
    return {"id": int(APP_ID), "slug": SLUG, "name": "Highwater", "owner": user("owner")}


def user(login: str) -> dict[str, Any]:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": _number(login), "type": kind}


def repository(world: World, name: str, base_url: str) -> dict[str, Any]:
    owner, _, short = name.partition("/")
    return {
        "id": _number(name),
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
        "user": user(of.source.partition("/")[0]),
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
    names = ("id", "name", "head_sha", "external_id", "status", "conclusion", "details_url")
    return {
        **{name: stored[name] for name in names},
        "url": url,
        "output": output,
        "app": stored["app"],
        "check_suite": {"id": stored["id"]},
        "pull_requests": [],
    }


def pull_request_event(
    world: World, name: str, of: Pull, action: str, before: str | None = None
) -> dict[str, Any]:
    """Make the webhook of *of* from GitHub's own example of that action."""
    payload = _example("pull_request", action, name)
    payload["number"] = of.number
    inner = payload["pull_request"]
    inner |= {"number": of.number, "title": of.title, "state": of.state}
    _set_end(inner["head"], of.source, of.head_ref, of.head)
    _set_end(inner["base"], name, of.base_ref, world.tip(name, of.base_ref))
    if before is not None:
        payload |= {"before": before, "after": of.head}
    return payload


def rerequested_event(world: World, name: str, stored: dict[str, Any]) -> dict[str, Any]:
    """Make the webhook of a person who asks for a check run again."""
    payload = _example("check_run", "rerequested", name)
    names = ("id", "name", "head_sha", "external_id", "status", "conclusion")
    payload["check_run"] |= {field: stored[field] for field in names}
    payload["check_run"]["pull_requests"] = [
        {"number": each.number}
        for (of, _), each in world.pulls.items()
        if of == name and each.source == name and each.head == stored["head_sha"]
    ]
    return payload


@cache
def examples() -> dict[str, list[dict[str, Any]]]:
    """All real examples, by event."""
    return {
        each["name"]: each["examples"]
        for each in json.loads(gzip.decompress(_EXAMPLES.read_bytes()))
    }


def _example(event: str, action: str, name: str) -> dict[str, Any]:
    of_action = [each for each in examples()[event] if each["action"] == action]
    text = json.dumps(of_action[0])
    replaced = text.replace(of_action[0]["repository"]["full_name"], name)
    payload: dict[str, Any] = json.loads(replaced)
    owner, _, short = name.partition("/")
    payload["repository"] |= {"name": short, "full_name": name}
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
