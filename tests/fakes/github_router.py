"""Requests, answers, and the table of who answers what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.github_world import Refused, World


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
    next_cursor: str | None = None  # the list is one page already; empty: the last one


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
    if request.path == "/" or request.path.startswith("/app-manifests/"):
        return  # open to everybody
    if request.path.startswith("/app") or request.path.endswith("/installation"):
        world.require_app(request.authorization)
    else:
        world.require_token(request.authorization)


def route(method: str, template: str) -> Callable[[Handler], Handler]:
    repository = template.replace("{name}", r"(?P<name>[^/]+/[^/]+)")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", repository)
    pattern = re.sub(r"\{\*(\w+)\}", r"(?P<\1>.+)", pattern)

    def register(handler: Handler) -> Handler:
        _ROUTES.append((method, re.compile(pattern), handler))
        return handler

    return register
