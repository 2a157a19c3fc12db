"""Buttons are commands: the same rules, and the role of who presses."""

from __future__ import annotations

import msgspec

from bot.ports import CheckAction, Role
from tests.fakes.bot_stage import Bot, head_of
from tests.fakes.commands import a_pull_request, replies, say

NAME = "quant/research"
ROLL_UP = "highwater"


def with_buttons(bot: Bot, number: int, *identifiers: str) -> int:
    """End the check by a command, and show these buttons on its roll-up; gives its id."""
    say(bot, "writer", number, "/highwater cancel")
    shown = bot.runs_of(head_of(bot, "change"))[ROLL_UP]
    actions = tuple(CheckAction(label=one, description=one, identifier=one) for one in identifiers)
    state = msgspec.structs.replace(shown, actions=actions)
    return bot.stage.forge.put_check_run(bot.stage.repository, state)


def press(bot: Bot, check_run: int, identifier: str, sender: str) -> None:
    bot.clock.pass_s(1)
    assert bot.post(bot.stage.press(check_run, identifier, sender)) == 202
    bot.handle()


def test_the_button_re_run_measures_again(bot: Bot) -> None:
    number = a_pull_request(bot)
    check_run = with_buttons(bot, number, "rerun")

    press(bot, check_run, "rerun", "triager")

    (check,) = bot.services.checks.running_checks()
    assert check.requested_by == "triager"


def test_a_press_by_who_is_below_triage_causes_nothing_and_gets_no_answer(bot: Bot) -> None:
    number = a_pull_request(bot)
    check_run = with_buttons(bot, number, "rerun")
    said = replies(bot, number)

    press(bot, check_run, "rerun", "reader")

    assert bot.services.checks.running_checks() == ()
    assert replies(bot, number) == said


def test_accept_by_button_needs_the_role_maintain(bot: Bot) -> None:
    number = a_pull_request(bot)
    check_run = with_buttons(bot, number, "accept")

    press(bot, check_run, "accept", "writer")

    assert "`accept` needs the role maintain or admin" in replies(bot, number)[-1]


def test_a_button_of_another_app_is_left_to_it(bot: Bot) -> None:
    number = a_pull_request(bot)
    check_run = with_buttons(bot, number, "lgtm")
    bot.stage.set_role("boss", Role.ADMIN)
    said = replies(bot, number)

    press(bot, check_run, "lgtm", "boss")

    assert replies(bot, number) == said
    assert bot.services.commands.of_pull_request(NAME, number)[1:] == ()


def test_a_button_of_an_older_commit_does_nothing_but_say_so(bot: Bot) -> None:
    number = a_pull_request(bot)
    opened = bot.stage.announce(number)
    check_run = with_buttons(bot, number, "rerun")
    webhook = bot.stage.press(check_run, "rerun", "writer")
    moved = {"work.py": "CASES = {'parse': 1.0, 'price': 5.0}\n"}
    bot.stage.disk.commit("change", moved)
    bot.stage.push(opened)

    bot.post(webhook)
    bot.handle()

    assert bot.services.checks.running_checks() == ()
    assert "Its checks have buttons of their own" in replies(bot, number)[-1]
