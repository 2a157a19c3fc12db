"""The runner: an RQ worker that takes orders by its tags and leaves no process behind."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from signal import SIGKILL, Signals
from typing import Any, Self

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job

from engine.errors import UserError
from engine.values import RunId
from worker.jobs import SETTINGS
from worker.leftovers import die_with_parent, kill_descendants, kill_marked, mark_of
from worker.machine import free_disk_bytes, load_per_cpu, this_machine
from worker.processes import become_subreaper
from worker.queue.allow_list import JSONSerializer, OrderJob
from worker.queue.heartbeat import INTERVAL_S, RunnerState, beat, forget, live_runners
from worker.queue.names import listened_queues
from worker.queue.rq_queue import KEPT_S, is_cancelled, take_off
from worker.run import remove_tree, runner_folder
from worker.settings import RunnerSettings, required_queue_url

WORKER_TTL_S = 60
MONITORING_INTERVAL_S = 10

_log = logging.getLogger("highwater.runner")


def serve(settings: RunnerSettings, *, once: bool = False) -> None:
    """Take and carry out orders until SIGTERM (or SIGINT), which lets the running one end first.

    A second signal ends it too: the order is then lost, and taken up again by whoever the bot
    gives it to. With *once*, one order is waited for and carried out.

    Raises:
        UserError: no or no reachable queue, or a runner of this name works here already.
    """
    url = required_queue_url(settings)
    with _alone(settings), Redis.from_url(url) as connection, Redis.from_url(url) as pulse:
        become_subreaper()
        _quieten()
        _reach(connection)
        prefix = _prefix(settings)
        _close_predecessors(settings, connection, prefix)
        SETTINGS.set(settings)
        worker = RunnerWorker(settings, connection, f"{prefix}{secrets.token_hex(4)}")
        with Heart(worker, pulse):
            worker.work(max_jobs=1 if once else None, logging_level=None)
    if not (once or worker.asked_to_stop):
        problem = "The runner lost its queue."
        raise UserError(problem, None, "Start it again once the queue is back; `up` does that.")


class RunnerWorker(Worker):
    """One process that carries out one order at a time, each in a forked child (the horse)."""

    def __init__(self, settings: RunnerSettings, connection: Redis, name: str) -> None:
        """Register nowhere yet; *name* is this process's own on the queue."""
        super().__init__(
            listened_queues(settings.runner_tags),
            name=name,
            connection=connection,
            default_result_ttl=KEPT_S,
            worker_ttl=WORKER_TTL_S,
            job_class=OrderJob,
            log_job_description=False,
            job_monitoring_interval=MONITORING_INTERVAL_S,
            serializer=JSONSerializer,
        )
        self.settings = settings
        self.asked_to_stop = False
        self.working_on: RunId | None = None
        self.changed = threading.Event()  # set: worth telling before the next heartbeat

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Carry out one order, unless it was cancelled; then kill whatever it left behind."""
        if is_cancelled(self.connection, job.id):
            take_off(job)
            return
        self.working_on = RunId(job.id)
        self.changed.set()
        _log.info("order_taken", extra={"run": job.id, "queue": queue.name})
        try:
            super().execute_job(job, queue)
        finally:
            _log.info("order_left", extra={"run": job.id})
            self.working_on = None
            self.changed.set()
            _clear(self.settings)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Carry out the job in the forked child, which dies with its runner."""
        die_with_parent(self.pid or 0)
        become_subreaper()
        super().main_work_horse(job, queue)

    def kill_horse(self, sig: Signals = SIGKILL) -> None:
        """Kill the child that works on the order; without one, RQ would kill this very process."""
        if self.horse_pid:
            super().kill_horse(sig)

    def stop_if_cancelled(self, connection: Redis) -> None:
        """Stop the order at hand when it was cancelled and the message of that was missed."""
        run = self.working_on
        if run is None or not is_cancelled(connection, run):
            return
        if self.get_current_job_id() == run:
            self._stopped_job_id = run
            self.kill_horse()

    def handle_warm_shutdown_request(self) -> None:
        """Note that somebody wants the runner to end."""
        self.asked_to_stop = True
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log what a job raised, without its argument: an order can be megabytes."""
        _log.error("job_failed", extra={"run": job.id}, exc_info=exc_info)

    def run_maintenance_tasks(self) -> None:
        """Clean up the registries of the queues that exist; groups, which RQ unpickles, never."""
        existing = self.connection.smembers(Queue.redis_queues_keys)
        every_queue = self.queues
        self.queues = [queue for queue in every_queue if queue.key.encode() in existing]
        try:
            self.clean_registries()  # type: ignore[no-untyped-call]
        finally:
            self.queues = every_queue


class Heart:
    """A thread that tells the queue every few seconds that the runner lives."""

    def __init__(self, worker: RunnerWorker, connection: Redis) -> None:
        """Take the worker to speak for and a connection of its own."""
        self._worker = worker
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
        self._worker.changed.set()
        self._thread.join()
        try:
            forget(self._connection, self._worker.name)
        except RedisError as error:
            _log.warning("heartbeat_not_forgotten", extra={"error": str(error)})

    def _live(self) -> None:
        while not self._stopping:
            self._worker.changed.wait(INTERVAL_S)
            self._worker.changed.clear()
            self._beat()

    def _beat(self) -> None:
        try:
            beat(self._connection, self._state())
            self._worker.stop_if_cancelled(self._connection)
        except (RedisError, OSError) as error:
            _log.warning("heartbeat_failed", extra={"error": str(error)})

    def _state(self) -> RunnerState:
        settings = self._worker.settings
        return RunnerState(
            name=settings.runner_name,
            tags=settings.runner_tags,
            seen_utc=datetime.now(UTC),
            fingerprint=self._fingerprint,
            load=load_per_cpu(),
            free_disk_bytes=free_disk_bytes(settings.work_dir),
            run=self._worker.working_on,
            worker=self._worker.name,
        )


@contextmanager
def _alone(settings: RunnerSettings) -> Iterator[None]:
    """Be the only runner of this name on this work directory.

    A POSIX lock: the kernel drops it with its process, and children do not inherit it.
    """
    settings.work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.work_dir / f"{settings.runner_name}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        problem = f"A runner named {settings.runner_name} works here already."
        raise UserError(problem, None, "Give this one another --name.") from error
    finally:
        os.close(descriptor)


def _quieten() -> None:
    """Leave the steps of libraries out of the log: ours are there."""
    for name in ("distlib", "filelock", "python_discovery", "rq", "rq.worker", "virtualenv"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _prefix(settings: RunnerSettings) -> str:
    """Begin the names of all processes that are ever this runner, on this machine."""
    place = f"{socket.gethostname()}\n{settings.work_dir}"
    return f"{settings.runner_name}.{hashlib.sha256(place.encode()).hexdigest()[:8]}."


def _reach(connection: Redis) -> None:
    try:
        connection.ping()
    except RedisError as error:
        problem = f"The queue cannot be reached: {error}."
        raise UserError(problem, None, "Check QUEUE_URL, and that Redis runs.") from error


def _close_predecessors(settings: RunnerSettings, connection: Redis, prefix: str) -> None:
    """Clear up after a killed predecessor, and let the bot see at once that it is dead.

    Being alone here proves that it is: so the bot need not wait for its heartbeat to expire.
    """
    killed = kill_marked(mark_of(settings.runner_name, settings.work_dir), runner_folder(settings))
    if killed:
        _log.warning("leftovers_killed", extra={"count": killed})
    _clear(settings)
    for state in live_runners(connection):
        if state.worker.startswith(prefix):
            forget(connection, state.worker)


def _clear(settings: RunnerSettings) -> None:
    """Kill all descendants of this process, and empty the runner's folder."""
    escaped = kill_descendants()
    if escaped:
        _log.warning("escaped_processes_killed", extra={"count": escaped})
    remove_tree(runner_folder(settings))
