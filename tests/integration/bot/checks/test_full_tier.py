"""The label by which people ask for the suites of the full tier."""

from __future__ import annotations

import pytest

from bot.checks.labels import FULL
from bot.ports import Role
from tests.fakes.bot_stage import CONFIGURATION, FILES, Bot, bot, head_of, opened
from tests.fakes.forge_stage import stage

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SUITES = CONFIGURATION.partition("suites:\n")[2]
TIERS = CONFIGURATION + SUITES.replace("core:", "long:").replace(
    "    paths:", "    tiers: [full]\n    paths:"
)


@pytest.fixture
def tiered(bot: Bot) -> Bot:
    bot.stage.disk.commit("main", {".highwater.yml": TIERS})
    bot.stage.set_role("ann", Role.WRITE)
    return bot


def suites_of(bot: Bot) -> list[str]:
    """Name the suites of the last check that was started."""
    *_, last = bot.services.checks.running_checks()
    return sorted(run.order.suite_name for run in bot.services.checks.runs(last.id))


def changed(bot: Bot, words: str) -> dict[str, str]:
    return {"work.py": f"{FILES['work.py']}# {words}\n"}


def test_a_push_measures_the_quick_tier(tiered: Bot) -> None:
    opened(tiered, "change", changed(tiered, "one"))
    tiered.handle()
    assert suites_of(tiered) == ["core"]


def test_the_label_has_all_measured_at_once_and_at_every_push(tiered: Bot) -> None:
    number = opened(tiered, "change", changed(tiered, "one"))
    tiered.handle()
    tiered.post(tiered.stage.label(number, FULL, "ann"))
    tiered.handle()
    assert suites_of(tiered) == ["core", "long"]
    first = head_of(tiered, "change")

    tiered.stage.disk.commit("change", changed(tiered, "two"))
    tiered.post(tiered.stage.push(tiered.stage.announce(number)))
    tiered.handle()

    assert head_of(tiered, "change") != first
    assert suites_of(tiered) == ["core", "long"]
    assert [check.tier for check in tiered.services.checks.running_checks()] == ["full"]


def test_another_label_changes_nothing(tiered: Bot) -> None:
    number = opened(tiered, "change", changed(tiered, "one"))
    tiered.handle()
    tiered.post(tiered.stage.label(number, "wip", "ann"))
    tiered.handle()
    assert suites_of(tiered) == ["core"]
