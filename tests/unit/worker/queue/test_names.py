"""A suite's queue is named by its tags; a runner listens on every subset of its own."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.errors import UserError
from worker.queue.names import is_meant_for, listened_queues, own_tag, queue_name

SIX = ("linux", "x86_64", "bench-a", "gpu", "big", "numa")


def test_the_order_of_tags_does_not_change_the_name() -> None:
    assert queue_name(["b", "a"]) == queue_name(["a", "b", "a"]) == "hw:a+b:pr"


def test_nightly_has_a_lane_of_its_own() -> None:
    assert queue_name(["linux"], "nightly") == "hw:linux:nightly"


def test_a_runner_listens_on_every_non_empty_subset_in_both_lanes() -> None:
    assert len(set(listened_queues(SIX))) == 2 * (2**6 - 1)


@pytest.mark.parametrize("asked", [("linux",), ("gpu", "linux"), SIX])
def test_a_runner_hears_of_every_suite_whose_tags_it_has(asked: tuple[str, ...]) -> None:
    assert queue_name(asked) in listened_queues(SIX)


def test_a_runner_does_not_hear_of_a_suite_that_asks_for_more() -> None:
    assert queue_name(["linux", "gpu"]) not in listened_queues(["linux", "x86_64"])


def test_every_pull_request_goes_before_anything_nightly() -> None:
    lanes = [name.rpartition(":")[2] for name in listened_queues(SIX)]
    assert lanes == sorted(lanes, reverse=True)


def test_what_asks_for_more_tags_is_taken_first() -> None:
    pull_requests = [name for name in listened_queues(SIX) if name.endswith(":pr")]
    assert all(a.count("+") >= b.count("+") for a, b in pairwise(pull_requests))


@pytest.mark.parametrize("tags", [(), (*SIX, "seventh")])
def test_no_tags_and_too_many_are_refused(tags: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="at least 1 and at most 6"):
        listened_queues(tags)


def test_what_is_meant_for_a_runner_alone_goes_before_everything_else_of_its_lane() -> None:
    queues, shared = listened_queues(SIX, "bench-a"), listened_queues(SIX)
    half = len(shared) // 2
    own = own_tag("bench-a")
    pull_requests = (queue_name([own]), *shared[:half])
    assert queues == (*pull_requests, queue_name([own], "nightly"), *shared[half:])


def test_a_tag_of_a_runners_name_is_another_queue_than_the_runners_own() -> None:
    assert queue_name([own_tag("bench-a")]) != queue_name(["bench-a"])


@pytest.mark.parametrize("name", ["", "a b", "a:pr", "@a", "-a", "a+b", "a" * 64, "a\n"])
def test_what_is_no_name_of_a_runner_has_no_queue(name: str) -> None:
    with pytest.raises(UserError, match="no name of a runner"):
        own_tag(name)


@pytest.mark.parametrize("name, meant", [("ada", True), ("bob", False), ("linux", False)])
def test_who_is_meant_is_told_by_the_whole_name(name: str, meant: bool) -> None:
    assert is_meant_for([own_tag("ada"), "linux"], name) is meant
