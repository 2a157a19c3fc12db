"""The page on this machine that hands GitHub the manifest: who may read it, and how it answers."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager

import pytest

from bot.cli.manifest_page import ManifestPage, served
from tests.fakes.local_page import read


def serving() -> AbstractContextManager[ManifestPage]:
    return served(lambda state: f"https://github.com/?state={state}", lambda _back: {})


def test_a_page_under_another_name_shows_nothing() -> None:
    with serving() as page:
        status, shown = read(page.url, host="evil.example.org")

    assert (status, page.state in shown) == (403, False)


def test_the_state_is_not_found_by_asking() -> None:
    with serving() as page:
        answers = [read(f"http://127.0.0.1:{page.port}{path}") for path in ("/", "/start/", "/x")]

    assert [(status, page.state in shown) for status, shown in answers] == [(404, False)] * 3


def test_strange_requests_say_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as page:
        host = f"Host: 127.0.0.1:{page.port}\r\n\r\n"
        for line in ("GET http://[x HTTP/1.0\r\n", "GET \0 HTTP/1.0\r\n", "POST / HTTP/1.0\r\n"):
            with socket.create_connection(("127.0.0.1", page.port), 5) as connection:
                connection.sendall((line + host).encode())
                assert connection.recv(100).startswith(b"HTTP/1.0 ")

    assert capfd.readouterr() == ("", "")
