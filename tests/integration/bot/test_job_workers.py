"""The jobs of a dead ``jobs`` process start again, by a real RQ on a real Valkey."""

from __future__ import annotations

import pytest
from rq import Queue, Retry, SimpleWorker
from rq.serializers import JSONSerializer

from bot import job_workers
from bot.job_workers import beat, forget, restart_abandoned
from tests.fakes.valkey import Valkey, valkey

__all__ = ["valkey"]


@pytest.fixture
def queue(valkey: Valkey) -> Queue:
    return Queue("bot", connection=valkey.client(), serializer=JSONSerializer)


def _taken_by(queue: Queue, name: str, retry: Retry) -> str:
    """Queue a job and let the worker *name* begin it, as far as its death would leave it."""
    queue.enqueue("builtins.len", "abc", retry=retry)
    return _take(queue, name)


def _take(queue: Queue, name: str) -> str:
    worker = SimpleWorker([queue], name=name, connection=queue.connection)
    taken = queue.dequeue_any(
        [queue], timeout=None, connection=queue.connection, serializer=JSONSerializer
    )
    assert taken is not None
    worker.prepare_execution(taken[0])
    worker.prepare_job_execution(taken[0], remove_from_intermediate_queue=True)
    return str(taken[0].id)


def test_a_job_that_a_dead_worker_began_is_put_back(queue: Queue) -> None:
    job = _taken_by(queue, "dead", Retry(max=2))

    restarted = restart_abandoned(queue)

    assert (restarted, queue.job_ids) == ((job,), [job])


def test_a_restarted_job_is_carried_out_by_the_next_worker(queue: Queue) -> None:
    job = _taken_by(queue, "dead", Retry(max=2))
    restart_abandoned(queue)

    SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer).work(burst=True)

    assert queue.fetch_job(job).return_value() == 3


def test_a_job_of_a_worker_that_beats_is_left_alone(queue: Queue) -> None:
    _taken_by(queue, "busy", Retry(max=2))
    beat(queue.connection, "busy")

    assert restart_abandoned(queue) == ()


def test_a_job_of_a_worker_that_said_goodbye_is_put_back(queue: Queue) -> None:
    job = _taken_by(queue, "leaver", Retry(max=2))
    beat(queue.connection, "leaver")
    forget(queue.connection, "leaver")

    assert restart_abandoned(queue) == (job,)


def test_a_job_is_put_back_no_more_often_than_it_may_be_retried(queue: Queue) -> None:
    _taken_by(queue, "dead", Retry(max=1))
    restart_abandoned(queue)
    _take(queue, "dead-too")

    assert restart_abandoned(queue) == ()


def test_a_job_that_was_taken_and_never_begun_is_put_back_after_a_while(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queue.enqueue("builtins.len", "abc", retry=Retry(max=2))
    queue.dequeue_any([queue], timeout=None, connection=queue.connection, serializer=JSONSerializer)
    first = restart_abandoned(queue)
    monkeypatch.setattr(job_workers, "HALF_TAKEN_S", 0.0)

    assert (first, restart_abandoned(queue)) == ((), (job.id,))
