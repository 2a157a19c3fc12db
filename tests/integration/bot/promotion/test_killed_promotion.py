"""Killed at a call to a store, the forge or the queue, a promotion ends as one pull request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.git import git
from bot.promotion import stalled
from tests.fakes.bot_stage import Bot, head_of, opened
from tests.fakes.commands import give_roles
from tests.fakes.killed import Doomed, Fate, KilledError, reuse_reports
from tests.fakes.promotions import ASK, BRANCH, stored

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

PORTS = ("forge", "queue", "checks", "promotions", "deliveries", "commands", "history")
STEP = 11
TURNS = 3
LONGER_THAN_ANY_LEASE_S = 700


def promoted_through(bot: Bot, branch: str, fate: Fate) -> bool:
    """Ask for a promotion through *fate*, then let the bot settle; False: it never struck."""
    number = opened(
        bot, branch, {"work.py": f"CASES = {{'parse': 6.0, 'price': 5.0}}  # {branch}\n"}
    )
    bot.work_off()
    bot.post(bot.stage.comment("maintainer", number, ASK))
    safe = bot.services
    ports: Any = {name: Doomed(getattr(safe, name), name, fate) for name in PORTS}
    bot.services = replace(safe, **ports)
    struck = False
    for step in (bot.handle, *(TURNS * (bot.measure, bot.collect))):
        try:
            step()
        except KilledError:
            struck = True
    bot.services = safe
    for _ in range(TURNS):
        bot.clock.pass_s(LONGER_THAN_ANY_LEASE_S)
        bot.handle()
        bot.work_off()
        stalled.go_on(bot.services)
    return struck


def test_a_promotion_ends_the_same_wherever_a_process_is_killed(bot: Bot) -> None:
    give_roles(bot)
    reuse_reports(bot)
    point, struck, ends = 1, True, {}
    while struck:
        fate = Fate(at=point, after=point % 2 == 0)
        branch = f"b{point}"
        struck = promoted_through(bot, branch, fate)
        record = stored(bot)
        ours = git(bot.stage.disk.directory, "rev-list", "--count", f"main..{BRANCH}")
        ends[point, fate.calls[-1]] = (
            record.head == head_of(bot, branch),
            record.status,
            record.commit_sha == head_of(bot, BRANCH),
            ours.decode().strip(),
        )
        point += STEP
    assert len(ends) > 8
    assert set(ends.values()) == {(True, "open", True, "1")}, ends
    assert bot.services.checks.running_checks() == ()
