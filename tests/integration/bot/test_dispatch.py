from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job, JobStatus
from sqlalchemy import Engine, text

from bot.dispatch import HANDLER, DeliveryJobs, Dispatcher, Pace, job_id
from bot.store.deliveries import Delivery, DeliveryStatus, DeliveryStore
from bot.store.engine import writing
from engine.errors import TransientError
from engine.values import DeliveryId
from tests.fakes.database import database, database_url
from tests.fakes.valkey import Valkey, valkey
from worker.queue.allow_list import JSONSerializer, safe_job

__all__ = ["database", "database_url", "valkey"]

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ONE = DeliveryId("d-1")


@dataclass
class MovedClock:
    time: datetime = START

    def now(self) -> datetime:
        return self.time

    def pass_s(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Recorder:
    """An ``Enqueue`` that remembers, and that is away for the deliveries it is told to refuse."""

    taken: list[DeliveryId] = field(default_factory=list)
    refused: set[DeliveryId] = field(default_factory=set)

    def __call__(self, delivery: DeliveryId) -> None:
        if delivery in self.refused:
            message = "the queue is away"
            raise TransientError(message, 5.0)
        self.taken.append(delivery)


@pytest.fixture
def store(database: Engine) -> DeliveryStore:
    return DeliveryStore(database)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


def add(store: DeliveryStore, *names: str) -> None:
    for number, name in enumerate(names):
        delivery = Delivery(id=DeliveryId(name), event="ping", body=name.encode())
        store.add(delivery, START + timedelta(microseconds=number))


def test_what_was_committed_is_handed_on_once_in_its_order(
    store: DeliveryStore, clock: MovedClock
) -> None:
    add(store, "d-2", "d-1")
    clock.pass_s(1)
    enqueue = Recorder()
    dispatcher = Dispatcher(store, enqueue, clock)
    counts = [dispatcher.dispatch(), dispatcher.dispatch()]
    assert (counts, enqueue.taken) == ([2, 0], ["d-2", "d-1"])


def test_what_a_dead_dispatcher_claimed_is_handed_on_by_the_next_one(
    store: DeliveryStore, clock: MovedClock
) -> None:
    add(store, "d-1")
    store.claim(clock.now(), Pace().lease_s)  # and then it died
    clock.pass_s(Pace().lease_s)
    enqueue = Recorder()
    Dispatcher(store, enqueue, clock).dispatch()
    assert enqueue.taken == ["d-1"]


def test_what_the_queue_did_not_take_is_handed_on_when_it_is_back(
    store: DeliveryStore, clock: MovedClock
) -> None:
    add(store, "d-1", "d-2", "d-3")
    clock.pass_s(1)
    enqueue = Recorder(refused={DeliveryId("d-2")})
    dispatcher = Dispatcher(store, enqueue, clock)
    with pytest.raises(TransientError):
        dispatcher.dispatch()
    enqueue.refused.clear()
    clock.pass_s(5)
    dispatcher.dispatch()
    assert enqueue.taken == ["d-1", "d-2", "d-3"]


def test_a_handled_delivery_is_never_handed_on_again(
    store: DeliveryStore, clock: MovedClock
) -> None:
    add(store, "d-1")
    enqueue = Recorder()
    dispatcher = Dispatcher(store, enqueue, clock)
    dispatcher.dispatch()
    store.finish(ONE)
    clock.pass_s(10_000)
    dispatcher.dispatch()
    assert enqueue.taken == ["d-1"]


def test_a_delivery_that_kills_its_handler_each_time_is_given_up(
    store: DeliveryStore, clock: MovedClock
) -> None:
    add(store, "d-1")
    enqueue = Recorder()
    dispatcher = Dispatcher(store, enqueue, clock, Pace(max_attempts=2))
    for _ in range(4):
        dispatcher.dispatch()
        store.begin(ONE, clock.now(), 60)
        clock.pass_s(60)
    state = store.state(ONE)
    assert state is not None
    assert (len(enqueue.taken), state.status) == (2, DeliveryStatus.FAILED)


def test_the_loop_hands_on_what_comes_later_and_ends_when_told(store: DeliveryStore) -> None:
    stop = threading.Event()

    class Now:
        def now(self) -> datetime:
            return START + timedelta(seconds=1)

    class EndAfterOne(Recorder):
        def __call__(self, delivery: DeliveryId) -> None:
            super().__call__(delivery)
            stop.set()

    enqueue = EndAfterOne()
    loop = threading.Thread(target=Dispatcher(store, enqueue, Now()).run, args=(stop,))
    loop.start()
    add(store, "d-1")
    loop.join(timeout=20)
    assert (loop.is_alive(), enqueue.taken) == (False, ["d-1"])


def test_the_loop_outlives_a_database_that_is_away(
    store: DeliveryStore,
    database: Engine,
    clock: MovedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with writing(database) as connection:
        connection.execute(text("ALTER TABLE deliveries RENAME TO away"))
    stop = threading.Event()
    enqueue = Recorder()
    pace = Pace(database_away_s=0.01, idle_s=0.01)
    loop = threading.Thread(target=Dispatcher(store, enqueue, clock, pace).run, args=(stop,))
    loop.start()
    missed = becomes_true(lambda: "database_away" in caplog.messages)
    with writing(database) as connection:
        connection.execute(text("ALTER TABLE away RENAME TO deliveries"))
    add(store, "d-1")
    clock.pass_s(1)
    becomes_true(lambda: bool(enqueue.taken))
    stop.set()
    loop.join(timeout=20)
    assert (missed, enqueue.taken) == (True, ["d-1"])


def becomes_true(question: Callable[[], bool]) -> bool:
    """Wait up to 20 s for an answer that another thread brings about."""
    until = time.monotonic() + 20
    while not question() and time.monotonic() < until:
        time.sleep(0.02)
    return question()


@pytest.fixture
def connection(valkey: Valkey) -> Redis:
    return valkey.client()


@pytest.fixture
def queue(connection: Redis) -> Iterator[Queue]:
    job_class = safe_job(frozenset({HANDLER}))
    return Queue("bot", connection=connection, job_class=job_class, serializer=JSONSerializer)


def test_a_delivery_is_one_job_of_its_handler(queue: Queue) -> None:
    DeliveryJobs(queue)(ONE)
    job = queue.jobs[0]
    assert (job.func_name, job.args, job.id) == (
        "bot.jobs.handle_delivery",
        ["d-1"],
        "delivery-d-1",
    )


def test_a_job_that_waits_is_not_doubled(queue: Queue) -> None:
    enqueue = DeliveryJobs(queue)
    enqueue(ONE)
    enqueue(ONE)
    assert len(queue) == 1


def test_a_job_that_works_is_not_doubled(queue: Queue, connection: Redis) -> None:
    enqueue = DeliveryJobs(queue)
    enqueue(ONE)
    job = Job.fetch(job_id(ONE), connection=connection, serializer=JSONSerializer)
    queue.pop_job_id()
    job.set_status(JobStatus.STARTED)
    enqueue(ONE)
    assert len(queue) == 0


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.STOPPED, JobStatus.FINISHED])
def test_a_job_that_ended_makes_room_when_its_delivery_is_due_again(
    queue: Queue, connection: Redis, status: JobStatus
) -> None:
    enqueue = DeliveryJobs(queue)
    enqueue(ONE)
    job = Job.fetch(job_id(ONE), connection=connection, serializer=JSONSerializer)
    queue.pop_job_id()
    job.set_status(status)
    enqueue(ONE)
    assert queue.job_ids == [job_id(ONE)]


