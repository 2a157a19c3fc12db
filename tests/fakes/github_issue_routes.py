"""Comments, reactions, labels, issues and people."""

from __future__ import annotations

from tests.fakes import github_shapes as shapes
from tests.fakes.github_router import Answer, Request, route
from tests.fakes.github_world import Comment, Issue, Refused, World

MAX_COMMENT = 65_536


@route("GET", "/repos/{name}/issues/{number}/comments")
def _comments(world: World, request: Request, name: str, number: str) -> Answer:
    world.pull(name, int(number))
    found = [
        shapes.comment(each, request.base_url)
        for each in world.comments
        if (each.repository, each.number) == (name, int(number))
    ]
    return Answer(200, found)


@route("POST", "/repos/{name}/issues/{number}/comments")
def _create_comment(world: World, request: Request, name: str, number: str) -> Answer:
    world.pull(name, int(number))
    _require_short(request.body["body"])
    author = world.login_of(request.authorization)
    made = Comment(next(world.ids), name, int(number), author, request.body["body"])
    world.comments.append(made)
    return Answer(201, shapes.comment(made, request.base_url))


@route("GET", "/repos/{name}/issues/comments/{comment}")
def _comment(world: World, request: Request, name: str, comment: str) -> Answer:
    return Answer(200, shapes.comment(_stored_comment(world, name, comment), request.base_url))


@route("PATCH", "/repos/{name}/issues/comments/{comment}")
def _edit_comment(world: World, request: Request, name: str, comment: str) -> Answer:
    stored = _stored_comment(world, name, comment)
    if stored.author != world.login_of(request.authorization):
        raise Refused(403, "Resource not accessible by integration")
    _require_short(request.body["body"])
    stored.body = request.body["body"]
    return Answer(200, shapes.comment(stored, request.base_url))


@route("POST", "/repos/{name}/issues/comments/{comment}/reactions")
def _react(world: World, request: Request, name: str, comment: str) -> Answer:
    stored = _stored_comment(world, name, comment)
    reaction = (stored.id, request.body["content"])
    is_new = reaction not in world.reactions
    if is_new:
        world.reactions.append(reaction)
    return Answer(
        201 if is_new else 200, {"id": next(world.ids), "content": request.body["content"]}
    )


@route("GET", "/repos/{name}/collaborators/{login}/permission")
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


@route("POST", "/repos/{name}/issues/{number}/labels")
def _add_labels(world: World, request: Request, name: str, number: str) -> Answer:
    stored = world.pull(name, int(number))
    body = request.body
    stored.labels |= set(body if isinstance(body, list) else body["labels"])
    return Answer(200, [{"name": each} for each in sorted(stored.labels)])


@route("DELETE", "/repos/{name}/issues/{number}/labels/{label}")
def _remove_label(world: World, request: Request, name: str, number: str, label: str) -> Answer:
    stored = world.pull(name, int(number))
    if label not in stored.labels:
        raise Refused(404, "Label does not exist")
    stored.labels.discard(label)
    return Answer(200, [{"name": each} for each in sorted(stored.labels)])


@route("GET", "/repos/{name}/issues")
def _issues(world: World, request: Request, name: str) -> Answer:
    """List issues; pull requests are issues too, and told by ``pull_request``."""
    state, creator = request.query.get("state", "open"), request.query.get("creator")
    everything = [
        *(shapes.issue(each, request.base_url) for each in world.issues if each.repository == name),
        *(
            shapes.pull_as_issue(name, each, request.base_url)
            for (of, _), each in world.pulls.items()
            if of == name
        ),
    ]
    found = [
        each
        for each in everything
        if state in {each["state"], "all"} and creator in {None, each["user"]["login"]}
    ]
    return Answer(200, sorted(found, key=lambda each: -each["number"]))


@route("POST", "/repos/{name}/issues")
def _create_issue(world: World, request: Request, name: str) -> Answer:
    body = request.body
    number = world.next_number(name)
    made = Issue(number, name, world.login, str(body["title"]), body.get("body") or "")
    world.issues.append(made)
    return Answer(201, shapes.issue(made, request.base_url))


@route("PATCH", "/repos/{name}/issues/{number}")
def _edit_issue(world: World, request: Request, name: str, number: str) -> Answer:
    for stored in world.issues:
        if (stored.repository, stored.number) == (name, int(number)):
            body = request.body
            stored.title = body.get("title", stored.title)
            stored.body = body.get("body", stored.body)
            stored.state = body.get("state", stored.state)
            return Answer(200, shapes.issue(stored, request.base_url))
    raise Refused(404, "Not Found")


def _stored_comment(world: World, name: str, comment: str) -> Comment:
    for stored in world.comments:
        if (stored.repository, stored.id) == (name, int(comment)):
            return stored
    raise Refused(404, "Not Found")


def _require_short(body: str) -> None:
    if not body or len(body) > MAX_COMMENT:
        problem = f"Body is too long (maximum is {MAX_COMMENT} characters)"
        raise Refused(422, "Validation Failed", errors=[{"message": problem}])
