"""Writes of one installation keep their distance, whichever process sends them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Literal

import pytest

from bot.github.client import GitHubApi
from bot.github.forge import GitHubForge
from bot.github.spacing import (
    BURST,
    MAX_WAIT_S,
    RESERVED,
    MemorySpacing,
    RedisSpacing,
    WriteSpacing,
    wait_to_write,
)
from bot.ports import CheckRun
from bot.settings import GitHubCredentials, Secret
from engine.errors import TransientError
from engine.values import CommitSha
from tests.fakes.github import FakeGitHub
from tests.fakes.github_forge import NAME, REPOSITORY, Connect, connect, fake, head
from tests.fakes.github_world import INSTALLATION
from tests.fakes.valkey import Valkey, valkey

__all__ = ["connect", "fake", "head", "valkey"]

ORDINARY = BURST - RESERVED  # what may be written at once, save what is to be heard first
Open = Callable[[], WriteSpacing]


@pytest.fixture(params=["memory", "redis"])
def open_spacing(request: pytest.FixtureRequest) -> Open:
    """Give what another thread, or another process, would hold of the same moments."""
    if request.param == "redis":
        server: Valkey = request.getfixturevalue("valkey")
        return lambda: RedisSpacing(server.client())
    one = MemorySpacing()
    return lambda: one


def test_the_first_writes_wait_for_nobody(open_spacing: Open) -> None:
    assert [open_spacing().take(7, 60.0) for _ in range(ORDINARY)] == [0] * ORDINARY


def test_writers_of_one_installation_then_take_moments_one_spacing_apart(
    open_spacing: Open,
) -> None:
    for _ in range(ORDINARY):
        open_spacing().take(7, 1.0)

    waits = [open_spacing().take(7, 1.0) for _ in range(3)]

    assert waits == pytest.approx([1.0, 2.0, 3.0], abs=0.5)


def test_who_is_to_be_heard_first_finds_moments_that_others_may_not_take(
    open_spacing: Open,
) -> None:
    for _ in range(ORDINARY):
        open_spacing().take(7, 1.0)

    waits = [open_spacing().take(7, 1.0, first=True) for _ in range(RESERVED + 1)]

    assert waits == pytest.approx([0.0] * RESERVED + [1.0], abs=0.5)


def test_moments_that_nobody_takes_come_back_one_by_one() -> None:
    now = [100.0]
    spacing = MemorySpacing(lambda: now[0])
    for _ in range(BURST):
        spacing.take(7, 1.0, first=True)

    now[0] += 5.5
    waits = [spacing.take(7, 1.0, first=True) for _ in range(6)]

    assert waits == pytest.approx([0.0] * 5 + [0.5])


def test_no_minute_holds_more_writes_than_github_allows() -> None:
    now = [0.0]
    spacing = MemorySpacing(lambda: now[0])
    written = []
    while now[0] < 300.0:
        now[0] += spacing.take(7, 1.0, first=True)
        written.append(now[0])

    assert max(sum(0 <= one - begun < 60 for one in written) for begun in written) <= 80


def test_another_installation_waits_for_nobody(open_spacing: Open) -> None:
    for _ in range(ORDINARY):
        open_spacing().take(7, 1.0)

    assert open_spacing().take(8, 1.0) == 0


def test_no_two_of_many_writers_take_the_same_moment(open_spacing: Open) -> None:
    holders = [open_spacing() for _ in range(8)]
    for _ in range(ORDINARY):
        holders[0].take(7, 2.0)
    begun = time.monotonic()

    def moment(holder: WriteSpacing) -> float:
        return holder.take(7, 2.0) + time.monotonic()

    with ThreadPoolExecutor(8) as pool:
        moments = sorted(pool.map(moment, holders))

    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) > 1.5 - (time.monotonic() - begun)


def test_a_moment_that_is_too_far_away_is_told_and_not_taken(open_spacing: Open) -> None:
    spacing = open_spacing()
    spacing.take(7, 2 * MAX_WAIT_S)

    told = [spacing.take(7, 0.0) for _ in range(3)]

    assert told == pytest.approx([2 * MAX_WAIT_S] * 3, abs=1.0)


def test_who_would_wait_too_long_is_sent_back_to_the_queue_with_the_wait() -> None:
    spacing = MemorySpacing()
    spacing.take(7, 60.0 + ORDINARY)

    with pytest.raises(TransientError) as raised:
        wait_to_write(spacing, 7, 1.0)

    assert raised.value.retry_after_s == pytest.approx(61, abs=1)


def test_a_redis_that_is_away_is_a_transient_error(valkey: Valkey) -> None:
    spacing = RedisSpacing(valkey.client())
    valkey.kill()

    with pytest.raises(TransientError, match="Redis"):
        spacing.take(7, 1.0)


def test_no_key_outlives_its_moment(valkey: Valkey) -> None:
    RedisSpacing(valkey.client()).take(7, 1.0)

    (key,) = valkey.client().keys("*")

    assert 0 < valkey.client().pttl(key) <= 1000


def test_two_processes_of_the_bot_space_their_writes(fake: FakeGitHub, valkey: Valkey) -> None:
    api = GitHubApi(api_url=fake.base_url, clone_url=fake.clone_url, write_spacing_s=0.6)
    credentials = GitHubCredentials(fake.app_id, Secret(fake.world.private_key))
    for _ in range(ORDINARY):
        RedisSpacing(valkey.client()).take(INSTALLATION, 0.6)
    first, second = (
        GitHubForge.connect(credentials, api, None, RedisSpacing(valkey.client())) for _ in range(2)
    )
    begun = time.monotonic()

    first.add_comment(REPOSITORY, 1, "one")
    second.add_comment(REPOSITORY, 1, "two")
    took = time.monotonic() - begun
    first.close()
    second.close()

    assert took >= 1.0
    assert [each.body for each in fake.comments(NAME, 1)] == ["one", "two"]


def test_reads_wait_for_nobody(connect: Connect) -> None:
    forge = connect(write_spacing_s=30.0)
    forge.add_comment(REPOSITORY, 1, "one")
    begun = time.monotonic()

    for _ in range(BURST + 1):
        forge.tip(REPOSITORY, "main")

    assert time.monotonic() - begun < 5


def test_a_reaction_and_a_queued_check_are_written_when_others_have_to_wait(
    connect: Connect, head: CommitSha
) -> None:
    forge = connect(write_spacing_s=60.0)
    comments = [forge.add_comment(REPOSITORY, 1, f"number {one}") for one in range(ORDINARY)]

    forge.react(REPOSITORY, comments[0])
    forge.put_check_run(REPOSITORY, _check_run(head, "queued"))

    with pytest.raises(TransientError, match="too many writes"):
        forge.put_check_run(REPOSITORY, _check_run(head, "in_progress"))


def _check_run(head: CommitSha, status: Literal["queued", "in_progress"]) -> CheckRun:
    return CheckRun(
        name="highwater", head=head, external_id="c1", status=status, title="t", summary="s"
    )
