"""Where installation tokens wait until near their expiry: this process, or the bot's Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

import msgspec
from redis import Redis, RedisError

from engine.errors import TransientError

RETRY_AFTER_S = 5.0


class InstallationToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that opens one installation until it expires."""

    token: str
    expires_utc: datetime

    def __repr__(self) -> str:
        """Leave the secret out."""
        return f"InstallationToken(expires_utc={self.expires_utc!r})"


class TokenStore(Protocol):
    """Keeps tokens, never longer than they live."""

    def get(self, installation: int) -> InstallationToken | None:
        """Give the kept token; None when there is none."""

    def put(self, installation: int, token: InstallationToken, now: datetime) -> None:
        """Keep a token."""

    def drop(self, installation: int) -> None:
        """Forget a token."""


class MemoryTokens:
    """Tokens in this process alone."""

    def __init__(self) -> None:
        self._tokens: dict[int, InstallationToken] = {}

    def get(self, installation: int) -> InstallationToken | None:
        """Give the kept token; None when there is none."""
        return self._tokens.get(installation)

    def put(self, installation: int, token: InstallationToken, now: datetime) -> None:
        """Keep a token."""
        del now  # what has expired is replaced by who reads it
        self._tokens[installation] = token

    def drop(self, installation: int) -> None:
        """Forget a token."""
        self._tokens.pop(installation, None)


class RedisTokens:
    """Tokens that all processes of the bot share, in its private Redis (never the runners').

    Every method raises TransientError when Redis does not answer.
    """

    def __init__(self, connection: Redis) -> None:
        self._connection = connection

    def get(self, installation: int) -> InstallationToken | None:
        """Give the kept token; None when there is none, or what is kept cannot be read."""
        with _reaching_redis():
            stored = self._connection.get(_key(installation))
        if not isinstance(stored, bytes | str):
            return None
        try:
            return msgspec.json.decode(stored, type=InstallationToken)
        except msgspec.MsgspecError:
            return None

    def put(self, installation: int, token: InstallationToken, now: datetime) -> None:
        """Keep a token until it expires."""
        lifetime_s = int((token.expires_utc - now).total_seconds())
        if lifetime_s > 0:
            with _reaching_redis():
                self._connection.set(_key(installation), msgspec.json.encode(token), ex=lifetime_s)

    def drop(self, installation: int) -> None:
        """Forget a token."""
        with _reaching_redis():
            self._connection.delete(_key(installation))


@contextmanager
def _reaching_redis() -> Iterator[None]:
    try:
        yield
    except RedisError as away:
        problem = f"the bot's Redis does not answer ({type(away).__name__})"
        raise TransientError(problem, RETRY_AFTER_S) from away


def _key(installation: int) -> str:
    return f"highwater:installation-token:{installation}"
