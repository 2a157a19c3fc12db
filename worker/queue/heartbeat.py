"""Heartbeats: how the bot knows which runners are live, and what they are doing.

A runner's key expires by the queue's own clock, so clocks that differ between machines and a
runner that is killed need no one to tidy up.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from redis import Redis

from engine.values import RunId

INTERVAL_S = 3.0
TIME_TO_LIVE_S = 20  # seven beats may be lost on a loaded machine

_KEY = "hw:runner:{0}"
_NAMES = "hw:runners"


class RunnerState(msgspec.Struct, frozen=True, kw_only=True):
    """What a live runner's last heartbeat said."""

    name: str
    tags: tuple[str, ...]
    seen_utc: datetime
    fingerprint: str
    load: float  # runnable processes per CPU, over a minute
    free_disk_bytes: int
    run: RunId | None
    worker: str = ""  # the process's own name on the queue: a restarted runner has another


def beat(connection: Redis, state: RunnerState) -> None:
    """Say that the runner lives.

    Raises:
        redis.exceptions.RedisError: the queue is away.
    """
    with connection.pipeline() as pipeline:
        pipeline.sadd(_NAMES, state.worker)
        pipeline.set(_KEY.format(state.worker), msgspec.json.encode(state), ex=TIME_TO_LIVE_S)
        pipeline.execute()


def forget(connection: Redis, worker: str) -> None:
    """Take a runner's process off the list: it is known to be gone.

    Raises:
        redis.exceptions.RedisError: the queue is away.
    """
    with connection.pipeline() as pipeline:
        pipeline.srem(_NAMES, worker)
        pipeline.delete(_KEY.format(worker))
        pipeline.execute()


def live_runners(connection: Redis) -> tuple[RunnerState, ...]:
    """List the runners whose heartbeat is fresh, by name; expired names are dropped.

    A heartbeat that cannot be read is no heartbeat: runners are not trusted.

    Raises:
        redis.exceptions.RedisError: the queue is away.
    """
    workers = sorted(_text(name) for name in connection.smembers(_NAMES))
    if not workers:
        return ()
    values = connection.mget([_KEY.format(worker) for worker in workers])
    silent = [worker for worker, value in zip(workers, values, strict=True) if value is None]
    if silent:
        connection.srem(_NAMES, *silent)
    states = [_decoded(value) for value in values if value is not None]
    return tuple(sorted((s for s in states if s is not None), key=lambda s: (s.name, s.worker)))


def _decoded(value: bytes | str) -> RunnerState | None:
    try:
        return msgspec.json.decode(value, type=RunnerState)
    except msgspec.DecodeError:
        return None


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode(errors="replace")
