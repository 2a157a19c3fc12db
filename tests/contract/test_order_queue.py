"""One contract for the runners' queues: in memory for the bot's tests, and on a real Valkey."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from rq.utils import as_text

from bot.ports import OrderQueue
from engine.orders import RunOrder
from engine.values import RunId
from tests.fakes.order_queue import MemoryOrderQueue
from tests.fakes.reports import ORDER, bent
from tests.fakes.valkey import Valkey, valkey
from worker.queue.codec import decode_order
from worker.queue.names import own_tag, queue_name
from worker.queue.rq_queue import RedisOrderQueue, is_cancelled

__all__ = ["valkey"]

RUN = RunId("check-1c")
ADA = (own_tag("ada"),)


class Lines(NamedTuple):
    """A queue, what a runner would take from the queue of these tags, and how one takes it."""

    queue: OrderQueue
    taken_from: Callable[[tuple[str, ...]], list[str]]
    takes: Callable[[tuple[str, ...]], object]


@pytest.fixture(params=["memory", "valkey"])
def lines(request: pytest.FixtureRequest) -> Lines:
    if request.param == "memory":
        return _in_memory()
    return _on_valkey(request.getfixturevalue("valkey"))


def _in_memory() -> Lines:
    queue = MemoryOrderQueue()

    def taken_from(tags: tuple[str, ...]) -> list[str]:
        return [order.run for order in queue.waiting.get(queue_name(tags), [])]

    return Lines(queue, taken_from, lambda tags: queue.waiting[queue_name(tags)].clear())


def _on_valkey(valkey: Valkey) -> Lines:
    connection = valkey.client()

    def key(tags: tuple[str, ...]) -> str:
        return f"rq:queue:{queue_name(tags)}"

    def taken_from(tags: tuple[str, ...]) -> list[str]:
        runs = [as_text(run) for run in connection.lrange(key(tags), 0, -1)]
        return [run for run in runs if not is_cancelled(connection, run)]  # a runner drops it

    return Lines(RedisOrderQueue(connection), taken_from, lambda tags: connection.delete(key(tags)))


def order(run: str = RUN) -> RunOrder:
    return decode_order(json.dumps(bent(ORDER, "run", to=run)))


def test_an_order_for_one_runner_is_on_its_own_queue_alone(lines: Lines) -> None:
    lines.queue.submit(order(), ADA)
    assert (lines.taken_from(ADA), lines.taken_from(("linux",))) == ([RUN], [])


def test_submitting_twice_is_submitting_once(lines: Lines) -> None:
    lines.queue.submit(order(), ADA)
    lines.queue.submit(order(), ("linux",))
    assert (lines.taken_from(ADA), lines.taken_from(("linux",))) == ([RUN], [])


def test_a_lost_order_goes_back_to_the_queue_that_it_came_from(lines: Lines) -> None:
    lines.queue.submit(order(), ADA)
    lines.takes(ADA)

    lines.queue.requeue(RUN)

    assert (lines.taken_from(ADA), lines.taken_from(("linux",))) == ([RUN], [])


def test_what_was_cancelled_before_it_was_submitted_is_taken_by_nobody(lines: Lines) -> None:
    lines.queue.cancel(RUN)
    lines.queue.submit(order(), ADA)
    assert lines.taken_from(ADA) == []


def test_what_was_cancelled_is_not_put_back(lines: Lines) -> None:
    lines.queue.submit(order(), ADA)
    lines.queue.cancel(RUN)

    lines.queue.requeue(RUN)

    assert lines.taken_from(ADA) == []


def test_the_orders_ahead_of_a_waiting_one_are_counted(lines: Lines) -> None:
    for number in range(3):
        lines.queue.submit(order(f"check-{number}"), ADA)

    assert [lines.queue.position(RunId(f"check-{number}")) for number in range(3)] == [0, 1, 2]


def test_an_order_that_does_not_wait_has_no_position(lines: Lines) -> None:
    lines.queue.submit(order(), ADA)
    lines.takes(ADA)

    assert lines.queue.position(RUN) is None
    assert lines.queue.position(RunId("never-sent")) is None


def test_before_a_runner_says_anything_there_is_no_progress(lines: Lines) -> None:
    lines.queue.submit(order(), ADA)

    assert lines.queue.progress(RUN) is None
