"""More baselines and runners than one night has time for: each has its turn."""

from __future__ import annotations

import pytest

from bot.action_values import StartNight
from bot.nightly import nulls
from bot.nightly.marks import MOST
from bot.nightly.names import is_null, is_of_mark, is_of_pull_request
from bot.nightly.start import abandon_night
from bot.ports import Role
from bot.store.deliveries import Delivery
from engine.certificates import NullSession
from engine.values import DeliveryId
from tests.fakes.bot_stage import Bot, alive, head_of, opened
from tests.fakes.nights import DAY, NIGHTLY, accepted, begin_night, costs, declared

LEVEL = {"mean_ns": 1e7, "std_dev_ns": 1e5, "sample_size": 60}


def paired(bot: Bot) -> list[str]:
    """Name the origins that are being paired with, in the order in which that began."""
    running = bot.services.checks.running_checks()
    return [check.base for check in running if is_of_mark(check)]


def many(bot: Bot, count: int) -> list[str]:
    """Accept the levels of as many cases, each at a commit of its own."""
    origins = [bot.stage.disk.commit("main", costs(10.0 + one)) for one in range(count)]
    levels = {f"case{one}": {**LEVEL, "git_sha": sha} for one, sha in enumerate(origins)}
    accepted(bot, origins[0], baselines=levels)
    return origins


def test_every_origin_is_paired_within_the_nights_that_it_takes(bot: Bot) -> None:
    declared(bot)
    origins = many(bot, MOST + 2)

    begin_night(bot, "first")
    first = paired(bot)
    bot.clock.time += DAY
    begin_night(bot, "second")
    second = paired(bot)[len(first) :]

    assert (len(first), len(second)) == (MOST, MOST)
    assert {*first, *second} == set(origins)


def test_a_night_that_goes_on_begins_no_other_origins(bot: Bot) -> None:
    declared(bot)
    many(bot, MOST + 2)
    begin_night(bot, "first")
    first = paired(bot)

    begin_night(bot, "first")

    assert paired(bot) == first


def test_an_origin_that_is_gone_takes_no_others_turn(bot: Bot) -> None:
    declared(bot)
    origins = many(bot, MOST)
    gone = {f"gone{one}": {**LEVEL, "git_sha": f"{one:x}" * 40} for one in range(10, 10 + MOST)}
    there = {f"case{one}": {**LEVEL, "git_sha": sha} for one, sha in enumerate(origins)}
    accepted(bot, origins[0], baselines={**gone, **there})

    begin_night(bot, "first")

    assert set(paired(bot)) == set(origins)


def test_the_runner_whose_null_run_is_oldest_has_the_next_one(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nulls, "MOST", 1)
    declared(bot, 'nightly: {cron: "0 3 * * *", null_runs: 1}\n')
    alive(bot, "ada", "bob")
    (ada, _bob) = bot.queue.live
    session = NullSession(
        session="null-1",
        repository=bot.stage.repository.name,
        suite="core",
        runner="ada",
        fingerprint=ada.fingerprint,
        commit=head_of(bot, "main"),
        measured_utc="2026-11-19T03:00:00Z",
        comparisons=(),
    )
    bot.services.nulls.add(session)

    begin_night(bot, "first")

    (check,) = bot.services.checks.running_checks()
    assert is_null(check)
    assert [run.tags for run in bot.services.checks.runs(check.id)] == [("@bob",)]


def test_a_night_that_is_given_up_ends_no_pairing_of_a_pull_request(bot: Bot) -> None:
    accepted(bot, declared(bot, NIGHTLY))
    number = opened(bot, "slow", costs(12.0))
    bot.stage.set_role("ann", Role.TRIAGE)
    bot.post(bot.stage.label(number, "highwater:full", "ann"))
    bot.handle()
    begin_night(bot, "first")
    action = StartNight(repository=bot.stage.repository, due_utc="2026-11-20T03:00Z")

    delivery = Delivery(id=DeliveryId("first"), event="highwater:nightly", body=b"")
    abandon_night(bot.services, action, delivery)

    running = bot.services.checks.running_checks()
    assert [is_of_pull_request(one) for one in running if one.kind == "nightly"] == [True]
