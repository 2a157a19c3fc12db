"""The heart of a runner: a thread that tells the queue every few seconds that it lives."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import Protocol, Self

from redis import Redis
from redis.exceptions import RedisError

from engine.values import RunId
from worker.machine import free_disk_bytes, load_per_cpu, this_machine
from worker.queue.heartbeat import INTERVAL_S, RunnerState, beat, forget
from worker.settings import RunnerSettings

_log = logging.getLogger("highwater.runner")


class Body(Protocol):
    """What the heart beats for."""

    settings: RunnerSettings
    name: str  # this process's own on the queue
    working_on: RunId | None
    changed: threading.Event  # set: worth telling before the next heartbeat

    def stop_if_cancelled(self, connection: Redis) -> None:
        """Stop the order at hand when it was cancelled and the message of that was missed."""


class Heart:
    """Beats in the background while its block is entered; a queue that is away is waited for."""

    def __init__(self, body: Body, connection: Redis) -> None:
        """Take the runner to speak for, and a connection of its own."""
        self._body = body
        self._connection = connection
        self._fingerprint = this_machine().fingerprint
        self._stopping = False
        self._thread = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Beat once, then go on by itself."""
        self._beat()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and take the runner off the list."""
        self._stopping = True
        self._body.changed.set()
        self._thread.join()
        try:
            forget(self._connection, self._body.name)
        except RedisError as error:
            _log.warning("heartbeat_not_forgotten", extra={"error": str(error)})

    def _live(self) -> None:
        while not self._stopping:
            self._body.changed.wait(INTERVAL_S)
            self._body.changed.clear()
            self._beat()

    def _beat(self) -> None:
        try:
            beat(self._connection, self._state())
            self._body.stop_if_cancelled(self._connection)
        except (RedisError, OSError) as error:
            _log.warning("heartbeat_failed", extra={"error": str(error)})

    def _state(self) -> RunnerState:
        settings = self._body.settings
        return RunnerState(
            name=settings.runner_name,
            tags=settings.runner_tags,
            seen_utc=datetime.now(UTC),
            fingerprint=self._fingerprint,
            load=load_per_cpu(),
            free_disk_bytes=free_disk_bytes(settings.work_dir),
            run=self._body.working_on,
            worker=self._body.name,
        )
