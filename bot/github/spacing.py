"""The pause between two writes of one installation, kept by all processes of the bot together.

GitHub answers writes that follow each other too fast with a secondary rate limit, which stops the
installation for a minute. A writer takes the next free moment, and waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from redis import Redis, RedisError

from engine.errors import TransientError

MAX_WAIT_S = 20.0
RETRY_AFTER_S = 5.0
_READS = frozenset({"GET", "HEAD"})

Sleep = Callable[[float], None]


class WriteSpacing(Protocol):
    """Gives out the moments at which an installation may write."""

    def take(self, installation: int, spacing_s: float) -> float:
        """Take the next free moment, *spacing_s* or more after the last; gives the wait, in s.

        A moment over 20 s away is not taken: it is told, and stays free.
        """


class MemorySpacing:
    """The moments of this process alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next: dict[int, float] = {}
        self._lock = threading.Lock()

    def take(self, installation: int, spacing_s: float) -> float:
        """Take the next free moment; gives the wait, in seconds."""
        with self._lock:
            now = self._clock()
            moment = max(now, self._next.get(installation, now))
            if moment - now <= MAX_WAIT_S:
                self._next[installation] = moment + spacing_s
            return moment - now


class RedisSpacing:
    """The moments of all processes, by the clock of the bot's private Redis."""

    # Read, compared and written in one go: two writers never take the same moment.
    _TAKE = """
        local told = redis.call('TIME')
        local now = told[1] * 1000 + math.floor(told[2] / 1000)
        local moment = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
        if moment - now <= tonumber(ARGV[2]) then
            local after = string.format('%d', moment + ARGV[1])
            redis.call('SET', KEYS[1], after, 'PX', math.max(1, after - now))
        end
        return moment - now
    """

    def __init__(self, connection: Redis) -> None:
        self._take = connection.register_script(self._TAKE)

    def take(self, installation: int, spacing_s: float) -> float:
        """Take the next free moment; gives the wait, in seconds.

        Raises:
            TransientError: Redis does not answer.
        """
        key = f"highwater:next-write:{installation}"
        spacing, longest = round(spacing_s * 1000), round(MAX_WAIT_S * 1000)
        try:
            wait = self._take(keys=[key], args=[spacing, longest])
        except RedisError as away:
            problem = f"the bot's Redis does not answer ({type(away).__name__})"
            raise TransientError(problem, RETRY_AFTER_S) from away
        return int(wait) / 1000


def wait_to_write(
    spacing: WriteSpacing, installation: int, spacing_s: float, sleep: Sleep = time.sleep
) -> None:
    """Wait until the installation may write.

    Raises:
        TransientError: that is more than 20 s away; the work had better be queued again.
    """
    if spacing_s <= 0:
        return
    wait = spacing.take(installation, spacing_s)
    if wait > MAX_WAIT_S:
        problem = f"installation {installation} has too many writes ahead of this one"
        raise TransientError(problem, wait)
    if wait > 0:
        sleep(wait)


def is_write(method: str) -> bool:
    """Whether a request of that method changes something."""
    return method.upper() not in _READS
