"""The pause between two writes of one installation, kept by all processes of the bot together.

GitHub answers writes that follow each other too fast with a secondary rate limit, which stops the
installation for a minute. A writer takes the next free moment, and waits for it. Who has written
little may write a few at once: a token bucket, kept as the one time at which it will be full again
(the "generic cell rate algorithm" of ITU-T I.371). So a push is answered at once, and no minute
has more than 72 writes, of the 80 that GitHub allows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from redis import Redis, RedisError

from engine.errors import TransientError

MAX_WAIT_S = 20.0
BURST = 12  # writes that may follow each other without a pause
RESERVED = 4  # of these: for what tells people that they were heard, whatever else is written
RETRY_AFTER_S = 5.0
_READS = frozenset({"GET", "HEAD"})

Sleep = Callable[[float], None]


class WriteSpacing(Protocol):
    """Gives out the moments at which an installation may write."""

    def take(self, installation: int, spacing_s: float, *, first: bool = False) -> float:
        """Take the next free moment; gives the wait, in seconds.

        In the long run there is one every *spacing_s*; 8 that were not taken are kept for later,
        12 for who is to be heard *first*. One over 20 s away is told, not taken.
        """


class MemorySpacing:
    """The moments of this process alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full: dict[int, float] = {}
        self._lock = threading.Lock()

    def take(self, installation: int, spacing_s: float, *, first: bool = False) -> float:
        """Take the next free moment; gives the wait, in seconds."""
        with self._lock:
            now = self._clock()
            full = max(now, self._full.get(installation, now))
            wait = max(0.0, full - now - _kept(spacing_s, first=first))
            if wait <= MAX_WAIT_S:
                self._full[installation] = full + spacing_s
            return wait


class RedisSpacing:
    """The moments of all processes, by the clock of the bot's private Redis."""

    # Read, compared and written in one go: two writers never take the same moment.
    _TAKE = """
        local told = redis.call('TIME')
        local now = told[1] * 1000 + math.floor(told[2] / 1000)
        local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
        local wait = math.max(0, full - now - ARGV[3])
        if wait <= tonumber(ARGV[2]) then
            local after = string.format('%d', full + ARGV[1])
            redis.call('SET', KEYS[1], after, 'PX', math.max(1, after - now))
        end
        return wait
    """

    def __init__(self, connection: Redis) -> None:
        self._take = connection.register_script(self._TAKE)

    def take(self, installation: int, spacing_s: float, *, first: bool = False) -> float:
        """Take the next free moment; gives the wait, in seconds.

        Raises:
            TransientError: Redis does not answer.
        """
        key = f"highwater:writes:{installation}"
        times = (spacing_s, MAX_WAIT_S, _kept(spacing_s, first=first))
        try:
            wait = self._take(keys=[key], args=[round(time_s * 1000) for time_s in times])
        except RedisError as away:
            problem = f"the bot's Redis does not answer ({type(away).__name__})"
            raise TransientError(problem, RETRY_AFTER_S) from away
        return int(wait) / 1000


def wait_to_write(
    spacing: WriteSpacing,
    installation: int,
    spacing_s: float,
    *,
    first: bool = False,
    sleep: Sleep = time.sleep,
) -> None:
    """Wait until the installation may write.

    Raises:
        TransientError: that is more than 20 s away; the work had better be queued again.
    """
    if spacing_s <= 0:
        return
    wait = spacing.take(installation, spacing_s, first=first)
    if wait > MAX_WAIT_S:
        problem = f"installation {installation} has too many writes ahead of this one"
        raise TransientError(problem, wait)
    if wait > 0:
        sleep(wait)


def _kept(spacing_s: float, *, first: bool) -> float:
    """Give how long before its turn in the long run a writer may write, in seconds."""
    return (BURST - 1 if first else BURST - RESERVED - 1) * spacing_s


def is_write(method: str) -> bool:
    """Whether a request of that method changes something."""
    return method.upper() not in _READS
