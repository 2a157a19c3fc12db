"""One stateful GitHub over real HTTP, for everything that speaks to GitHub.

It verifies the App's JWT and its tokens, checks every write against GitHub's own schemas
(``violations`` must stay empty), reads commits from bare repositories on disk, and can fail on
request: ``fake.fail("POST", "check-runs", LOST_REPLY)``.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from bot.local.deliver import Webhook
from tests.fakes import github_shapes as shapes
from tests.fakes.github_routes import Answer, Request, answer
from tests.fakes.github_schemas import violation
from tests.fakes.github_world import APP_ID, INSTALLATION, Comment, Pull, Refused, World

__all__ = ["INSTALLATION", "FakeGitHub", "fake_github"]


ENTERPRISE_PREFIX = "/api/v3"  # accepted in front of every path, as on GitHub Enterprise Server


@dataclass(frozen=True)
class Failure:
    """What happens instead of an answer; *carried_out*: the work is done all the same."""

    status: int | None  # None: the connection is cut without a word
    message: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    carried_out: bool = False


BAD_GATEWAY = Failure(502, "Bad Gateway")
BAD_GATEWAY_AFTERWARDS = Failure(502, "Bad Gateway", carried_out=True)
LOST_REQUEST = Failure(None)
LOST_REPLY = Failure(None, carried_out=True)
FORBIDDEN = Failure(403, "Resource not accessible by integration")
SECONDARY_LIMIT = Failure(403, "You have exceeded a secondary rate limit.")
UNAVAILABLE = Failure(503, "Unavailable", (("Retry-After", "1"),), carried_out=True)


def too_many_requests(retry_after_s: int) -> Failure:
    return Failure(429, "Too many requests", (("Retry-After", str(retry_after_s)),))


@dataclass
class _Planned:
    method: str
    path: re.Pattern[str]
    failure: Failure
    times: int


@dataclass
class FakeGitHub:
    """The server and its state; ``requests`` and ``violations`` say what it was sent."""

    world: World
    base_url: str = ""
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    planned: list[_Planned] = field(default_factory=list)

    @property
    def app_id(self) -> str:
        """The App's id."""
        return APP_ID

    @property
    def clone_url(self) -> str:
        """The clone-URL setting for git to find the repositories on disk."""
        return f"{self.world.repositories.as_uri()}/{{repository}}.git"

    def fail(self, method: str, path: str, failure: Failure, times: int = 1) -> None:
        """Fail the next *times* requests of *method* whose path holds the pattern *path*."""
        self.planned.append(_Planned(method, re.compile(path), failure, times))

    def sent(self, method: str, path: str = "") -> list[Request]:
        """The requests of *method* so far whose path holds the pattern *path*."""
        return [
            each for each in self.requests if each.method == method and re.search(path, each.path)
        ]

    def open_pull_request(self, name: str, head: str, base: str, title: str) -> Webhook:
        """Open a pull request of *head*, ``branch`` or ``owner:branch``; gives its webhook."""
        owner, colon, branch = head.partition(":")
        source = f"{owner}/{name.partition('/')[2]}" if colon else name
        with self.world.lock:
            number = self.world.next_number(name)
            pull = Pull(number, title, branch if colon else head, "", source, base)
            self.world.take_head(name, pull)
            self.world.pulls[name, number] = pull
            return self._webhook(name, pull, "opened")

    def push(self, name: str, number: int) -> Webhook:
        """Notice the commits that were added to a pull request's branch on disk."""
        with self.world.lock:
            pull = self.world.pull(name, number)
            before = pull.head
            self.world.take_head(name, pull)
            return self._webhook(name, pull, "synchronize", before)

    def set_state(self, name: str, number: int, state: str) -> Webhook:
        """Close a pull request, or open it again."""
        with self.world.lock:
            pull = self.world.pull(name, number)
            pull.state = state
            return self._webhook(name, pull, "closed" if state == "closed" else "reopened")

    def rerequest(self, name: str, check_run: int) -> Webhook:
        """Press a check run's re-run button."""
        stored = next(each for each in self.world.check_runs if each["id"] == check_run)
        event = shapes.rerequested_event(self.world, name, stored)
        return Webhook("check_run", json.dumps(event).encode())

    def comment_as(self, author: str, name: str, number: int, body: str) -> int:
        """Comment as anybody."""
        with self.world.lock:
            made = Comment(next(self.world.ids), name, number, author, body)
            self.world.comments.append(made)
            return made.id

    def comments(self, name: str, number: int) -> list[Comment]:
        """A pull request's comments, oldest first."""
        return [
            each for each in self.world.comments if (each.repository, each.number) == (name, number)
        ]

    def check_runs(self, name: str, head: str) -> list[dict[str, Any]]:
        """A commit's check runs, oldest first, each with its annotations."""
        return [
            {**each, "annotations": self.world.annotations.get(each["id"], [])}
            for each in self.world.check_runs
            if (each["repository"], each["head_sha"]) == (name, head)
        ]

    def expire_tokens(self) -> None:
        """Make every token that was given out worthless."""
        self.world.tokens.clear()

    def planned_failure(self, method: str, path: str) -> Failure | None:
        for plan in self.planned:
            if plan.times > 0 and plan.method == method and plan.path.search(path):
                plan.times -= 1
                return plan.failure
        return None

    def _webhook(self, name: str, pull: Pull, action: str, before: str | None = None) -> Webhook:
        event = shapes.pull_request_event(self.world, name, pull, action, before)
        return Webhook("pull_request", json.dumps(event).encode(), pull.number)


