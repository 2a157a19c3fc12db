"""Killed at any call, what arrives beside pull requests' own events ends the same."""

from __future__ import annotations

import json

import pytest

from bot.ports import Conclusion
from tests.e2e.test_arrivals import CORE, UNCHANGED, installation_event
from tests.fakes.bot_stage import SLOWER, Bot, opened
from tests.fakes.killed import Fate, every_fate, reuse_reports, through

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)


def shown(bot: Bot, head: str) -> dict[str, tuple[str, Conclusion | None]]:
    return {name: (run.status, run.conclusion) for name, run in bot.runs_of(head).items()}


def test_a_merge_groups_check_ends_the_same_wherever_a_process_is_killed(bot: Bot) -> None:
    reuse_reports(bot)

    def grouped(point: int, fate: Fate) -> tuple[bool, object]:
        number = opened(bot, f"b{point}", {"work.py": SLOWER})
        bot.work_off()
        group = bot.stage.merge_group(number)
        bot.post(group)
        struck = through(bot, fate)
        return struck, shown(bot, json.loads(group.body)["merge_group"]["head_sha"])

    ends = every_fate(grouped)
    red = ("completed", Conclusion.FAILURE)
    assert {where: end for where, end in ends.items() if end != {"highwater": red, CORE: red}} == {}
    assert bot.services.checks.running_checks() == ()


def test_an_app_that_is_taken_away_ends_the_same_wherever_a_process_is_killed(bot: Bot) -> None:
    name = bot.stage.repository.name

    def gone(point: int, fate: Fate) -> tuple[bool, object]:
        opened(bot, f"b{point}", UNCHANGED | {"work.py": SLOWER})
        bot.handle()
        lost = [{"full_name": name}]
        told = installation_event(bot, "installation", "deleted", repositories=lost, point=point)
        bot.post(told)
        struck = through(bot, fate, measurings=0)
        active = [each.name for each in bot.services.repositories.active()]
        return struck, (bot.services.checks.running_checks(), active)

    ends = every_fate(gone)
    assert {where: end for where, end in ends.items() if end != ((), [])} == {}
