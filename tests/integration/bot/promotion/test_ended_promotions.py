"""A promotion that nothing will come of any more ends with the reason, and stays ended."""

from __future__ import annotations

import pytest

from bot.commands.command import Command
from bot.promotion import stalled
from bot.promotion.request import request_promotion
from bot.store.deliveries import Delivery
from engine.commands import Verb
from engine.values import DeliveryId
from tests.fakes.bot_stage import Bot
from tests.fakes.commands import say
from tests.fakes.killed import reuse_reports
from tests.fakes.promotions import ASK, measured, stored

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

ASKED = DeliveryId("d-asked")


@pytest.fixture(autouse=True)
def measured_once(bot: Bot) -> None:
    """Answer every order but the first with the first one's samples."""
    reuse_reports(bot)


def test_a_pull_request_that_is_closed_unmerged_ends_its_promotion(bot: Bot) -> None:
    number = measured(bot)
    say(bot, "maintainer", number, ASK)

    bot.post(bot.stage.close(number))
    bot.handle()
    bot.clock.pass_s(120)
    stalled.go_on(bot.services)

    assert stored(bot).status == "refused"
    assert bot.services.checks.running_checks() == ()
    (told,) = [body for body in bot.stage.bodies(number) if "highwater:promotion:" in body]
    assert "closed" in told


def test_a_command_that_is_tried_again_begins_nothing_anew_that_it_was_refused(bot: Bot) -> None:
    number = measured(bot)
    command = asking(bot, number)
    request_promotion(bot.services, command)
    say(bot, "writer", number, "/highwater cancel")
    bot.clock.pass_s(120)
    stalled.go_on(bot.services)
    assert stored(bot).status == "refused"

    answer = request_promotion(bot.services, command)

    assert "cancelled by `writer`" in answer
    assert stored(bot).status == "refused"
    assert bot.services.checks.running_checks() == ()


def test_asked_by_another_command_it_is_begun_anew(bot: Bot) -> None:
    number = measured(bot)
    request_promotion(bot.services, asking(bot, number))
    say(bot, "writer", number, "/highwater cancel")
    bot.clock.pass_s(120)
    stalled.go_on(bot.services)

    say(bot, "maintainer", number, ASK)

    assert stored(bot).status == "measuring"
    assert len(bot.services.checks.running_checks()) == 1


def asking(bot: Bot, number: int) -> Command:
    """Give a command whose delivery has arrived."""
    delivery = Delivery(id=ASKED, event="issue_comment", body=b"{}")
    bot.services.deliveries.add(delivery, bot.clock.now())
    return Command(
        delivery=ASKED,
        line=0,
        repository=bot.stage.repository,
        number=number,
        comment=1,
        author="maintainer",
        verb=Verb.PROMOTE,
        arguments={"reason": "the new parser"},
    )
