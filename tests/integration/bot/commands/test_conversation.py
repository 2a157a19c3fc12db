"""Who is heard, acknowledged and answered: on GitHub's fake over HTTP and on the local forge."""

from __future__ import annotations

import pytest

from bot.ports import Progress, Role
from engine.values import RunId
from tests.fakes.bot_stage import Bot
from tests.fakes.commands import a_pull_request, replies, say


def test_an_accepted_command_gets_eyes_and_help_shows_every_command(bot: Bot) -> None:
    number = a_pull_request(bot)

    comment = say(bot, "triager", number, "Hello\n\n/highwater help")

    assert bot.stage.reactions(comment) == ["eyes"]
    (reply,) = replies(bot, number)
    for verb in ("run", "rerun", "more", "cancel", "status", "accept", "mute", "help"):
        assert f"/highwater {verb}" in reply
    assert "/promote-baseline" in reply


def test_verbs_of_later_versions_are_in_no_help_and_are_no_commands(bot: Bot) -> None:
    number = a_pull_request(bot)

    comment = say(bot, "maintainer", number, "/highwater approve sha=1\n/highwater profile")

    (reply,) = replies(bot, number)
    assert "`approve` is not a command" in reply
    assert "`profile` is not a command" in reply
    assert bot.stage.reactions(comment) == []


@pytest.mark.parametrize("login", ["reader", "stranger"])
@pytest.mark.parametrize("line", ["/highwater help", "/highwater nonsense", "/highwater cancel"])
def test_people_below_triage_get_silence(bot: Bot, login: str, line: str) -> None:
    number = a_pull_request(bot)

    comment = say(bot, login, number, line)

    assert bot.stage.reactions(comment) == []
    assert bot.stage.bodies(number) == [line]
    assert len(bot.services.checks.running_checks()) == 1


def test_a_wrong_argument_gets_the_usage_and_the_valid_values(bot: Bot) -> None:
    number = a_pull_request(bot)

    comment = say(bot, "triager", number, "/highwater run pairs=many")

    (reply,) = replies(bot, number)
    assert "/highwater run [suite=NAME]" in reply
    assert "a whole number from 5 to 60" in reply
    assert bot.stage.reactions(comment) == []


def test_a_suite_that_is_not_declared_gets_the_names_of_those_that_are(bot: Bot) -> None:
    number = a_pull_request(bot)

    say(bot, "triager", number, "/highwater run suite=cores")

    (reply,) = replies(bot, number)
    assert "`cores` is not there" in reply
    assert "one of: `core`" in reply


def test_a_person_gets_one_usage_reply_an_hour_and_another_person_theirs(bot: Bot) -> None:
    number = a_pull_request(bot)

    say(bot, "triager", number, "/highwater nonsense")
    say(bot, "triager", number, "/highwater nonsense again")
    assert len(replies(bot, number)) == 1
    say(bot, "writer", number, "/highwater nonsense")
    assert len(replies(bot, number)) == 2

    bot.clock.pass_s(3601)
    say(bot, "triager", number, "/highwater nonsense")
    assert len(replies(bot, number)) == 3


def test_every_mistake_of_one_comment_is_told_in_one_reply(bot: Bot) -> None:
    number = a_pull_request(bot)

    say(bot, "triager", number, "/highwater nonsense\n/highwater run speed=9")

    (reply,) = replies(bot, number)
    assert "`nonsense` is not a command" in reply
    assert "no argument `speed`" in reply


def test_a_bots_comment_and_a_plain_comment_cause_nothing(bot: Bot) -> None:
    number = a_pull_request(bot)

    bot.stage.comment_as("highwater[bot]", number, "/highwater cancel")
    say(bot, "maintainer", number, "I would write /highwater cancel\n\n> /highwater cancel")

    assert replies(bot, number) == []
    assert len(bot.services.checks.running_checks()) == 1


@pytest.mark.parametrize(
    "line", ['/highwater accept core::parse reason="x"', '/promote-baseline reason="x"']
)
def test_a_role_that_is_too_low_is_refused_with_the_role_that_is_needed(
    bot: Bot, line: str
) -> None:
    number = a_pull_request(bot)

    comment = say(bot, "writer", number, line)

    (reply,) = replies(bot, number)
    assert "needs the role maintain or admin" in reply
    assert "you have write" in reply
    assert bot.stage.reactions(comment) == []


def test_the_role_is_read_again_when_the_work_starts(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = a_pull_request(bot)
    react = type(bot.services.forge).react

    def react_and_lose_the_role(*arguments: object, **keywords: object) -> None:
        react(*arguments, **keywords)
        bot.stage.set_role("triager", Role.READ)

    monkeypatch.setattr(type(bot.services.forge), "react", react_and_lose_the_role)
    say(bot, "triager", number, "/highwater run")

    assert replies(bot, number) == []  # below triage there is silence, at that moment too
    assert len(bot.services.checks.checks_of_head("quant/research", number, _head(bot))) == 1


def test_the_same_comment_delivered_twice_is_carried_out_once(bot: Bot) -> None:
    number = a_pull_request(bot)
    webhook = bot.stage.comment("triager", number, "/highwater rerun")

    bot.post(webhook, delivery="d-1")
    bot.handle()
    bot.post(webhook, delivery="d-1")
    bot.handle()

    assert len(bot.services.checks.checks_of_head("quant/research", number, _head(bot))) == 2


def test_status_tells_the_state_of_every_check_run(bot: Bot) -> None:
    number = a_pull_request(bot)

    say(bot, "triager", number, "/highwater status")

    (reply,) = replies(bot, number)
    assert "`highwater / core (linux)`" in reply
    assert "Queued: 0 ahead" in reply


def test_a_person_may_not_command_on_a_closed_pull_request(bot: Bot) -> None:
    number = a_pull_request(bot)
    bot.stage.close(number)

    say(bot, "triager", number, "/highwater run")

    (reply,) = replies(bot, number)
    assert "the pull request is closed" in reply


def _head(bot: Bot) -> str:
    return bot.stage.forge.tip(bot.stage.repository, "change")


def test_status_tells_how_far_a_runner_is_and_how_long_it_will_take(bot: Bot) -> None:
    number = a_pull_request(bot)
    order = bot.queue.take(["linux"], "runner-1")
    assert order is not None
    bot.queue.told[RunId(order.run)] = Progress(
        what="pairs", done=12, total=41, started=1000.0, now=1220.0
    )

    say(bot, "triager", number, "/highwater status")

    (reply,) = replies(bot, number)
    assert "Measuring 12/41, ~9 min left" in reply


def test_status_of_a_pull_request_at_rest_tells_its_last_verdict(bot: Bot) -> None:
    number = a_pull_request(bot)
    say(bot, "writer", number, "/highwater cancel")

    say(bot, "triager", number, "/highwater status")

    assert "It has no verdict" in replies(bot, number)[-1]


def test_what_a_comment_says_is_harmless_in_the_reply(bot: Bot) -> None:
    number = a_pull_request(bot)

    say(bot, "triager", number, "/highwater @everyone\n/highwater run suite=<img/src=x>#1")

    (reply,) = replies(bot, number)
    assert "`@everyone`" in reply
    assert "<img" not in reply.replace("`<img/src=x>#1`", "")
