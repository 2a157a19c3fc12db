"""A command that our own program cannot carry out is answered, and leaves nothing running."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.errors import TransientError
from tests.fakes.bot_stage import Bot, head_of
from tests.fakes.commands import a_pull_request, replies, say


class BrokenMirrors:
    """Mirrors of a disk that nobody thought of."""

    def fetch(self, *given: object) -> Any:
        raise ValueError(given)


def test_a_command_on_which_the_program_fails_is_answered_and_leaves_nothing_running(
    bot: Bot,
) -> None:
    number = a_pull_request(bot)
    mirrors: Any = BrokenMirrors()
    bot.services = replace(bot.services, mirrors=mirrors)

    say(bot, "triager", number, "/highwater run")

    (reply,) = replies(bot, number)
    assert "Highwater itself failed" in reply
    assert bot.services.checks.running_checks() == ()
    statuses = {run.status for run in bot.runs_of(head_of(bot, "change")).values()}
    assert statuses == {"completed"}


def test_an_outage_is_waited_for_and_the_command_is_carried_out_once(bot: Bot) -> None:
    number = a_pull_request(bot)
    fetch, outages = bot.services.mirrors.fetch, [OSError]

    class Away:
        def fetch(self, *given: Any) -> Any:
            if outages:
                outages.clear()
                problem = "git is away"
                raise TransientError(problem, 1.0)
            return fetch(*given)

    mirrors: Any = Away()
    bot.services = replace(bot.services, mirrors=mirrors)
    comment = say(bot, "triager", number, "/highwater run\n/highwater help")
    assert bot.stage.reactions(comment) == ["eyes"]
    assert replies(bot, number) == []

    bot.clock.pass_s(10)
    bot.handle()

    assert len(replies(bot, number)) == 1
    (check,) = bot.services.checks.running_checks()
    assert check.requested_by == "triager"
