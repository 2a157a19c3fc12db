"""Check runs."""

from __future__ import annotations

from typing import Any

from tests.fakes import github_shapes as shapes
from tests.fakes.github_router import Answer, Request, route
from tests.fakes.github_world import Refused, World


@route("POST", "/repos/{name}/check-runs")
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


@route("PATCH", "/repos/{name}/check-runs/{number}")
def _update_check_run(world: World, request: Request, name: str, number: str) -> Answer:
    stored = _stored_check_run(world, name, number)
    _write(world, stored, request.body)
    return Answer(200, shapes.check_run(world, stored, request.base_url))


@route("GET", "/repos/{name}/check-runs/{number}")
def _check_run(world: World, request: Request, name: str, number: str) -> Answer:
    stored = _stored_check_run(world, name, number)
    return Answer(200, shapes.check_run(world, stored, request.base_url))


@route("GET", "/repos/{name}/check-runs/{number}/annotations")
def _annotations(world: World, request: Request, name: str, number: str) -> Answer:
    _stored_check_run(world, name, number)
    return Answer(200, world.annotations.get(int(number), []))


@route("POST", "/repos/{name}/check-runs/{number}/rerequest")
def _rerequest(world: World, request: Request, name: str, number: str) -> Answer:
    _stored_check_run(world, name, number)
    return Answer(201, {})


@route("GET", "/repos/{name}/commits/{sha}/check-runs")
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


def _stored_check_run(world: World, name: str, number: str) -> dict[str, Any]:
    for stored in world.check_runs:
        if (stored["repository"], stored["id"]) == (name, int(number)):
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
