"""A command covers the verdict that its author could see, however late it arrives."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.ports import Conclusion, Role
from tests.fakes.bot_stage import SLOWER, Bot, bot, opened
from tests.fakes.commands import give_roles, replies
from tests.fakes.forge_stage import stage
from tests.fakes.scripted import scripted

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["github"], indirect=True)

ACCEPT = '/highwater accept core::parse reason="the new model is worth it"'


@pytest.fixture
def number(bot: Bot) -> int:
    give_roles(bot)
    bot.stage.set_role("maintainer", Role.MAINTAIN)
    return opened(bot, "slower", {"work.py": SLOWER})


def judge_red(bot: Bot) -> None:
    scripted(bot, {"runner-1": {"parse": 1.45, "price": 1.0}})
    bot.work_off()


def roll_up(bot: Bot) -> Conclusion | None:
    head = bot.stage.forge.tip(bot.stage.repository, "slower")
    return bot.runs_of(head)["highwater"].conclusion


def test_a_comment_whose_webhook_was_lost_accepts_no_verdict_that_came_after_it(
    bot: Bot, number: int
) -> None:
    lost = bot.stage.comment("maintainer", number, ACCEPT)
    bot.clock.pass_s(60)
    judge_red(bot)
    bot.clock.pass_s(600)
    bot.post(lost)  # delivered again
    bot.work_off()

    assert roll_up(bot) is Conclusion.FAILURE
    assert "came after the command" in replies(bot, number)[-1]


def test_a_comment_whose_webhook_was_lost_accepts_the_verdict_that_its_author_saw(
    bot: Bot, number: int
) -> None:
    judge_red(bot)
    bot.clock.pass_s(60)
    lost = bot.stage.comment("maintainer", number, ACCEPT)
    bot.clock.pass_s(600)
    bot.post(lost)  # delivered again
    bot.work_off()

    assert roll_up(bot) is Conclusion.SUCCESS


def test_a_forge_whose_clock_is_ahead_brings_no_verdict_before_its_command(
    bot: Bot, number: int
) -> None:
    ahead = bot.clock.now() + timedelta(hours=1)
    bot.stage.keep_time(lambda: ahead)
    early = bot.stage.comment("maintainer", number, ACCEPT)
    bot.post(early, delivery="early")
    bot.services.deliveries.begin("early", bot.clock.now(), 120.0)  # type: ignore[arg-type]
    bot.clock.pass_s(60)
    judge_red(bot)
    bot.clock.pass_s(60)
    bot.work_off()

    assert roll_up(bot) is Conclusion.FAILURE
