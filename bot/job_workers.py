"""The bot's own background workers: which of them live, and what the dead ones had begun.

RQ alone notices a dead worker after minutes. Here each ``jobs`` process beats, and the
scheduler puts back at once what a process without a heartbeat had taken.
"""

from __future__ import annotations

from typing import cast

from redis import Redis
from rq import Queue
from rq.executions import Execution
from rq.job import Job
from rq.registry import StartedJobRegistry

INTERVAL_S = 3.0
TIME_TO_LIVE_S = 20
HALF_TAKEN_S = 15  # a live worker needs less than a second from taking a job to starting it

_KEY = "hw:jobs:{0}"
_HALF_TAKEN = "hw:jobs:half-taken:{0}"


def beat(connection: Redis, worker: str) -> None:
    """Say that the worker of this name lives.

    Raises:
        redis.exceptions.RedisError: Redis is away.
    """
    connection.set(_KEY.format(worker), 1, ex=TIME_TO_LIVE_S)


def forget(connection: Redis, worker: str) -> None:
    """Say that the worker of this name has ended.

    Raises:
        redis.exceptions.RedisError: Redis is away.
    """
    connection.delete(_KEY.format(worker))


def restart_abandoned(queue: Queue) -> tuple[str, ...]:
    """Put the jobs of dead workers back at the front of *queue*; gives their ids.

    A job that has used up its retries is left to RQ, which lists it as failed.

    Raises:
        redis.exceptions.RedisError: Redis is away.
    """
    abandoned = [*_started_by_the_dead(queue), *_half_taken(queue)]
    return tuple(job.id for job in abandoned if _restart(queue, job))


def _started_by_the_dead(queue: Queue) -> list[Job]:
    ids = {job_id for job_id, _ in _executions(queue)}
    jobs = [job for job in map(queue.fetch_job, sorted(ids)) if job is not None]
    return [job for job in jobs if not _lives(queue.connection, job.worker_name)]


def _half_taken(queue: Queue) -> list[Job]:
    """Jobs that somebody took off the queue and never began."""
    started = {job_id for job_id, _ in _executions(queue)}
    stuck = []
    for job_id in queue.intermediate_queue.get_job_ids():
        job = queue.fetch_job(job_id)
        if job_id in started:
            continue
        if job is None:
            queue.intermediate_queue.remove(job_id)
        elif _seen_for_s(queue.connection, job_id) > HALF_TAKEN_S:
            stuck.append(job)
    return stuck


def _seen_for_s(connection: Redis, job_id: str) -> float:
    key = _HALF_TAKEN.format(job_id)
    seconds, microseconds = connection.time()
    now = seconds + microseconds / 1e6
    connection.set(key, now, nx=True, ex=3600)
    return now - float(cast("bytes", connection.get(key)))


def _restart(queue: Queue, job: Job) -> bool:
    """Queue the job first and tidy up after: whoever dies in between has lost nothing."""
    if not job.retries_left:
        return False
    job.retries_left -= 1
    begun = [execution for job_id, execution in _executions(queue) if job_id == job.id]
    queue.remove(job.id)
    queue.enqueue_job(job, at_front=True)
    with queue.connection.pipeline() as pipeline:
        for execution in begun:
            Execution(execution, job.id, queue.connection).delete(job, pipeline)
        pipeline.lrem(queue.intermediate_queue_key, 1, job.id)  # the oldest: not a new taking's
        pipeline.delete(_HALF_TAKEN.format(job.id))
        pipeline.execute()
    return True


def _executions(queue: Queue) -> list[tuple[str, str]]:
    registry = StartedJobRegistry(queue=queue)
    return list(registry.get_job_and_execution_ids(cleanup=False))


def _lives(connection: Redis, worker: str | None) -> bool:
    return worker is not None and bool(connection.exists(_KEY.format(worker)))
