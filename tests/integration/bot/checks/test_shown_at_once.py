"""A push is seen to have arrived before anything slow is done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.mirror import Mirror
from bot.ports import CheckRun, Conclusion, Repository
from engine.errors import TransientError
from tests.fakes.bot_stage import FILES, SLOWER, Bot, bot, head_of, opened
from tests.fakes.commands import a_pull_request, say
from tests.fakes.forge_stage import stage
from tests.fakes.overlaid import away, overlay

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)


@dataclass
class Diary:
    """Notes what is put on the forge, and when the source is fetched."""

    bot: Bot
    pages: list[str] = field(default_factory=list)
    problem: Exception | None = None

    def __post_init__(self) -> None:
        put = self.bot.services.forge.put_check_run
        fetch = self.bot.services.mirrors.fetch

        def noted(repository: Repository, run: CheckRun) -> int:
            said = run.conclusion or run.status
            self.pages.append(f"{run.head[:4]} {run.name}: {said}")
            return put(repository, run)

        def fetched(*given: Any) -> Mirror:
            self.pages.append("fetched")
            if self.problem is not None:
                raise self.problem
            return fetch(*given)

        overlay(self.bot, "forge", put_check_run=noted)
        overlay(self.bot, "mirrors", fetch=fetched)


def test_the_roll_up_is_queued_before_the_source_is_fetched(bot: Bot) -> None:
    diary = Diary(bot)
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    head = head_of(bot, "slower")[:4]
    assert diary.pages[:2] == [f"{head} highwater: queued", "fetched"]
    assert diary.pages[2:] == [f"{head} highwater / core (linux): queued"]


def test_the_new_head_is_shown_before_the_old_one_is_ended(bot: Bot) -> None:
    number = opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    old = head_of(bot, "slower")[:4]
    diary = Diary(bot)
    bot.stage.disk.commit("slower", {"work.py": FILES["work.py"] + "\n"})
    bot.post(bot.stage.push(bot.stage.announce(number)))
    bot.handle()
    new = head_of(bot, "slower")[:4]
    assert diary.pages[:3] == [
        f"{new} highwater: queued",
        f"{old} highwater / core (linux): cancelled",
        f"{old} highwater: cancelled",
    ]


def test_while_the_source_cannot_be_fetched_the_head_is_queued_and_then_goes_on(bot: Bot) -> None:
    diary = Diary(bot, problem=TransientError("git is away", retry_after_s=1.0))
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    assert bot.runs_of(head_of(bot, "slower"))["highwater"].status == "queued"
    assert bot.queue.known == {}

    diary.problem = None
    bot.clock.pass_s(5)
    bot.handle()

    assert len(bot.queue.known) == 1


def test_one_that_never_can_be_fetched_is_not_left_in_progress(bot: Bot) -> None:
    diary = Diary(bot, problem=TransientError("git is away", retry_after_s=1.0))
    opened(bot, "slower", {"work.py": SLOWER})
    for _ in range(14):
        bot.handle()
        bot.clock.pass_s(600)
    shown = bot.runs_of(head_of(bot, "slower"))["highwater"]
    assert (shown.status, shown.conclusion) == ("completed", Conclusion.NEUTRAL)
    assert bot.services.checks.running_checks() == ()
    assert diary.pages.count("fetched") == 12


def test_the_end_of_one_that_an_outage_kept_from_being_shown_does_not_hide_a_newer_one(
    bot: Bot,
) -> None:
    put_back = overlay(bot, "forge", put_check_run=away)
    number = a_pull_request(bot, "slower", work=SLOWER)
    (unseen,) = bot.services.checks.running_checks()
    put_back()

    say(bot, "triager", number, "/highwater run")

    shown = bot.runs_of(head_of(bot, "slower"))["highwater"]
    assert shown.status == "queued"
    assert shown.external_id != unseen.id
