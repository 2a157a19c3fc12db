"""What making an App and looking after it asks for: the root, manifests, its own settings."""

from __future__ import annotations

from typing import Any

from tests.fakes import github_shapes as shapes
from tests.fakes.github_router import Answer, Request, route
from tests.fakes.github_world import Refused, World

NEW_APP_ID = 662607
WEBHOOK_SECRET = "e3b0c44298fc1c149afbf4c8996fb924"


@route("GET", "/")
def _root(world: World, request: Request) -> Answer:
    return Answer(200, {"current_user_url": f"{request.base_url}/user"})


@route("GET", "/user")
def _user(world: World, request: Request) -> Answer:
    login = world.login_of(request.authorization)
    if login.endswith("[bot]"):
        raise Refused(403, "Resource not accessible by integration")
    return Answer(200, shapes.user(login))


@route("POST", "/app-manifests/{code}/conversions")
def _convert(world: World, request: Request, code: str) -> Answer:
    manifest = world.manifests.pop(code, None)  # a code is good once
    if manifest is None:
        raise Refused(404, "Not Found")
    return Answer(201, _made(world, manifest))


@route("GET", "/app/hook/config")
def _hook_config(world: World, request: Request) -> Answer:
    return Answer(200, world.hook_config)


@route("GET", "/app/installations")
def _installations(world: World, request: Request) -> Answer:
    return Answer(200, shapes.installations())


def _made(world: World, manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": NEW_APP_ID,
        "slug": manifest["name"].lower(),
        "name": manifest["name"],
        "html_url": f"https://github.com/apps/{manifest['name'].lower()}",
        "client_id": "Iv1.0123456789abcdef",
        "client_secret": "0123456789abcdef",
        "webhook_secret": WEBHOOK_SECRET,
        "pem": world.private_key,
        "permissions": manifest["default_permissions"],
        "events": manifest["default_events"],
    }
