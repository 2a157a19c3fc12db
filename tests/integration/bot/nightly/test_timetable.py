"""Which nights are due: each once, none beside another, and what was missed only once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.nightly.timetable import Timetable, delivery_of
from bot.ports import Forge, Repository
from bot.store.deliveries import DeliveryStatus
from engine.values import CommitSha, RepositoryName
from tests.fakes.bot_stage import Bot, TestClock, alive, head_of
from tests.fakes.forge_stage import NAME
from tests.fakes.nights import DAY, NIGHTLY, TIGHT, declared

NULLS = 'nightly: {cron: "0 3 * * *", null_runs: 1}\n'


def waiting(bot: Bot) -> int:
    return bot.services.deliveries.counts()[DeliveryStatus.WAITING]


def test_a_repository_that_is_new_waits_for_its_next_night(bot: Bot) -> None:
    declared(bot)

    assert Timetable(bot.services).turn() == 0


def test_nights_that_were_missed_are_delivered_once(bot: Bot) -> None:
    declared(bot)
    Timetable(bot.services).turn()
    bot.clock.time += 9 * DAY

    restarted = Timetable(bot.services)
    assert [restarted.turn(), restarted.turn()] == [1, 0]
    assert waiting(bot) == 1


def test_a_leader_that_dies_after_the_delivery_delivers_no_second_one(bot: Bot) -> None:
    declared(bot)
    Timetable(bot.services).turn()
    bot.clock.time += DAY
    due = bot.clock.now().replace(hour=3)
    bot.services.deliveries.add(delivery_of(bot.stage.repository, due), bot.clock.now())

    Timetable(bot.services).turn()

    assert waiting(bot) == 1


def test_a_night_does_not_begin_while_the_last_one_goes_on(bot: Bot) -> None:
    declared(bot, NULLS)
    alive(bot, "ada")
    timetable = Timetable(bot.services)
    timetable.turn()
    bot.clock.time += DAY
    timetable.turn()
    bot.handle()
    bot.clock.time += DAY

    assert timetable.turn() == 0

    bot.measure()
    bot.collect()
    assert timetable.turn() == 1


def test_another_schedule_is_followed_once_the_default_branch_declares_it(bot: Bot) -> None:
    declared(bot)
    timetable = Timetable(bot.services)
    timetable.turn()
    changed = NIGHTLY.replace("0 3 * * *", "0 18 * * *")
    bot.stage.disk.commit("main", {".highwater.yml": TIGHT + changed})
    bot.clock.time = bot.clock.time.replace(hour=17, minute=59)
    timetable.turn()
    known = bot.services.deliveries.counts()[DeliveryStatus.WAITING]

    bot.clock.time = bot.clock.time.replace(hour=18, minute=0)

    assert timetable.turn() == 1
    assert waiting(bot) == known + 1


def test_without_a_schedule_nothing_is_due(bot: Bot) -> None:
    declared(bot, "")
    timetable = Timetable(bot.services)
    timetable.turn()
    bot.clock.time += 2 * DAY

    assert timetable.turn() == 0


def test_a_repository_that_the_app_was_taken_off_has_no_nights(bot: Bot) -> None:
    declared(bot)
    timetable = Timetable(bot.services)
    timetable.turn()
    bot.services.repositories.lose([bot.stage.repository.name])
    bot.clock.time += DAY

    assert timetable.turn() == 0


def test_a_night_whose_schedule_is_gone_when_it_comes_measures_nothing(bot: Bot) -> None:
    declared(bot)
    timetable = Timetable(bot.services)
    timetable.turn()
    bot.clock.time += DAY
    timetable.turn()
    bot.stage.disk.commit("main", {".highwater.yml": TIGHT})

    bot.handle()

    assert bot.runs_of(head_of(bot, "main")) == {}
    assert bot.services.deliveries.counts()[DeliveryStatus.DONE] == 1


@dataclass
class Odd:
    """A forge that answers what nobody foresaw when it is asked for the tip of one repository."""

    forge: Forge
    about: str

    def tip(self, repository: Repository, branch: str) -> CommitSha:
        if repository.name == self.about:
            raise LookupError(branch)
        return self.forge.tip(repository, branch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.forge, name)


def test_a_repository_that_breaks_looking_keeps_the_others_from_nothing(bot: Bot) -> None:
    declared(bot)
    timetable = Timetable(bot.services)
    timetable.turn()
    first = Repository(name=RepositoryName("quant/a-first-one"))
    bot.services.repositories.see(first, bot.clock.now(), "main")
    odd: Any = Odd(bot.stage.forge, first.name)
    timetable.services = replace(bot.services, forge=odd)
    bot.clock.time += DAY

    with pytest.raises(LookupError):
        timetable.turn()

    assert timetable.turn() == 1


def test_one_name_stands_for_a_repository_and_a_minute() -> None:
    now, repository = TestClock().now(), Repository(name=NAME)
    other = msgspec.structs.replace(repository, name="quant/other")
    ids = [
        delivery_of(one, at).id
        for one in (repository, other)
        for at in (now, now + timedelta(seconds=59), now + timedelta(minutes=1))
    ]

    assert len(set(ids)) == 4
    assert all(len(each) <= 64 for each in ids)
