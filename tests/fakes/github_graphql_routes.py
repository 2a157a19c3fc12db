"""GitHub's GraphQL, as far as it is used: references compared and set in one go."""

from __future__ import annotations

import base64
from typing import Any

from jsonschema import Draft7Validator, ValidationError

from tests.fakes.github_router import Answer, Request, route
from tests.fakes.github_world import World

PATHS = frozenset({"/graphql", "/api/graphql"})  # the latter on GitHub Enterprise Server
UPDATE_REFS = (
    "mutation Mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
)
_OID = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
_UPDATE = {
    "type": "object",
    "required": ["name", "afterOid"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^refs/"},
        "afterOid": _OID,
        "beforeOid": {**_OID, "type": ["string", "null"]},
        "force": {"type": ["boolean", "null"]},
    },
}
_INPUT = {
    "type": "object",
    "required": ["repositoryId", "refUpdates"],
    "additionalProperties": False,
    "properties": {
        "repositoryId": {"type": "string"},
        "refUpdates": {"type": "array", "items": _UPDATE},
        "clientMutationId": {"type": ["string", "null"]},
    },
}
_REQUEST = {
    "type": "object",
    "required": ["query", "variables"],
    "properties": {
        "query": {"const": UPDATE_REFS},
        "variables": {"type": "object", "required": ["input"], "properties": {"input": _INPUT}},
    },
}


def node_id(name: str) -> str:
    """Give a repository's id of GraphQL."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def violation(body: Any) -> str | None:
    """Say what is wrong with a request; None when it is the one that the bot may send."""
    try:
        Draft7Validator(_REQUEST).validate(body)
    except ValidationError as invalid:
        return f"GraphQL: {invalid.json_path}: {invalid.message}"
    return None


@route("POST", "/graphql")
@route("POST", "/api/graphql")
def _graphql(world: World, request: Request) -> Answer:
    given = request.body["variables"]["input"]
    name = base64.urlsafe_b64decode(given["repositoryId"]).decode()
    problems = [found for each in given["refUpdates"] if (found := _problem(world, name, each))]
    if problems:
        said = [{"type": "UNPROCESSABLE", "message": each} for each in problems]
        return Answer(200, {"data": {"updateRefs": None}, "errors": said})
    for each in given["refUpdates"]:
        world.git(name, "update-ref", each["name"], each["afterOid"])
        world.take_heads_of(name, each["name"].removeprefix("refs/heads/"))
    return Answer(200, {"data": {"updateRefs": {"clientMutationId": None}}})


def _problem(world: World, name: str, update: dict[str, Any]) -> str | None:
    ref, after, before = update["name"], update["afterOid"], update.get("beforeOid")
    found = world.git(name, "for-each-ref", "--format=%(objectname)", ref).decode().strip()
    if before is not None and found != before:
        return f"{ref} is at {found or 'nothing'} but expected {before}"
    if found and not update.get("force") and not world.is_ancestor(name, found, after):
        return f"{ref}: the update is not a fast-forward"
    return None
