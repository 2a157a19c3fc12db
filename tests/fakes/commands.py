"""Comments with commands on a pull request of a bot's stage, and what was answered."""

from __future__ import annotations

import json

from bot.ports import Role
from tests.fakes.bot_stage import FILES, Bot, opened

ROLES = {
    "reader": Role.READ,
    "triager": Role.TRIAGE,
    "writer": Role.WRITE,
    "maintainer": Role.MAINTAIN,
}


def a_pull_request(bot: Bot, branch: str = "change", work: str = "") -> int:
    """Open a pull request that changes what is measured, whose webhook is handled."""
    give_roles(bot)
    number = opened(bot, branch, {"work.py": work or FILES["work.py"] + "# same\n"})
    bot.handle()
    return number


def give_roles(bot: Bot) -> None:
    """Give each person the role of their name."""
    for login, role in ROLES.items():
        bot.stage.set_role(login, role)


def say(bot: Bot, author: str, number: int, body: str) -> int:
    """Comment a second later, and let the bot handle it; gives the comment's id."""
    bot.clock.pass_s(1)
    webhook = bot.stage.comment(author, number, body)
    assert bot.post(webhook) == 202
    bot.handle()
    return int(json.loads(webhook.body)["comment"]["id"])


def replies(bot: Bot, number: int) -> list[str]:
    """Give the bot's replies to commands, the oldest first."""
    return [body for body in bot.stage.bodies(number) if body.startswith("<!-- highwater:reply:")]
