"""A pull request that is faster, measured, and what promoting it leaves behind."""

from __future__ import annotations

import json
from typing import Any

from bot.git import git
from bot.ports import Branch, CheckRun, PullRequest, Role
from bot.store.promotions import PromotionRecord
from tests.fakes.bot_stage import Bot, opened
from tests.fakes.commands import give_roles, say

FASTER = "CASES = {'parse': 6.0, 'price': 5.0}\n"
BRANCH = "highwater/baseline/core-linux"
ASK = '/promote-baseline reason="the new parser"'
ROUNDS = 8


def measured(bot: Bot, branch: str = "faster", work: str = FASTER) -> int:
    """Open a pull request, and have its first check concluded."""
    give_roles(bot)
    bot.stage.set_role("second", Role.WRITE)
    number = opened(bot, branch, {"work.py": work})
    bot.work_off()
    return number


def worked_off(bot: Bot) -> None:
    """Measure and conclude until nothing waits any more."""
    for _ in range(ROUNDS):
        bot.work_off()
        if not bot.services.checks.running_checks():
            return


def promoted(bot: Bot, number: int, by: str = "maintainer", asked: str = ASK) -> PromotionRecord:
    """Ask for the promotion of a pull request, and have measured whatever it takes."""
    say(bot, by, number, asked)
    worked_off(bot)
    return stored(bot)


def stored(bot: Bot) -> PromotionRecord:
    """Read the one promotion of the suite."""
    record = bot.services.promotions.promotion(bot.stage.repository.name, "core", "linux")
    assert record is not None
    return record


def branch(bot: Bot) -> Branch | None:
    return bot.stage.forge.branch(bot.stage.repository, BRANCH)


def proposal(bot: Bot) -> PullRequest:
    number = stored(bot).pull_request
    assert number is not None
    return bot.stage.forge.pull_request(bot.stage.repository, number)


def announced(bot: Bot) -> PullRequest:
    """Let the forge tell of the pull request that the bot opened, as GitHub does."""
    pull = proposal(bot)
    bot.post(bot.stage.announce(pull.number))
    bot.handle()
    return pull


def roll_up(bot: Bot) -> CheckRun:
    """Give the check run to require of the promotion's pull request."""
    return bot.runs_of(proposal(bot).head)["highwater"]


def baseline_files(bot: Bot, commit: str) -> dict[str, Any]:
    """Read the baseline files of a commit, by path."""
    directory = bot.stage.disk.directory
    listed = git(directory, "ls-tree", "-r", "--name-only", commit).decode().split("\n")
    return {
        path: json.loads(git(directory, "show", f"{commit}:{path}"))
        for path in listed
        if path.startswith("benchmarks/baselines/")
    }
