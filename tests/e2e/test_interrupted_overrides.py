"""Killed after any call while somebody's word is put in force, it ends the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.ledger import ledger_path
from bot.ports import Role
from bot.store.ledger_file import read_lines
from engine.audit.expectation import Expectation
from engine.audit.verify import examine
from tests.fakes.bot_stage import SLOWER, Bot, head_of, opened
from tests.fakes.killed import Doomed, Fate, KilledError
from tests.fakes.scripted import scripted

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

PORTS = ("forge", "checks", "commands", "overrides", "ledger_heads", "debts", "pr_leases")
SETTLING_TURNS = 2
LONGER_THAN_ANY_LEASE_S = 700


def red(bot: Bot, branch: str) -> int:
    number = opened(bot, branch, {"work.py": SLOWER})
    bot.work_off()
    return number


def interrupted(bot: Bot, number: int, fate: Fate) -> bool:
    """Accept what is red through *fate*, then let the bot settle; False: it never struck."""
    said = '/highwater accept core::parse reason="a better model"'
    bot.post(bot.stage.comment("alice", number, said))
    safe, struck = bot.services, False
    ports: Any = {name: Doomed(getattr(safe, name), name, fate) for name in PORTS}
    bot.services = replace(safe, **ports)
    try:
        bot.handle()
    except KilledError:
        struck = True
    bot.services = safe
    for _ in range(SETTLING_TURNS):
        bot.clock.pass_s(LONGER_THAN_ANY_LEASE_S)
        bot.handle()
        bot.collect()
    return struck


def state_of(bot: Bot, branch: str, number: int) -> tuple[object, ...]:
    runs = bot.runs_of(head_of(bot, branch)).values()
    shown = sorted((run.name, run.status, str(run.conclusion)) for run in runs)
    records = bot.services.overrides.of_repository(bot.stage.repository.name)
    mine = sum(record.pull_request == number for record in records)
    return shown, mine, len(bot.stage.bodies(number)), bot.stage.labels(number)


def test_what_is_accepted_is_in_force_wherever_a_process_is_killed(bot: Bot) -> None:
    scripted(bot, {"runner-1": {"parse": 1.45, "price": 1.0}})
    bot.stage.set_role("alice", Role.MAINTAIN)
    states, point, struck = {}, 0, True
    while struck:
        point += 1
        number = red(bot, f"b{point}")
        fate = Fate(at=point, after=True)
        struck = interrupted(bot, number, fate)
        states[point, fate.calls[-1]] = state_of(bot, f"b{point}", number)

    names = ("highwater", "highwater / core (linux)")
    green = [(name, "completed", "success") for name in names]
    wanted: tuple[object, ...] = (green, 1, 3, [])  # the command, the report and the reply
    assert point > 10
    assert {where: state for where, state in states.items() if state != wanted} == {}
    assert bot.services.checks.running_checks() == ()
    path = ledger_path(bot.services.state_dir)
    head = bot.services.ledger_heads.head(str(path))
    found = examine(read_lines(path), Expectation(head=head))
    assert (found.flaws, found.open_intents) == ((), ())