@contextmanager
def fake_github(repositories: Path) -> Iterator[FakeGitHub]:
    """Serve a GitHub over the bare repositories ``repositories/OWNER/NAME.git``."""
    fake = FakeGitHub(World(repositories))
    server = _Server(fake)
    fake.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined at the end, so that no socket outlives its test

    def __init__(self, fake: FakeGitHub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake
        self.connections: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def close(self) -> None:
        for connection in self.connections:
            _cut(connection)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal."""

    def _serve(self) -> None:
        request = self._request()
        fake = self.server.fake
        with fake.world.lock:
            fake.requests.append(request)
            failure = fake.planned_failure(request.method, request.path)
            if failure is None:
                return self._send(_carry_out(fake, request), request)
            if failure.carried_out:
                _carry_out(fake, request)
        if failure.status is None:
            self.close_connection = True
            return _cut(self.connection)
        return self._send(
            Answer(failure.status, {"message": failure.message}), request, failure.headers
        )

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815  http.server's names

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        prefix = ENTERPRISE_PREFIX if parts.path.startswith(ENTERPRISE_PREFIX) else ""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Request(
            method=self.command,
            path=unquote(parts.path.removeprefix(prefix)),
            query=dict(parse_qsl(parts.query)),
            authorization=self.headers.get("Authorization", ""),
            body=json.loads(content) if content else None,
            base_url=self.server.fake.base_url + prefix,
        )

    def _send(
        self, given: Answer, request: Request, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        body, link = _page(given, request)
        content = json.dumps(body).encode()
        self.send_response(given.status)
        for name, value in (*headers, *link):
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _carry_out(fake: FakeGitHub, request: Request) -> Answer:
    try:
        if request.method != "GET":
            _validate(fake, request)
        return answer(fake.world, request)
    except Refused as refused:
        return Answer(refused.status, refused.body)


def _validate(fake: FakeGitHub, request: Request) -> None:
    problem = violation(request.method, request.path, request.body)
    if problem is not None:
        fake.violations.append(problem)
        raise Refused(422, "Invalid request.", errors=[problem])


def _page(given: Answer, request: Request) -> tuple[Any, list[tuple[str, str]]]:
    if not isinstance(given.body, list):
        return given.body, []
    if given.next_cursor is not None:
        query = urlencode({**request.query, "cursor": given.next_cursor})
        link = [("Link", f'<{request.base_url}{request.path}?{query}>; rel="next"')]
        return given.body, link if given.next_cursor else []
    size = min(int(request.query.get("per_page", "30")), 100)
    page = int(request.query.get("page", "1"))
    shown = given.body[(page - 1) * size : page * size]
    link = []
    if page * size < len(given.body):
        query = urlencode({**request.query, "per_page": size, "page": page + 1})
        link.append(("Link", f'<{request.base_url}{request.path}?{query}>; rel="next"'))
    if given.list_item is None:
        return shown, link
    return {"total_count": len(given.body), given.list_item: shown}, link


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):  # closed already
        connection.shutdown(socket.SHUT_RDWR)
