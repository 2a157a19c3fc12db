"""Webhooks fetched from GitHub's list, for a machine that GitHub cannot reach."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.event_parsing import parse_event
from bot.events import PullRequestUpdated
from bot.github.forge import GitHubForge
from bot.polling import Poller
from bot.store.deliveries import Delivery, DeliveryStatus, DeliveryStore
from engine.errors import TransientError
from engine.values import DeliveryId
from tests.fakes.bot_stage import TestClock
from tests.fakes.database import database, database_url
from tests.fakes.github import BAD_GATEWAY, Failure, FakeGitHub
from tests.fakes.github_forge import connect, fake, forge
from tests.fakes.webhooks import example

__all__ = ["connect", "database", "database_url", "fake", "forge"]

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> TestClock:
    return TestClock(BEGAN + timedelta(minutes=5))


@pytest.fixture
def store(database: Engine) -> DeliveryStore:
    return DeliveryStore(database)


@pytest.fixture
def poller(forge: GitHubForge, store: DeliveryStore, clock: TestClock) -> Poller:
    return Poller(forge.hook_deliveries(), store, clock)


def sent(fake: FakeGitHub, number: int = 1, *, at: datetime = BEGAN, **changes: Any) -> None:
    payload = example("pull_request", "opened") | {"number": number}
    fake.world.hook_deliveries.append(
        {
            "id": number,
            "guid": f"guid-{number}",
            "event": "pull_request",
            "action": "opened",
            "delivered_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "status": "failed to connect to host",
            "status_code": 502,
            "redelivery": False,
            "request": {"headers": {"X-GitHub-Event": "pull_request"}, "payload": payload},
            **changes,
        }
    )


def handled(store: DeliveryStore, clock: TestClock) -> list[Delivery]:
    found = [store.begin(each, clock.now(), 60) for each in store.claim(clock.now(), 60)]
    return [each for each in found if each is not None]


def test_what_could_not_be_delivered_is_stored_as_if_it_had_been(
    poller: Poller, fake: FakeGitHub, store: DeliveryStore, clock: TestClock
) -> None:
    sent(fake)
    assert poller.poll() == 1
    (delivery,) = handled(store, clock)
    assert (delivery.id, delivery.event) == ("guid-1", "pull_request")
    assert json.loads(delivery.body)["number"] == 1
    assert isinstance(parse_event(delivery.event, delivery.body), PullRequestUpdated)


def test_what_was_stored_is_read_no_second_time(poller: Poller, fake: FakeGitHub) -> None:
    sent(fake)
    assert [poller.poll(), poller.poll()] == [1, 0]
    assert len(fake.sent("GET", "deliveries/1$")) == 1


def test_what_was_received_is_not_polled(
    poller: Poller, fake: FakeGitHub, store: DeliveryStore
) -> None:
    sent(fake, status_code=202)
    store.add(Delivery(id=DeliveryId("guid-1"), event="pull_request", body=b"{}"), BEGAN)
    assert poller.poll() == 0


def test_events_that_are_not_handled_are_not_read(poller: Poller, fake: FakeGitHub) -> None:
    sent(fake, event="star")
    sent(fake, 2, event="check_run", action="completed")
    assert poller.poll() == 0
    assert fake.sent("GET", r"deliveries/\d+$") == []


def test_the_oldest_is_stored_first_through_all_pages(
    poller: Poller, fake: FakeGitHub, store: DeliveryStore, clock: TestClock
) -> None:
    for number in range(1, 131):
        sent(fake, number)
    assert poller.poll() == 130
    assert [each.path.rsplit("/", 1)[1] for each in fake.sent("GET", r"deliveries/\d+$")] == [
        str(number) for number in range(1, 131)
    ]


def test_an_outage_loses_nothing(poller: Poller, fake: FakeGitHub) -> None:
    sent(fake, 1)
    sent(fake, 2)
    fake.fail("GET", "deliveries/2$", BAD_GATEWAY)
    with pytest.raises(TransientError):
        poller.poll()
    assert poller.poll() == 1


def test_one_that_is_gone_keeps_no_other_back(poller: Poller, fake: FakeGitHub) -> None:
    sent(fake, 1)
    sent(fake, 2)
    fake.fail("GET", "deliveries/1$", Failure(404, "Not Found"))
    assert poller.poll() == 1


def test_what_failed_here_starts_anew_when_somebody_redelivers_it(
    poller: Poller, fake: FakeGitHub, store: DeliveryStore, clock: TestClock
) -> None:
    sent(fake, 1)
    poller.poll()
    store.fail(DeliveryId("guid-1"), "it did not work")
    left = poller.poll()
    clock.pass_s(60)
    sent(fake, 2, guid="guid-1", redelivery=True, at=clock.now() - timedelta(seconds=5))

    assert (left, poller.poll()) == (0, 1)
    state = store.state(DeliveryId("guid-1"))
    assert state is not None
    assert state.status is DeliveryStatus.WAITING


def test_an_id_that_github_never_gives_is_not_stored(poller: Poller, fake: FakeGitHub) -> None:
    sent(fake, guid="guid 1; drop")
    assert poller.poll() == 0


def test_a_later_poll_reads_the_newest_page_alone(
    poller: Poller, fake: FakeGitHub, clock: TestClock
) -> None:
    for number in range(1, 131):
        sent(fake, number)
    clock.pass_s(3600)
    poller.poll()
    before = len(fake.sent("GET", "deliveries$"))
    poller.poll()
    assert len(fake.sent("GET", "deliveries$")) - before == 1


def test_it_polls_when_it_is_time(poller: Poller, fake: FakeGitHub, clock: TestClock) -> None:
    poller.turn(20)
    clock.pass_s(19)
    poller.turn(20)
    early = len(fake.sent("GET", "deliveries$"))
    clock.pass_s(1)
    poller.turn(20)
    assert (early, len(fake.sent("GET", "deliveries$"))) == (1, 2)


def test_credentials_that_are_refused_are_told_in_the_log(
    poller: Poller, fake: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail("GET", "deliveries$", Failure(401, "A JSON web token could not be decoded"))
    with caplog.at_level(logging.ERROR):
        poller.turn(20)
    assert [record.message for record in caplog.records] == ["not_polled"]
