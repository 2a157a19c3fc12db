"""The runner: an RQ worker that takes orders by its tags and leaves no process behind."""

from __future__ import annotations

import logging
import secrets
import threading
from signal import SIGKILL, Signals
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job

from engine.errors import UserError
from engine.values import RunId
from worker.heart import Heart
from worker.jobs import SETTINGS
from worker.leftovers import die_with_parent
from worker.processes import become_subreaper
from worker.queue.allow_list import JSONSerializer, OrderJob
from worker.queue.names import listened_queues
from worker.queue.rq_queue import KEPT_S, is_cancelled, take_off
from worker.settings import RunnerSettings, required_queue_url
from worker.succession import alone, clear_up, close_predecessors, process_prefix

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
    with alone(settings), Redis.from_url(url) as connection, Redis.from_url(url) as pulse:
        become_subreaper()
        _quieten()
        _reach(connection)
        close_predecessors(settings, connection)
        SETTINGS.set(settings)
        name = process_prefix(settings) + secrets.token_hex(4)
        worker = RunnerWorker(settings, connection, name)
        with Heart(worker, pulse):
            worked = _work(worker, once=once)
    if not (worker.asked_to_stop or (once and worked)):
        problem = "The runner lost its queue."
        raise UserError(problem, None, "Start it again once the queue is back; `up` does that.")


class RunnerWorker(Worker):
    """One process that carries out one order at a time, each in a forked child (the horse)."""

    def __init__(self, settings: RunnerSettings, connection: Redis, name: str) -> None:
        """Register nowhere yet; *name* is this process's own on the queue."""
        super().__init__(
            listened_queues(settings.runner_tags, settings.runner_name),
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
            self._clear_up()

    def _clear_up(self) -> None:
        """Leave nothing of the order; what cannot be removed is no reason to stop working."""
        try:
            clear_up(self.settings)
        except OSError as error:
            _log.warning("work_not_removed", extra={"error": str(error)})

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


def _work(worker: RunnerWorker, *, once: bool) -> bool:
    """Work until told to stop; says whether there was an order, which is false on a loss."""
    try:
        return worker.work(max_jobs=1 if once else None, logging_level=None)
    except RedisError as error:
        _log.warning("queue_lost", extra={"error": str(error)})
        return False


def _quieten() -> None:
    """Leave the steps of libraries out of the log: ours are there."""
    for name in ("distlib", "filelock", "python_discovery", "rq", "rq.worker", "virtualenv"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _reach(connection: Redis) -> None:
    try:
        connection.ping()
    except RedisError as error:
        problem = f"The queue cannot be reached: {error}."
        raise UserError(problem, None, "Check QUEUE_URL, and that Redis runs.") from error
