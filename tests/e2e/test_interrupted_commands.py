"""Killed at any call to a store, the forge or the queue, a comment does the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.store.checks import CheckStatus
from engine.values import CommitSha, RepositoryName
from tests.fakes.bot_stage import FILES, Bot, head_of, opened
from tests.fakes.commands import give_roles, replies
from tests.fakes.killed import LONGER_THAN_ANY_LEASE_S, Doomed, Fate, KilledError

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

NAME = RepositoryName("quant/research")
PORTS = ("forge", "queue", "checks", "deliveries", "commands")


def said(bot: Bot, branch: str, body: str, fate: Fate) -> tuple[bool, tuple[object, ...]]:
    """Comment on a new pull request with a running check; handle it through *fate*."""
    number = opened(bot, branch, {"work.py": FILES["work.py"] + f"# {branch}\n"})
    bot.handle()
    bot.clock.pass_s(1)
    bot.post(bot.stage.comment("writer", number, body))
    safe = bot.services
    ports: Any = {name: Doomed(getattr(safe, name), name, fate) for name in PORTS}
    bot.services = replace(safe, **ports)
    struck = False
    try:
        bot.handle()
    except KilledError:
        struck = True
    bot.services = safe
    for _ in range(2):
        bot.clock.pass_s(LONGER_THAN_ANY_LEASE_S)
        bot.handle()
    return struck, _state(bot, branch, number)


def _state(bot: Bot, branch: str, number: int) -> tuple[object, ...]:
    head = CommitSha(head_of(bot, branch))
    checks = bot.services.checks.checks_of_head(NAME, number, head)
    records = bot.services.commands.of_pull_request(NAME, number)
    statuses = sorted(check.status for check in checks)
    eyes = bot.stage.reactions(records[0].comment)
    return statuses, [one.status for one in records], eyes, len(replies(bot, number))


@pytest.mark.parametrize(
    "body,checks",
    [
        ("/highwater cancel\n/highwater help", [CheckStatus.SUPERSEDED]),
        ("/highwater run\n/highwater help", [CheckStatus.RUNNING, CheckStatus.SUPERSEDED]),
    ],
    ids=["cancel", "run"],
)
def test_commands_end_the_same_wherever_a_process_is_killed(
    bot: Bot, body: str, checks: list[CheckStatus]
) -> None:
    give_roles(bot)
    wanted = (checks, ["done", "done"], ["eyes"], 1)
    states, point, struck = {}, 0, True
    while struck:
        point += 1
        fate = Fate(at=point)
        struck, state = said(bot, f"b{point}", body, fate)
        states[point, fate.calls[-1]] = state
    assert point > 10
    assert {where: state for where, state in states.items() if state != wanted} == {}
