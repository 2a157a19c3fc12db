"""Ending a check frees its runner; whose check it is decides who may."""

from __future__ import annotations

import pytest

from bot.checks.rejudge import rejudge
from bot.ports import Conclusion, Role
from engine.errors import TransientError
from tests.fakes.bot_stage import Bot, head_of
from tests.fakes.commands import a_pull_request, replies, say
from tests.fakes.overlaid import away, overlay

NAME = "quant/research"


def test_cancel_frees_the_runner_and_ends_every_check_run_as_cancelled(bot: Bot) -> None:
    number = a_pull_request(bot)
    taken = bot.queue.take(["linux"], "runner-1")
    assert taken is not None

    comment = say(bot, "writer", number, "/highwater cancel")

    assert bot.stage.reactions(comment) == ["eyes"]
    assert taken.run in bot.queue.cancelled
    assert bot.queue.started == {}
    runs = bot.runs_of(head_of(bot, "change"))
    assert {run.conclusion for run in runs.values()} == {Conclusion.CANCELLED}
    assert runs["highwater"].title == "Cancelled by writer"
    assert bot.services.checks.running_checks() == ()


def test_a_triager_may_end_the_own_check_and_nobody_elses(bot: Bot) -> None:
    number = a_pull_request(bot)
    bot.stage.set_role("colleague", Role.TRIAGE)
    say(bot, "triager", number, "/highwater run")

    say(bot, "colleague", number, "/highwater cancel")
    assert "asked for by somebody else" in replies(bot, number)[0]
    assert len(bot.services.checks.running_checks()) == 1

    say(bot, "triager", number, "/highwater cancel")
    assert bot.services.checks.running_checks() == ()


def test_the_author_of_the_pull_request_may_end_the_check_that_began_by_itself(bot: Bot) -> None:
    number = a_pull_request(bot)
    author = bot.stage.forge.pull_request(bot.stage.repository, number).author
    bot.stage.set_role(author, Role.TRIAGE)

    say(bot, author, number, "/highwater cancel")

    assert bot.services.checks.running_checks() == ()


def test_cancel_without_a_running_check_says_so(bot: Bot) -> None:
    number = a_pull_request(bot)
    say(bot, "writer", number, "/highwater cancel")

    say(bot, "writer", number, "/highwater cancel")

    assert "no check of this pull request is running" in replies(bot, number)[-1]


@pytest.mark.parametrize("verb", ["run", "rerun"])
def test_a_cancelled_head_can_be_measured_again(bot: Bot, verb: str) -> None:
    number = a_pull_request(bot)
    say(bot, "writer", number, "/highwater cancel")

    say(bot, "writer", number, f"/highwater {verb}")

    (check,) = bot.services.checks.running_checks()
    assert check.requested_by == "writer"


def test_a_verdict_that_is_being_judged_anew_is_no_running_check(bot: Bot) -> None:
    number = a_pull_request(bot)
    bot.work_off()
    (check,) = bot.services.checks.checks_of_pull_request(bot.stage.repository.name, number)
    put_back = overlay(bot, "forge", put_check_run=away)
    with pytest.raises(TransientError):
        rejudge(bot.services, check, "again", "writer")
    put_back()

    say(bot, "writer", number, "/highwater cancel")
    assert "no check of this pull request is running" in replies(bot, number)[-1]

    bot.clock.pass_s(5)
    bot.collect()
    assert bot.runs_of(head_of(bot, "change"))["highwater"].conclusion is Conclusion.SUCCESS
