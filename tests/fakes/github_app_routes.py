"""The App itself: its installations, tokens and the webhooks that it was sent."""

from __future__ import annotations

from typing import Any

from tests.fakes import github_shapes as shapes
from tests.fakes.github_router import Answer, Request, route
from tests.fakes.github_world import INSTALLATION, Refused, World


@route("GET", "/app")
def _app(world: World, request: Request) -> Answer:
    return Answer(200, shapes.app())


@route("GET", "/repos/{name}/installation")
def _installation(world: World, request: Request, name: str) -> Answer:
    world.directory(name)
    return Answer(200, {"id": INSTALLATION, "app_id": shapes.app()["id"]})


@route("POST", "/app/installations/{installation}/access_tokens")
def _access_token(world: World, request: Request, installation: str) -> Answer:
    if int(installation) not in world.installations:
        raise Refused(404, "Not Found")
    token, expires = world.issue_token()
    return Answer(201, {"token": token, "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ")})


@route("GET", "/app/hook/deliveries")
def _hook_deliveries(world: World, request: Request) -> Answer:
    size = min(int(request.query.get("per_page", "30")), 100)
    start = int(request.query.get("cursor", "0"))
    newest_first = list(reversed(world.hook_deliveries))
    shown = [_listed(each) for each in newest_first[start : start + size]]
    older = start + size
    return Answer(200, shown, next_cursor=str(older) if older < len(newest_first) else "")


@route("GET", "/app/hook/deliveries/{delivery}")
def _hook_delivery(world: World, request: Request, delivery: str) -> Answer:
    return Answer(200, _stored(world, delivery))


@route("POST", "/app/hook/deliveries/{delivery}/attempts")
def _redeliver(world: World, request: Request, delivery: str) -> Answer:
    stored = _stored(world, delivery)
    again = {**stored, "id": next(world.ids), "redelivery": True, "status_code": 0}
    again["delivered_at"] = world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    world.hook_deliveries.append(again)
    return Answer(202, {})


def _listed(stored: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name != "request"}


def _stored(world: World, delivery: str) -> dict[str, Any]:
    for stored in world.hook_deliveries:
        if stored["id"] == int(delivery):
            return stored
    raise Refused(404, "Not Found")
