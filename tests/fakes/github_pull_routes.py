"""Pull requests and their reviews."""

from __future__ import annotations

from tests.fakes import github_shapes as shapes
from tests.fakes.github_router import Answer, Request, route
from tests.fakes.github_world import Pull, Refused, World


@route("GET", "/repos/{name}/pulls/{number}")
def _pull(world: World, request: Request, name: str, number: str) -> Answer:
    found = world.pull(name, int(number))
    return Answer(200, shapes.pull(world, name, found, request.base_url))


@route("GET", "/repos/{name}/pulls")
def _pulls(world: World, request: Request, name: str) -> Answer:
    state = request.query.get("state", "open")
    head = request.query.get("head")
    found = [
        shapes.pull(world, name, each, request.base_url)
        for (of, _), each in sorted(world.pulls.items())
        if of == name
        and state in {each.state, "all"}
        and head in {None, f"{each.source.partition('/')[0]}:{each.head_ref}"}
    ]
    return Answer(200, found)


@route("POST", "/repos/{name}/pulls")
def _create_pull(world: World, request: Request, name: str) -> Answer:
    body = request.body
    branch = body["head"]
    if any(
        (of, each.head_ref, each.source, each.state) == (name, branch, name, "open")
        for (of, _), each in world.pulls.items()
    ):
        problem = f"A pull request already exists for {name.partition('/')[0]}:{branch}."
        raise Refused(422, "Validation Failed", errors=[{"message": problem}])
    if world.tip(name, branch) == world.tip(name, body["base"]):
        problem = f"No commits between {body['base']} and {branch}"
        raise Refused(422, "Validation Failed", errors=[{"message": problem}])
    number = world.next_number(name)
    made = Pull(number, body.get("title", ""), branch, "", name, body["base"])
    made.author, made.body = world.login, body.get("body") or ""
    world.take_head(name, made)
    world.pulls[name, number] = made
    return Answer(201, shapes.pull(world, name, made, request.base_url))


@route("PATCH", "/repos/{name}/pulls/{number}")
def _update_pull(world: World, request: Request, name: str, number: str) -> Answer:
    stored = world.pull(name, int(number))
    body = request.body
    stored.title = body.get("title", stored.title)
    stored.body = body.get("body", stored.body)
    stored.base_ref = body.get("base", stored.base_ref)
    stored.state = body.get("state", stored.state)
    return Answer(200, shapes.pull(world, name, stored, request.base_url))


@route("GET", "/repos/{name}/pulls/{number}/reviews")
def _reviews(world: World, request: Request, name: str, number: str) -> Answer:
    stored = world.pull(name, int(number))
    return Answer(200, [shapes.review(each) for each in stored.reviews])
