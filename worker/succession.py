"""One runner after another: each is alone under its name, and clears up after the one before."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from engine.errors import UserError
from worker.leftovers import kill_descendants, kill_marked, mark_of, remove_tree
from worker.queue.heartbeat import forget, live_runners
from worker.run import runner_folder
from worker.settings import RunnerSettings

_log = logging.getLogger("highwater.runner")


@contextmanager
def alone(settings: RunnerSettings) -> Iterator[None]:
    """Be the only runner of this name on this work directory.

    A POSIX lock: the kernel drops it with its process, and children do not inherit it.

    Raises:
        UserError: another one is there.
    """
    settings.work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.work_dir / f"{settings.runner_name}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, settings.runner_name)
        yield
    finally:
        os.close(descriptor)


def process_prefix(settings: RunnerSettings) -> str:
    """Begin the queue's names of all processes that are ever this runner, on this machine."""
    place = f"{socket.gethostname()}\n{settings.work_dir}"
    return f"{settings.runner_name}.{hashlib.sha256(place.encode()).hexdigest()[:8]}."


def close_predecessors(settings: RunnerSettings, connection: Redis) -> None:
    """Clear up after a killed predecessor, and let the bot see at once that it is dead.

    Being alone proves that it is: so the bot need not wait for its heartbeat to expire.

    Raises:
        redis.exceptions.RedisError: the queue is away.
        OSError: the work directory cannot be emptied.
    """
    killed = kill_marked(mark_of(settings.runner_name, settings.work_dir), runner_folder(settings))
    if killed:
        _log.warning("leftovers_killed", extra={"count": killed})
    clear_up(settings)
    for state in live_runners(connection):
        if state.worker.startswith(process_prefix(settings)):
            forget(connection, state.worker)


def clear_up(settings: RunnerSettings) -> None:
    """Kill all descendants of this process, and empty the runner's folder.

    Raises:
        OSError: the work directory cannot be emptied.
    """
    escaped = kill_descendants()
    if escaped:
        _log.warning("escaped_processes_killed", extra={"count": escaped})
    remove_tree(runner_folder(settings))


def _lock(descriptor: int, name: str) -> None:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        problem = f"A runner named {name} works here already."
        raise UserError(problem, None, "Give this one another --name.") from error
