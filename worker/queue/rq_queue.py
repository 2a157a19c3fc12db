"""The runners' queues on Redis, through RQ.

RQ takes from several queues with one BLPOP, which leaves a job nowhere when its taker dies
between taking and starting. So every submitted run is also in a set of open runs, and one that
is called queued but stands in no queue for a while counts as lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis
from rq import Queue, Retry
from rq.command import send_stop_job_command
from rq.exceptions import DuplicateJobError, InvalidJobOperation, NoSuchJobError
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.registry import CanceledJobRegistry, FailedJobRegistry, StartedJobRegistry
from rq.utils import as_text

from engine.orders import RunOrder
from engine.values import RunId
from worker.queue.allow_list import ORDER_FUNCTION, JSONSerializer, OrderJob
from worker.queue.codec import encode_order
from worker.queue.heartbeat import RunnerState, live_runners
from worker.queue.names import Lane, queue_name
from worker.queue.progress import Progress, told

KEPT_S = 7 * 24 * 3600  # how long a run's id stays taken after its end
HALF_TAKEN_S = 15  # a live runner needs less than a second from taking to starting
SETUP_TIMEOUT_S = 1800  # for one tree
SLACK_S = 600  # for checking out, listing and reporting

_OPEN = "hw:open"
_CANCELLED = "hw:cancelled:{0}"
_HALF_TAKEN = "hw:half-taken:{0}"
_ENDED = {JobStatus.FINISHED, JobStatus.STOPPED, JobStatus.CANCELED}


class RedisOrderQueue:
    """Orders for runners, by hardware tags; the port ``bot.ports.OrderQueue``.

    Every method raises ``redis.exceptions.RedisError`` when the queue is away.
    """

    def __init__(self, connection: Redis) -> None:
        """Take a connection to the Redis of ``QUEUE_URL`` (not decoding responses)."""
        self._connection = connection

    def submit(self, order: RunOrder, tags: Sequence[str], lane: Lane = "pr") -> None:
        """Put an order on its tags' queue; a second time for the same run does nothing.

        Raises:
            UserError: no tag, or more than six.
            IntegrityError: the order is larger than a runner accepts.
        """
        queue = self._queue(queue_name(tags, lane))
        text = encode_order(order)
        self._connection.zadd(_OPEN, {order.run: self._now()}, nx=True)
        try:
            queue.enqueue(
                ORDER_FUNCTION,
                text,
                job_id=order.run,
                unique=True,
                description=f"{order.repository} {order.suite_name}",
                job_timeout=job_timeout_s(order),
                result_ttl=KEPT_S,
                failure_ttl=KEPT_S,
                retry=Retry(max=1),
            )
        except DuplicateJobError:
            return

    def cancel(self, run: RunId) -> None:
        """Take the order off its queue, or stop the runner's work on it and free the runner.

        A runner that misses the message sees the mark at its next heartbeat.
        """
        self._connection.set(_CANCELLED.format(run), 1, ex=KEPT_S)
        self._connection.zrem(_OPEN, run)
        job = self._job(run)
        if job is None or job.get_status(refresh=False) in _ENDED:
            return
        if job.get_status(refresh=False) != JobStatus.STARTED:
            take_off(job)
        self._stop(run)

    def runners(self) -> tuple[RunnerState, ...]:
        """List the runners whose heartbeat is fresh."""
        return live_runners(self._connection)

    def lost(self) -> tuple[RunId, ...]:
        """List the started, half-taken or failed orders that no live runner works on."""
        live = {state.worker for state in self.runners()}
        runs = (RunId(as_text(name)) for name, _since in self._connection.zscan_iter(_OPEN))
        return tuple(sorted(run for run in runs if self._is_lost(run, live)))

    def ended(self, run: RunId) -> bool:
        """Whether a runner is done with the order, or it was taken off its queue.

        A runner writes the report first, so where none is seen a while later none will come.
        """
        job = self._job(run)
        return job is not None and job.get_status(refresh=False) in _ENDED

    def requeue(self, run: RunId) -> None:
        """Put a lost order, or one that ended without a report, back at the front of its queue.

        A run that was cancelled meanwhile, that stands in its queue, or that is not known here
        is left alone.
        """
        job = self._job(run)
        if job is None or is_cancelled(self._connection, run) or self._is_waiting(job):
            return
        begun = self._executions(job)
        queue = self._queue(job.origin)
        with self._connection.pipeline() as pipeline:
            queue.enqueue_job(job, pipeline=pipeline, at_front=True)
            pipeline.zadd(_OPEN, {run: self._now()}, nx=True)  # an ended one had left it
            for execution in begun:
                execution.delete(job, pipeline)
            FailedJobRegistry(queue=queue, job_class=OrderJob).remove(job.id, pipeline=pipeline)
            pipeline.lrem(queue.intermediate_queue_key, 0, job.id)
            pipeline.delete(_HALF_TAKEN.format(run))
            pipeline.execute()

    def progress(self, run: RunId) -> Progress | None:
        """Say how far the runner is with *run*; None before it has said anything."""
        return told(self._connection, run)

    def position(self, run: RunId) -> int | None:
        """Count the orders ahead of a waiting one on its queue; None when it does not wait."""
        job = self._job(run)
        if job is None:
            return None
        ahead = self._connection.lpos(self._queue(job.origin).key, job.id)
        return ahead if isinstance(ahead, int) else None

    def knows(self, run: RunId) -> bool:
        """Whether the order is on a queue, being worked on, or ended within a week."""
        return self._job(run) is not None

    def _is_lost(self, run: RunId, live: set[str]) -> bool:
        job = self._job(run)
        if job is None:
            self._forget_if_old(run)
            return False
        status = job.get_status(refresh=False)
        if status in _ENDED:
            self._connection.zrem(_OPEN, run)
            return False
        if status == JobStatus.STARTED:
            return job.worker_name not in live
        return status == JobStatus.FAILED or self._is_half_taken(job)

    def _is_half_taken(self, job: Job) -> bool:
        """Whether a job called queued has stood in no queue for longer than starting takes."""
        key = _HALF_TAKEN.format(job.id)
        if self._is_waiting(job):
            self._connection.delete(key)
            return False
        now = self._now()
        if self._connection.set(key, now, nx=True, ex=3600):
            return False
        first_seen = self._connection.get(key)
        return first_seen is not None and now - float(first_seen) > HALF_TAKEN_S

    def _forget_if_old(self, run: RunId) -> None:
        """Drop an open run without a job, unless it is about to be enqueued."""
        since = self._connection.zscore(_OPEN, run)
        if since is not None and self._now() - float(since) > SLACK_S:
            self._connection.zrem(_OPEN, run)

    def _executions(self, job: Job) -> list[Execution]:
        started = StartedJobRegistry(queue=self._queue(job.origin), job_class=OrderJob)
        entries = started.get_job_and_execution_ids(cleanup=False)
        return [Execution(own, run, self._connection) for run, own in entries if run == job.id]

    def _is_waiting(self, job: Job) -> bool:
        return self._connection.lpos(self._queue(job.origin).key, job.id) is not None

    def _stop(self, run: RunId) -> None:
        try:
            send_stop_job_command(self._connection, run, serializer=JSONSerializer)
        except (NoSuchJobError, InvalidJobOperation):
            return  # it never started

    def _queue(self, name: str) -> Queue:
        return Queue(
            name, connection=self._connection, job_class=OrderJob, serializer=JSONSerializer
        )

    def _job(self, run: RunId) -> Job | None:
        try:
            return OrderJob.fetch(run, connection=self._connection, serializer=JSONSerializer)
        except NoSuchJobError:
            return None

    def _now(self) -> float:
        seconds, microseconds = self._connection.time()
        return float(seconds) + microseconds / 1e6


def is_cancelled(connection: Redis, run: str) -> bool:
    """Whether *run* was cancelled.

    Raises:
        redis.exceptions.RedisError: the queue is away.
    """
    return bool(connection.exists(_CANCELLED.format(run)))


def take_off(job: Job) -> None:
    """Take a job that has not started off its queue; its id stays taken for a week."""
    try:
        job.cancel()
    except InvalidJobOperation:
        return  # somebody else did
    CanceledJobRegistry(job.origin, job.connection, serializer=JSONSerializer).remove(job.id)
    job.connection.expire(job.key, KEPT_S)


def measuring_limit_s(order: RunOrder) -> float:
    """How long measuring may take, both sides together, in seconds."""
    planned_s = 60.0 * (order.suite.max_minutes or 0.0)
    return max(order.suite.timeout_s, planned_s)


def job_timeout_s(order: RunOrder) -> int:
    """How long a runner may be busy with *order* before RQ ends it, in seconds.

    A backstop: setting up and measuring keep limits of their own, which are shorter.
    """
    setups = 2 * SETUP_TIMEOUT_S if order.setup else 0
    return int(measuring_limit_s(order) + setups + SLACK_S)