class HarmlessJob(Job):
    """A job that ends at once, whatever it names."""

    @property
    def func(self) -> Callable[..., Any]:
        return str


def test_a_job_that_is_done_leaves_its_id_free(queue: Queue, connection: Redis) -> None:
    DeliveryJobs(queue)(ONE)
    same = Queue("bot", connection=connection, job_class=HarmlessJob, serializer=JSONSerializer)
    worker = SimpleWorker(
        [same], connection=connection, job_class=HarmlessJob, serializer=JSONSerializer
    )
    worker.work(burst=True)
    assert not Job.exists(job_id(ONE), connection=connection)


def test_every_job_survives_a_worker_that_dies(queue: Queue) -> None:
    DeliveryJobs(queue)(ONE)
    assert (queue.jobs[0].retries_left or 0) > 0


def test_a_redis_that_is_away_is_worth_another_try(queue: Queue, valkey: Valkey) -> None:
    valkey.kill()
    with pytest.raises(TransientError):
        DeliveryJobs(queue)(ONE)


def test_a_redis_that_forgot_everything_loses_no_delivery(
    store: DeliveryStore, clock: MovedClock, queue: Queue, connection: Redis
) -> None:
    add(store, "d-1")
    dispatcher = Dispatcher(store, DeliveryJobs(queue), clock)
    dispatcher.dispatch()
    connection.flushall()
    clock.pass_s(Pace().lease_s)
    dispatcher.dispatch()
    assert queue.job_ids == [job_id(ONE)]
