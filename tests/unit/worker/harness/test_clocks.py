"""The loop that is timed."""

from __future__ import annotations

import itertools
import resource
import time
from typing import Any

import pytest

from worker.harness.clocks import Timed, levels, timer


@pytest.mark.parametrize("arguments", [(), ("given",)], ids=["none", "one"])
def test_every_call_is_made_with_the_argument_if_there_is_one(arguments: tuple[Any, ...]) -> None:
    seen: list[tuple[Any, ...]] = []
    timed = timer()(lambda *given: seen.append(given), arguments, 7)

    assert seen == [arguments] * 7
    assert timed.wall > 0


def test_an_argument_that_is_none_is_given() -> None:
    seen: list[object] = []
    timer()(seen.append, (None,), 2)

    assert seen == [None, None]


def test_waiting_is_in_wall_time_alone() -> None:
    timed = timer()(lambda: time.sleep(0.02), (), 2)

    assert timed.wall > 40_000_000
    assert timed.cpu < timed.wall / 2


def test_what_is_patched_after_it_was_made_changes_nothing(monkeypatch: Any) -> None:
    taken = timer()
    monkeypatch.setattr(time, "perf_counter_ns", lambda: 0)
    monkeypatch.setattr(time, "process_time_ns", lambda: 0)
    monkeypatch.setattr(itertools, "repeat", lambda *_: ())
    monkeypatch.setattr(resource, "getrusage", lambda _: None)
    monkeypatch.setattr("worker.harness.clocks.perf_counter_ns", lambda: 0)
    monkeypatch.setattr("worker.harness.clocks.process_time_ns", lambda: 0)
    monkeypatch.setattr("worker.harness.clocks.Timed", lambda *_: None)
    seen: list[int] = []
    timed = taken(lambda: seen.append(sum(range(1000))), (), 50)

    assert len(seen) == 50
    assert min(timed) > 0


@pytest.mark.parametrize(
    "samples, expected",
    [([Timed(10, 9), Timed(30, 9)], [9.0, 9.0]), ([Timed(10, 1), Timed(12, 1)], [10.0, 12.0])],
    ids=["works", "waits"],
)
def test_levels_are_by_cpu_time_unless_the_case_waits(
    samples: list[Timed], expected: list[float]
) -> None:
    assert levels(samples) == expected
