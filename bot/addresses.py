"""TCP addresses of this machine: free ones, and the one where ``web`` answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from engine.errors import UserError, Where

_ANSWER_WITHIN_S = 2.0


def free_port(host: str) -> int:
    """Find a TCP port of *host* that nobody uses now.

    Raises:
        UserError: there is no such host on this machine.
    """
    return require_free(host, 0)


def require_free(host: str, port: int) -> int:
    """Make sure that something can listen on this address now; gives the port (0: a free one).

    Raises:
        UserError: it is in use, or no address of this machine.
    """
    with _listening(host, port) as listener:
        return int(listener.getsockname()[1])


def is_healthy(host: str, port: int) -> bool:
    """Tell whether ``web`` answers on this address and reaches its database."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - any address
    connection = HTTPConnection(reachable, port, timeout=_ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            problem = f"Nothing can listen on {host}:{port}: {error.strerror or error}."
            where = Where("settings", field="HIGHWATER_PORT")
            raise UserError(problem, where, "End what uses it, or name another port.") from error
        yield listener
