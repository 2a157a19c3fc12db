"""The runners' queue on a real Valkey: nothing is lost, nothing is there twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from redis import Redis
from rq.executions import Execution

from engine.orders import RunOrder
from engine.values import RunId
from tests.fakes.reports import ORDER, bent
from tests.fakes.valkey import Valkey, valkey
from worker.queue import rq_queue
from worker.queue.codec import decode_order
from worker.queue.heartbeat import RunnerState, beat, forget, live_runners
from worker.queue.names import own_tag
from worker.queue.progress import Progress, tell
from worker.queue.rq_queue import RedisOrderQueue, job_timeout_s, measuring_limit_s

__all__ = ["valkey"]

RUN = RunId("check-1")
QUEUE = "rq:queue:hw:linux:pr"


@pytest.fixture
def connection(valkey: Valkey) -> Redis:
    return valkey.client()


@pytest.fixture
def queue(connection: Redis) -> RedisOrderQueue:
    return RedisOrderQueue(connection)


def order(run: str = RUN) -> RunOrder:
    return decode_order(json.dumps(bent(ORDER, "run", to=run)))


def waiting(connection: Redis) -> list[str]:
    return [run.decode() for run in connection.lrange(QUEUE, 0, -1)]


def start(connection: Redis, worker: str, run: str = RUN) -> None:
    """Do to the queue what a runner does that takes an order and starts it."""
    connection.lrem(QUEUE, 1, run)
    job = rq_queue.OrderJob.fetch(run, connection, rq_queue.JSONSerializer)
    with connection.pipeline() as pipeline:
        Execution.create(job, 90, pipeline, worker_name=worker)
        job.prepare_for_execution(worker, pipeline)
        pipeline.execute()


def state(worker: str, run: str | None = RUN) -> RunnerState:
    return RunnerState(
        name="tester",
        tags=("linux",),
        seen_utc=datetime.now(UTC),
        fingerprint="f" * 16,
        load=0.5,
        free_disk_bytes=10**9,
        run=None if run is None else RunId(run),
        worker=worker,
    )


def test_an_order_waits_on_the_queue_of_its_tags(queue: RedisOrderQueue, connection: Redis) -> None:
    queue.submit(order(), ["linux"])
    assert waiting(connection) == [RUN]


def test_submitting_a_run_twice_does_nothing(queue: RedisOrderQueue, connection: Redis) -> None:
    queue.submit(order(), ["linux"])
    queue.submit(order(), ["linux"])
    assert waiting(connection) == [RUN]


def test_an_order_of_the_nightly_lane_waits_there(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), ["linux"], "nightly")
    assert waiting(connection) == []
    assert connection.lrange("rq:queue:hw:linux:nightly", 0, -1) == [RUN.encode()]


def test_a_cancelled_order_is_off_its_queue_for_good(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), ["linux"])
    queue.cancel(RUN)
    queue.submit(order(), ["linux"])
    queue.requeue(RUN)
    assert waiting(connection) == []


def test_cancelling_what_was_never_submitted_does_nothing(queue: RedisOrderQueue) -> None:
    queue.cancel(RUN)
    assert queue.lost() == ()


def test_cancelling_twice_does_nothing(queue: RedisOrderQueue) -> None:
    queue.submit(order(), ["linux"])
    queue.cancel(RUN)
    queue.cancel(RUN)
    assert queue.lost() == ()


def test_an_order_that_waits_is_not_lost(queue: RedisOrderQueue) -> None:
    queue.submit(order(), ["linux"])
    assert queue.lost() == ()


def test_an_order_that_a_live_runner_works_on_is_not_lost(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), ["linux"])
    start(connection, "worker-1")
    beat(connection, state("worker-1"))
    assert queue.lost() == ()


def test_an_order_whose_runner_is_gone_is_lost(queue: RedisOrderQueue, connection: Redis) -> None:
    queue.submit(order(), ["linux"])
    start(connection, "worker-1")
    beat(connection, state("worker-1"))
    forget(connection, "worker-1")
    assert queue.lost() == (RUN,)


def test_a_restarted_runner_of_the_same_name_does_not_hide_the_loss(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), ["linux"])
    start(connection, "worker-1")
    beat(connection, state("worker-2", run=None))
    assert queue.lost() == (RUN,)


def test_a_requeued_order_goes_to_the_front_and_is_lost_no_more(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), ["linux"])
    start(connection, "worker-1")
    queue.submit(order("check-2"), ["linux"])
    queue.requeue(RUN)
    assert waiting(connection) == [RUN, "check-2"]
    assert queue.lost() == ()


def test_requeueing_twice_leaves_one(queue: RedisOrderQueue, connection: Redis) -> None:
    queue.submit(order(), ["linux"])
    start(connection, "worker-1")
    queue.requeue(RUN)
    queue.requeue(RUN)
    assert waiting(connection) == [RUN]


def test_requeueing_forgets_the_dead_execution(queue: RedisOrderQueue, connection: Redis) -> None:
    queue.submit(order(), ["linux"])
    start(connection, "worker-1")
    queue.requeue(RUN)
    assert connection.keys("rq:wip:*") == connection.keys("rq:execution:*") == []


@pytest.mark.parametrize("where", ["nowhere", "intermediate"])
def test_an_order_taken_and_never_started_is_lost_after_a_while(
    queue: RedisOrderQueue, connection: Redis, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.submit(order(), ["linux"])
    taken = connection.lpop(QUEUE)
    if where == "intermediate":
        connection.rpush(f"{QUEUE}:intermediate", taken)
    assert queue.lost() == ()  # it may be starting just now
    monkeypatch.setattr(rq_queue, "HALF_TAKEN_S", -1)
    assert queue.lost() == (RUN,)
    queue.requeue(RUN)
    assert waiting(connection) == [RUN]
    assert connection.llen(f"{QUEUE}:intermediate") == 0


def test_an_order_that_has_used_up_its_retries_is_lost(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), ["linux"])
    connection.lpop(QUEUE)
    connection.hset(f"rq:job:{RUN}", "status", "failed")
    assert queue.lost() == (RUN,)


def test_a_finished_order_is_never_lost_again(queue: RedisOrderQueue, connection: Redis) -> None:
    queue.submit(order(), ["linux"])
    connection.lpop(QUEUE)
    connection.hset(f"rq:job:{RUN}", "status", "finished")
    queue.lost()
    assert connection.exists("hw:open") == 0


@pytest.mark.parametrize("status", ["finished", "stopped", "canceled"])
def test_an_order_that_a_runner_is_done_with_has_ended(
    queue: RedisOrderQueue, connection: Redis, status: str
) -> None:
    queue.submit(order(), ["linux"])
    connection.lpop(QUEUE)
    connection.hset(f"rq:job:{RUN}", "status", status)
    assert queue.ended(RUN)


def test_an_order_that_waits_or_is_worked_on_has_not_ended(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), ["linux"])
    waits = queue.ended(RUN)
    start(connection, "worker-1")
    assert (waits, queue.ended(RUN), queue.ended(RunId("unknown"))) == (False, False, False)


def test_an_ended_order_that_is_put_back_counts_as_lost_again(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), ["linux"])
    connection.lpop(QUEUE)
    connection.hset(f"rq:job:{RUN}", "status", "finished")
    queue.lost()
    queue.requeue(RUN)
    start(connection, "worker-1")
    assert (queue.ended(RUN), queue.lost()) == (False, (RUN,))


def test_an_order_outlives_the_server_that_is_killed(
    queue: RedisOrderQueue, connection: Redis, valkey: Valkey
) -> None:
    connection.config_set("appendfsync", "always")  # everysec may lose the last 2 s
    queue.submit(order(), ["linux"])
    valkey.kill()
    valkey.start()
    assert queue.knows(RUN)


def test_progress_is_what_the_runner_said_last(queue: RedisOrderQueue, connection: Redis) -> None:
    said = Progress(what="pairs", done=3, total=12, started=1.0, now=4.0)
    tell(connection, RUN, said)
    assert queue.progress(RUN) == said


def test_progress_that_cannot_be_read_is_none(queue: RedisOrderQueue, connection: Redis) -> None:
    connection.set(f"hw:progress:{RUN}", b"{")
    assert queue.progress(RUN) is None


def test_a_heartbeat_that_cannot_be_read_is_none(connection: Redis) -> None:
    beat(connection, state("worker-1"))
    connection.set("hw:runner:worker-1", b"rubbish", ex=20)
    assert live_runners(connection) == ()


def test_a_silent_runners_name_is_dropped(connection: Redis) -> None:
    beat(connection, state("worker-1"))
    connection.delete("hw:runner:worker-1")
    live_runners(connection)
    assert connection.smembers("hw:runners") == set()


def test_measuring_may_take_as_long_as_the_suite_says() -> None:
    suite = {**ORDER["suite"], "timeout_s": 60, "max_minutes": 10}
    known = decode_order(json.dumps(bent(ORDER, "suite", to=suite)))
    assert measuring_limit_s(known) == 600
    assert job_timeout_s(known) > 600


def test_an_order_for_one_runner_waits_on_that_runners_queue_alone(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), [own_tag("ada")])
    assert connection.lrange("rq:queue:hw:@ada:pr", 0, -1) == [RUN.encode()]
    assert waiting(connection) == []


def test_a_lost_order_for_one_runner_goes_back_to_that_runners_queue(
    queue: RedisOrderQueue, connection: Redis
) -> None:
    queue.submit(order(), [own_tag("ada")])
    connection.lrem("rq:queue:hw:@ada:pr", 1, RUN)

    queue.requeue(RUN)

    assert connection.lrange("rq:queue:hw:@ada:pr", 0, -1) == [RUN.encode()]
