"""What the fake GitHub answers to each request."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes import github_shapes as shapes
from tests.fakes.github_world import INSTALLATION, Comment, Refused, World

MAX_COMMENT = 65_536
MAX_INLINE_BYTES = 1_000_000  # above, the contents API gives no content


@dataclass(frozen=True)
class Request:
    """One request: *path* without the prefix, *query* with the last value of each name."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str
    body: Any
    base_url: str


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body; a list is cut into pages by the server."""

    status: int
    body: Any
    list_item: str | None = None  # where the list is, in an answer that wraps it


Handler = Callable[..., Answer]
_ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def answer(world: World, request: Request) -> Answer:
    """Carry *request* out."""
    for method, pattern, handler in _ROUTES:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            _authenticate(world, request)
            return handler(world, request, **found.groupdict())
    raise Refused(404, "Not Found")


def _authenticate(world: World, request: Request) -> None:
    if request.path.startswith("/app") or request.path.endswith("/installation"):
        world.require_app(request.authorization)
    else:
        world.require_token(request.authorization)


def _route(method: str, template: str) -> Callable[[Handler], Handler]:
    repository = template.replace("{name}", r"(?P<name>[^/]+/[^/]+)")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", repository)
    pattern = re.sub(r"\{\*(\w+)\}", r"(?P<\1>.+)", pattern)

    def register(handler: Handler) -> Handler:
        _ROUTES.append((method, re.compile(pattern), handler))
        return handler

    return register


@_route("GET", "/app")
def _app(world: World, request: Request) -> Answer:
    return Answer(200, shapes.app())


@_route("GET", "/repos/{name}/installation")
def _installation(world: World, request: Request, name: str) -> Answer:
    world.directory(name)
    return Answer(200, {"id": INSTALLATION, "app_id": shapes.app()["id"]})


@_route("POST", "/app/installations/{installation}/access_tokens")
def _access_token(world: World, request: Request, installation: str) -> Answer:
    if int(installation) != INSTALLATION:
        raise Refused(404, "Not Found")
    token, expires = world.issue_token()
    return Answer(201, {"token": token, "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ")})


@_route("GET", "/repos/{name}")
def _repository(world: World, request: Request, name: str) -> Answer:
    return Answer(200, shapes.repository(world, name, request.base_url))


@_route("GET", "/repos/{name}/branches/{*branch}")
def _branch(world: World, request: Request, name: str, branch: str) -> Answer:
    return Answer(200, {"name": branch, "commit": {"sha": world.tip(name, branch)}})


@_route("GET", "/repos/{name}/contents/{*path}")
def _contents(world: World, request: Request, name: str, path: str) -> Answer:
    ref = request.query.get("ref") or world.default_branch(name)
    world.directory(name)
    if not world.has_commit(name, ref):
        raise Refused(404, f"No commit found for the ref {ref}")
    kind, sha = world.entry(name, ref, path)
    if kind == "tree":
        return Answer(200, [{"type": "file", "path": path, "sha": sha}])
    content = world.git(name, "cat-file", "blob", sha)
    inline = len(content) <= MAX_INLINE_BYTES
    body = {
        "type": "file",
        "encoding": "base64" if inline else "none",
        "size": len(content),
        "path": path,
        "sha": sha,
        "content": base64.encodebytes(content).decode() if inline else "",
    }
    return Answer(200, body)


@_route("GET", "/repos/{name}/git/blobs/{sha}")
def _blob(world: World, request: Request, name: str, sha: str) -> Answer:
    content = base64.encodebytes(world.git(name, "cat-file", "blob", sha)).decode()
    return Answer(200, {"sha": sha, "encoding": "base64", "content": content})


@_route("GET", "/repos/{name}/pulls/{number}")
def _pull(world: World, request: Request, name: str, number: str) -> Answer:
    found = world.pull(name, int(number))
    return Answer(200, shapes.pull(world, name, found, request.base_url))


@_route("GET", "/repos/{name}/pulls")
def _pulls(world: World, request: Request, name: str) -> Answer:
    state = request.query.get("state", "open")
    found = [
        shapes.pull(world, name, each, request.base_url)
        for (of, _), each in sorted(world.pulls.items())
        if of == name and state in {each.state, "all"}
    ]
    return Answer(200, found)


@_route("POST", "/repos/{name}/check-runs")
def _create_check_run(world: World, request: Request, name: str) -> Answer:
    body = request.body
    if not world.has_commit(name, body["head_sha"]):
        raise Refused(422, f"No commit found for SHA: {body['head_sha']}")
    stored = {
        "id": next(world.ids),
        "repository": name,
        "external_id": "",
        "status": "queued",
        "conclusion": None,
        "details_url": None,
        "output": {},
        "app": shapes.app(),
    }
    _write(world, stored, body)
    world.check_runs.append(stored)
    return Answer(201, shapes.check_run(world, stored, request.base_url))


@_route("PATCH", "/repos/{name}/check-runs/{number}")
def _update_check_run(world: World, request: Request, name: str, number: str) -> Answer:
    stored = _stored_check_run(world, name, number)
    _write(world, stored, request.body)
    return Answer(200, shapes.check_run(world, stored, request.base_url))


@_route("GET", "/repos/{name}/check-runs/{number}")
def _check_run(world: World, request: Request, name: str, number: str) -> Answer:
    stored = _stored_check_run(world, name, number)
    return Answer(200, shapes.check_run(world, stored, request.base_url))


@_route("GET", "/repos/{name}/check-runs/{number}/annotations")
def _annotations(world: World, request: Request, name: str, number: str) -> Answer:
    _stored_check_run(world, name, number)
    return Answer(200, world.annotations.get(int(number), []))


@_route("POST", "/repos/{name}/check-runs/{number}/rerequest")
def _rerequest(world: World, request: Request, name: str, number: str) -> Answer:
    _stored_check_run(world, name, number)
    return Answer(201, {})


@_route("GET", "/repos/{name}/commits/{sha}/check-runs")
def _check_runs(world: World, request: Request, name: str, sha: str) -> Answer:
    if not world.has_commit(name, sha):
        raise Refused(422, f"No commit found for SHA: {sha}")
    found = [
        each for each in world.check_runs if (each["repository"], each["head_sha"]) == (name, sha)
    ]
    if "check_name" in request.query:
        found = [each for each in found if each["name"] == request.query["check_name"]]
    if request.query.get("filter", "latest") == "latest":
        found = list({each["name"]: each for each in found}.values())
    shown = [shapes.check_run(world, each, request.base_url) for each in reversed(found)]
    return Answer(200, shown, list_item="check_runs")


@_route("GET", "/repos/{name}/issues/{number}/comments")
def _comments(world: World, request: Request, name: str, number: str) -> Answer:
    world.pull(name, int(number))
    found = [
        shapes.comment(each, request.base_url)
        for each in world.comments
        if (each.repository, each.number) == (name, int(number))
    ]
    return Answer(200, found)


@_route("POST", "/repos/{name}/issues/{number}/comments")
def _create_comment(world: World, request: Request, name: str, number: str) -> Answer:
    world.pull(name, int(number))
    _require_short(request.body["body"])
    made = Comment(next(world.ids), name, int(number), world.login, request.body["body"])
    world.comments.append(made)
    return Answer(201, shapes.comment(made, request.base_url))


@_route("GET", "/repos/{name}/issues/comments/{comment}")
def _comment(world: World, request: Request, name: str, comment: str) -> Answer:
    return Answer(200, shapes.comment(_stored_comment(world, name, comment), request.base_url))


@_route("PATCH", "/repos/{name}/issues/comments/{comment}")
def _edit_comment(world: World, request: Request, name: str, comment: str) -> Answer:
    stored = _stored_comment(world, name, comment)
    if stored.author != world.login:
        raise Refused(403, "Resource not accessible by integration")
    _require_short(request.body["body"])
    stored.body = request.body["body"]
    return Answer(200, shapes.comment(stored, request.base_url))


@_route("POST", "/repos/{name}/issues/comments/{comment}/reactions")
def _react(world: World, request: Request, name: str, comment: str) -> Answer:
    stored = _stored_comment(world, name, comment)
    world.reactions.append((stored.id, request.body["content"]))
    return Answer(201, {"id": next(world.ids), "content": request.body["content"]})


@_route("GET", "/repos/{name}/collaborators/{login}/permission")
def _permission(world: World, request: Request, name: str, login: str) -> Answer:
    world.directory(name)
    role = world.permissions.get((name, login), "none")
    order = ["none", "read", "triage", "write", "maintain", "admin"]
    least = {"pull": "read", "triage": "triage", "push": "write"} | {
        each: each for each in ("maintain", "admin")
    }
    held = {name: order.index(role) >= order.index(least[name]) for name in least}
    # The old field knows four words only: a maintainer reads as "write" there.
    legacy = {"triage": "read", "maintain": "write"}.get(role, role)
    whom = {**shapes.user(login), "permissions": held}
    return Answer(200, {"permission": legacy, "role_name": role, "user": whom})


def _stored_check_run(world: World, name: str, number: str) -> dict[str, Any]:
    for stored in world.check_runs:
        if (stored["repository"], stored["id"]) == (name, int(number)):
            return stored
    raise Refused(404, "Not Found")


def _stored_comment(world: World, name: str, comment: str) -> Comment:
    for stored in world.comments:
        if (stored.repository, stored.id) == (name, int(comment)):
            return stored
    raise Refused(404, "Not Found")


def _write(world: World, stored: dict[str, Any], body: dict[str, Any]) -> None:
    state = {**stored, **body}
    if "conclusion" in body:
        state["status"] = "completed"
    elif state["status"] != "completed":
        state["conclusion"] = None
    if state["status"] == "completed" and state["conclusion"] is None:
        raise Refused(422, "Invalid request. A completed check run needs a conclusion.")
    output = dict(body.get("output", {}))
    world.annotations.setdefault(stored["id"], []).extend(output.pop("annotations", []))
    stored.update(state, output={**stored["output"], **output})


def _require_short(body: str) -> None:
    if not body or len(body) > MAX_COMMENT:
        problem = f"Body is too long (maximum is {MAX_COMMENT} characters)"
        raise Refused(422, "Validation Failed", errors=[{"message": problem}])
