"""How far a runner has got with an order: for people to look at, nothing is decided by it."""

from __future__ import annotations

import msgspec
from redis import Redis

_KEY = "hw:progress:{0}"
_KEPT_S = 24 * 3600
# What comes before anything is measured: its counts are none of the measuring.
CHECKING_OUT, LOOKING_AT_DATA, SETTING_UP = "checking out", "looking at data", "setting up"
PREPARATIONS = frozenset({CHECKING_OUT, LOOKING_AT_DATA, SETTING_UP})


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What is being done, *done* of *total* of it (0: not known), since when (seconds, UTC)."""

    what: str
    done: int
    total: int
    started: float
    now: float

    @property
    def remaining_s(self) -> float | None:
        """Seconds left at the pace so far; None while nothing is done or the total unknown.

        >>> Progress(what="pairs", done=1, total=4, started=100.0, now=110.0).remaining_s
        30.0
        """
        if self.done < 1 or self.total < self.done:
            return None
        return (self.now - self.started) / self.done * (self.total - self.done)


def tell(connection: Redis, run: str, progress: Progress) -> None:
    """Say how far *run* is.

    Raises:
        redis.exceptions.RedisError: the queue is away.
    """
    connection.set(_KEY.format(run), msgspec.json.encode(progress), ex=_KEPT_S)


def told(connection: Redis, run: str) -> Progress | None:
    """Read how far *run* is; None when nothing (readable) was said: runners are not trusted.

    Raises:
        redis.exceptions.RedisError: the queue is away.
    """
    value = connection.get(_KEY.format(run))
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=Progress)
    except msgspec.DecodeError:
        return None
