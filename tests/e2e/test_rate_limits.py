"""GitHub asks the bot to wait: the delivery waits in the queue for just as long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.jobs import MAX_ASKED_S
from tests.fakes import forge_stage
from tests.fakes.bot_stage import SLOWER, Bot, head_of, opened
from tests.fakes.github import SECONDARY_LIMIT, Failure, FakeGitHub, too_many_requests

pytestmark = pytest.mark.parametrize("stage", ["github"], indirect=True)


@pytest.fixture(autouse=True)
def github(monkeypatch: pytest.MonkeyPatch) -> list[FakeGitHub]:
    """Catch the GitHub that the stage is about to serve."""
    caught: list[FakeGitHub] = []
    serve = forge_stage.fake_github

    @contextmanager
    def catch(repositories: Path) -> Iterator[FakeGitHub]:
        with serve(repositories) as fake:
            caught.append(fake)
            yield fake

    monkeypatch.setattr(forge_stage, "fake_github", catch)
    return caught


def primary(seconds: int) -> Failure:
    reset = (("X-RateLimit-Reset", str(int(time.time()) + seconds)),)
    return Failure(403, "API rate limit exceeded for installation ID 314159.", reset)


@pytest.mark.parametrize(
    "limit,wait_s",
    [
        (lambda: SECONDARY_LIMIT, 60),
        (lambda: too_many_requests(90), 90),
        (lambda: primary(900), 900),
        (lambda: primary(90_000), MAX_ASKED_S),
    ],
    ids=["secondary", "429", "primary", "longer than any limit lasts"],
)
def test_a_limit_sends_the_delivery_back_to_the_queue_for_its_wait(
    github: list[FakeGitHub], bot: Bot, limit: object, wait_s: float
) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    (fake,) = github
    assert callable(limit)
    fake.fail("GET", "/pulls/", limit())
    bot.handle()
    asked = len(fake.requests)

    bot.clock.pass_s(wait_s - 10)
    bot.handle()
    before = len(fake.requests)
    bot.clock.pass_s(15)
    bot.handle()

    assert before == asked  # nothing is asked of who asked us to wait
    assert bot.runs_of(head_of(bot, "slower"))["highwater"].status != "completed"
    assert len(bot.services.checks.running_checks()) == 1


def test_a_write_that_was_limited_is_there_once_after_the_wait(
    github: list[FakeGitHub], bot: Bot
) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    (fake,) = github
    fake.fail("POST", "/check-runs$", SECONDARY_LIMIT)
    bot.handle()

    bot.clock.pass_s(61)
    bot.work_off()

    runs = fake.check_runs(forge_stage.NAME, head_of(bot, "slower"))
    assert sorted(run["name"] for run in runs) == ["highwater", "highwater / core (linux)"]
    assert {run["conclusion"] for run in runs} == {"failure"}
