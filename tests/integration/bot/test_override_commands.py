"""Accepting and muting by a comment or a button, on both forges, from the webhook to the check."""

from __future__ import annotations

import json

from bot.ledger import ledger_path
from bot.ports import CheckRun, Conclusion, Role
from bot.store.ledger_file import read_lines
from engine.audit.verify import examine
from tests.fakes.bot_stage import SLOWER, Bot, bot, head_of, opened
from tests.fakes.forge_stage import stage
from tests.fakes.scripted import scripted

__all__ = ["bot", "stage"]


def proposed(bot: Bot, branch: str) -> int:
    scripted(bot, {"runner-1": {"parse": 1.45, "price": 1.0}})
    number = opened(bot, branch, {"work.py": SLOWER})
    bot.work_off()
    return number


def roll_up(bot: Bot, branch: str) -> CheckRun:
    return bot.runs_of(head_of(bot, branch))["highwater"]


def say(bot: Bot, number: int, body: str, *, author: str = "alice") -> None:
    bot.post(bot.stage.comment(author, number, body))
    bot.work_off()


def test_a_maintainers_comment_accepts_a_row_and_the_pull_request_is_green(bot: Bot) -> None:
    bot.stage.set_role("alice", Role.MAINTAIN)
    number = proposed(bot, "slower")
    assert roll_up(bot, "slower").conclusion is Conclusion.FAILURE
    assert "highwater:regression" in bot.stage.labels(number)

    say(bot, number, 'We want this.\n/highwater accept core::parse reason="a better model"\n')

    assert roll_up(bot, "slower").conclusion is Conclusion.SUCCESS
    assert "accepted by" in roll_up(bot, "slower").title
    assert "highwater:regression" not in bot.stage.labels(number)
    assert any("Accepted for this pull request" in body for body in bot.stage.bodies(number))
    lines = list(read_lines(ledger_path(bot.services.state_dir)))
    assert examine(lines).flaws == ()
    assert [json.loads(line)["ctx"].get("by") for line in lines if b"accept/" in line] == [
        "alice",
        "alice",
    ]


def test_somebody_with_write_alone_accepts_nothing(bot: Bot) -> None:
    bot.stage.set_role("bob", Role.WRITE)
    number = proposed(bot, "slower")

    say(bot, number, '/highwater accept core::parse reason="please"', author="bob")

    assert roll_up(bot, "slower").conclusion is Conclusion.FAILURE
    assert bot.services.overrides.of_repository(bot.stage.repository.name) == ()


def test_a_muted_case_fails_no_other_pull_request(bot: Bot) -> None:
    bot.stage.set_role("alice", Role.ADMIN)
    number = proposed(bot, "slower")

    say(bot, number, '/highwater mute core::parse until=2026-12-31 reason="a bad disk"')
    proposed(bot, "other")

    assert roll_up(bot, "slower").conclusion is Conclusion.SUCCESS
    assert roll_up(bot, "other").conclusion is Conclusion.SUCCESS


def test_a_case_that_is_not_there_is_answered_with_those_that_are(bot: Bot) -> None:
    bot.stage.set_role("alice", Role.MAINTAIN)
    number = proposed(bot, "slower")

    say(bot, number, '/highwater accept core::pars reason="a better model"')

    assert roll_up(bot, "slower").conclusion is Conclusion.FAILURE
    assert any("core::parse" in body and "core::pars" in body for body in bot.stage.bodies(number))


def test_the_button_of_a_check_accepts_its_red_rows(bot: Bot) -> None:
    bot.stage.set_role("alice", Role.MAINTAIN)
    proposed(bot, "slower")
    shown = roll_up(bot, "slower")
    assert "accept" in {action.identifier for action in shown.actions}

    number = bot.stage.forge.put_check_run(bot.stage.repository, shown)
    bot.post(bot.stage.press(number, "accept", "alice"))
    bot.work_off()

    assert roll_up(bot, "slower").conclusion is Conclusion.SUCCESS
    (record,) = bot.services.overrides.of_repository(bot.stage.repository.name)
    assert (record.override.by, record.override.reason) == ("alice", "accepted by button")
