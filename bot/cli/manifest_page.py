"""The page on this machine that hands GitHub the manifest, and hears of the App that was made.

It answers on the loopback address alone, under a path that nobody can guess, and believes an
answer only with the state that it sent itself.
"""

from __future__ import annotations

import hmac
import html
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.errors import UserError

HOST = "127.0.0.1"
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),  # the page's own address holds the state
    ("X-Frame-Options", "DENY"),
)

Describe = Callable[[str], dict[str, Any]]  # the manifest, for an address to come back to


@dataclass
class ManifestPage:
    """One page that is being served: where it is, and what came back."""

    port: int
    creation_url: Callable[[str], str]
    describe: Describe
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    code: str | None = field(default=None, repr=False)
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The address to open; whoever knows it may ask GitHub in our name, so it is secret."""
        return f"http://{HOST}:{self.port}/start/{self.state}"

    @property
    def made_url(self) -> str:
        """The address that GitHub sends the browser back to."""
        return f"http://{HOST}:{self.port}/made"

    def wait(self, seconds: float) -> str:
        """Wait for GitHub's code.

        Raises:
            UserError: it did not come in time.
        """
        if not self.done.wait(seconds) or self.code is None:
            problem = f"GitHub did not send anybody back within {seconds / 60:.0f} minutes."
            raise UserError(problem, None, "Run `highwater setup` again.")
        return self.code

    def answer(self, target: str) -> tuple[HTTPStatus, str]:
        """Answer a GET of *target*: path and query."""
        try:
            parts = urlsplit(target)
        except ValueError:
            return HTTPStatus.NOT_FOUND, _page("Nothing is here.")
        if hmac.compare_digest(parts.path.encode(), f"/start/{self.state}".encode()):
            return HTTPStatus.OK, self._form()
        if parts.path == "/made":
            return self._heard(parse_qs(parts.query))
        return HTTPStatus.NOT_FOUND, _page("Nothing is here.")

    def _heard(self, query: dict[str, list[str]]) -> tuple[HTTPStatus, str]:
        state, code = ((query.get(name) or [""])[0] for name in ("state", "code"))
        if not hmac.compare_digest(state.encode(), self.state.encode()) or not code:
            said = "This is no answer to what was asked here; nothing was stored."
            return HTTPStatus.BAD_REQUEST, _page(said)
        if not self.done.is_set():  # the first counts: a page that is loaded anew changes nothing
            self.code = code
            self.done.set()
        return HTTPStatus.OK, _page("GitHub made the App. The terminal says the rest.")

    def _form(self) -> str:
        action = html.escape(self.creation_url(self.state))
        manifest = html.escape(json.dumps(self.describe(self.made_url)))
        return _page(
            "GitHub shows the App next; you confirm it there.",
            f'<form action="{action}" method="post">'
            f'<input type="hidden" name="manifest" value="{manifest}">'
            "<button>Create the GitHub App</button></form>"
            "<script>document.forms[0].submit()</script>",
        )


@contextmanager
def served(creation_url: Callable[[str], str], describe: Describe) -> Iterator[ManifestPage]:
    """Serve the page on a free port, as long as the block lasts."""
    server = _Server((HOST, 0), _Handler)
    page = ManifestPage(server.server_port, creation_url, describe)
    server.page = page  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a browser keeps connections open that it never uses
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that hangs up is no trouble of the person's at the terminal."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 30

    def do_GET(self) -> None:
        page: ManifestPage = self.server.page  # type: ignore[attr-defined]
        # Another site may point its own name at this address and read what it finds.
        own = {f"{HOST}:{page.port}", f"localhost:{page.port}"}
        if self.headers.get("Host") in own:
            status, body = page.answer(self.path)
        else:
            status, body = HTTPStatus.FORBIDDEN, _page("Open the address that was printed.")
        content = body.encode()
        self.send_response(status)
        for name, value in (*_HEADERS, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        """Say nothing: the requests hold the state and the code."""


def _page(said: str, rest: str = "") -> str:
    title = "<!doctype html><meta charset=utf-8><title>Highwater</title>"
    return f"{title}<h1>Highwater</h1><p>{html.escape(said)}</p>{rest}"
