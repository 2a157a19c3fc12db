"""What GitHub could not deliver is asked for again, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.github.forge import GitHubForge
from bot.redelivery import EVERY, MAX_AFTER_FAILURE, RedeliverySweep
from bot.store.deliveries import Delivery, DeliveryStore
from engine.errors import TransientError
from engine.values import DeliveryId
from tests.fakes.bot_stage import TestClock
from tests.fakes.database import database, database_url
from tests.fakes.github import BAD_GATEWAY, Failure, FakeGitHub
from tests.fakes.github_forge import connect, fake, forge

__all__ = ["connect", "database", "database_url", "fake", "forge"]

NOT_THERE = Failure(404, "Not Found")
BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> TestClock:
    return TestClock(BEGAN + timedelta(minutes=5))


@pytest.fixture
def store(database: Engine) -> DeliveryStore:
    return DeliveryStore(database)


@pytest.fixture
def sweep(
    fake: FakeGitHub, forge: GitHubForge, store: DeliveryStore, clock: TestClock
) -> RedeliverySweep:
    fake.world.now = clock.now
    return RedeliverySweep(forge.hook_deliveries(), store, clock)


def sent(fake: FakeGitHub, number: int = 1, **changes: Any) -> None:
    at = changes.pop("at", BEGAN)
    fake.world.hook_deliveries.append(
        {
            "id": number,
            "guid": f"guid-{number}",
            "event": "pull_request",
            "action": "opened",
            "delivered_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "status": "x",
            "status_code": 502,
            "redelivery": False,
            "request": {"headers": {}, "payload": {"number": number}},
            **changes,
        }
    )


def asked(fake: FakeGitHub) -> list[str]:
    return [each.path.split("/")[-2] for each in fake.sent("POST", "attempts")]


def stored(store: DeliveryStore, guid: str, *, failed: bool = False) -> None:
    delivery = DeliveryId(guid)
    store.add(Delivery(id=delivery, event="pull_request", body=guid.encode()), BEGAN)
    if failed:
        store.fail(delivery, "it did not work")


@pytest.mark.parametrize("status", [0, 401, 404, 500, 502, 503])
def test_what_never_arrived_is_delivered_again(
    sweep: RedeliverySweep, fake: FakeGitHub, status: int
) -> None:
    sent(fake, status_code=status)
    assert (sweep.sweep(), asked(fake)) == (1, ["1"])


@pytest.mark.parametrize(
    "changes",
    [
        {"status_code": 400},
        {"status_code": 413},
        {"status_code": 202},
        {"event": "star"},
        {"event": "check_run", "action": "completed"},
    ],
    ids=["malformed", "too-large", "of-a-known-body", "not-handled", "means-nothing"],
)
def test_what_would_end_the_same_is_left(
    sweep: RedeliverySweep, fake: FakeGitHub, changes: dict[str, Any]
) -> None:
    sent(fake, **changes)
    assert (sweep.sweep(), asked(fake)) == (0, [])


def test_what_is_here_is_left(
    sweep: RedeliverySweep, fake: FakeGitHub, store: DeliveryStore
) -> None:
    sent(fake)  # its answer was lost
    stored(store, "guid-1")
    assert sweep.sweep() == 0


def test_what_failed_here_is_delivered_again_a_few_times(
    sweep: RedeliverySweep, fake: FakeGitHub, store: DeliveryStore, clock: TestClock
) -> None:
    sent(fake, status_code=202)
    stored(store, "guid-1", failed=True)
    for _ in range(2 * MAX_AFTER_FAILURE):
        sweep.sweep()
        fake.world.hook_deliveries[-1]["status_code"] = 202
        clock.pass_s(6 * 3600)

    assert len(asked(fake)) == MAX_AFTER_FAILURE


def test_an_attempt_that_may_still_arrive_is_waited_for(
    sweep: RedeliverySweep, fake: FakeGitHub, clock: TestClock
) -> None:
    sent(fake, at=clock.now() - timedelta(seconds=20))
    assert sweep.sweep() == 0


def test_each_failed_attempt_doubles_the_wait(
    sweep: RedeliverySweep, fake: FakeGitHub, clock: TestClock
) -> None:
    """While the machine is away for a day, GitHub is not asked every ten minutes."""
    sent(fake)
    asked_at = []
    for _ in range(24 * 6):
        if sweep.sweep():
            asked_at.append(clock.now())
        clock.pass_s(600)

    assert 7 <= len(asked_at) <= 10
    assert asked_at[1] - asked_at[0] == timedelta(minutes=10)


def test_what_is_lost_for_days_is_given_up(sweep: RedeliverySweep, fake: FakeGitHub) -> None:
    sent(fake, redelivery=True)  # its first attempt is not listed any more
    assert sweep.sweep() == 0


def test_what_was_sent_first_is_asked_for_first_through_all_pages(
    sweep: RedeliverySweep, fake: FakeGitHub, clock: TestClock
) -> None:
    for number in range(1, 151):
        sent(fake, number, at=BEGAN + timedelta(seconds=number))
    clock.pass_s(600)
    first, rest = sweep.sweep(), sweep.sweep()

    assert (first, asked(fake)[:100]) == (100, [str(number) for number in range(1, 101)])
    assert (rest, asked(fake)[100:]) == (50, [str(number) for number in range(101, 151)])


def test_a_later_sweep_reads_no_further_back_than_needed(
    sweep: RedeliverySweep, fake: FakeGitHub, store: DeliveryStore, clock: TestClock
) -> None:
    for number in range(1, 251):
        sent(fake, number, status_code=202)
        stored(store, f"guid-{number}")
    clock.pass_s(3 * 3600)
    sweep.sweep()
    before = len(fake.sent("GET", "deliveries"))
    sweep.sweep()

    assert len(fake.sent("GET", "deliveries")) - before == 1


def test_one_that_the_forge_has_forgotten_keeps_no_other_back(
    sweep: RedeliverySweep, fake: FakeGitHub
) -> None:
    sent(fake, 1)
    sent(fake, 2)
    fake.fail("POST", "deliveries/1/attempts", NOT_THERE)
    assert (sweep.sweep(), asked(fake)) == (1, ["1", "2"])


def test_a_sweep_ends_when_its_process_leads_no_more(
    sweep: RedeliverySweep, fake: FakeGitHub
) -> None:
    sent(fake, 1)
    sent(fake, 2)
    answers = iter([True, False])
    assert (sweep.sweep(lambda: next(answers)), asked(fake)) == (1, ["1"])


def test_a_turn_sweeps_every_ten_minutes_and_again_soon_after_an_outage(
    sweep: RedeliverySweep, fake: FakeGitHub, clock: TestClock
) -> None:
    fake.fail("GET", "deliveries", BAD_GATEWAY)
    with pytest.raises(TransientError):
        sweep.turn(lambda: True)
    sent(fake, 1)
    sweep.turn(lambda: True)
    sent(fake, 2)
    sweep.turn(lambda: True)
    early = asked(fake)
    clock.time += EVERY
    sweep.turn(lambda: True)

    assert early == ["1"]
    assert "2" in asked(fake)
