"""Webhooks over real HTTP arrive as GitHub sends them."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from bot.github.signature import verify
from bot.local.deliver import Webhook, deliver
from engine.errors import TransientError

WEBHOOK = Webhook("pull_request", b'{"action": "opened"}', 1)


class Receiver(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/webhook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_answers_status_comes_back(receiver: Receiver) -> None:
    assert deliver(receiver.url, WEBHOOK, "secret") == 202


def test_it_arrives_signed_with_its_event_and_id(receiver: Receiver) -> None:
    deliver(receiver.url, WEBHOOK, "secret", delivery_id="delivery-1")

    ((path, headers, body),) = receiver.seen

    verify(body, headers["X-Hub-Signature-256"], [b"secret"])
    named = (headers["X-GitHub-Event"], headers["X-GitHub-Delivery"])
    assert (path, body, named) == ("/webhook", WEBHOOK.body, ("pull_request", "delivery-1"))


def test_each_delivery_has_an_id_of_its_own(receiver: Receiver) -> None:
    for _ in range(2):
        deliver(receiver.url, WEBHOOK, "secret")

    assert len({headers["X-GitHub-Delivery"] for _, headers, _ in receiver.seen}) == 2


def test_nobody_there_is_a_transient_error(receiver: Receiver) -> None:
    with pytest.raises(TransientError, match="cannot deliver"):
        deliver("http://127.0.0.1:1/webhook", WEBHOOK, "secret")
