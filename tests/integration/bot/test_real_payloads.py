"""GitHub's own example of every webhook goes through the whole bot, and none is an error."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.app import create_app
from bot.dispatch import Dispatcher
from bot.git import git
from bot.jobs import handle
from bot.local.deliver import Webhook, webhook_headers
from bot.services import Services
from bot.store.deliveries import DeliveryStatus
from bot.web import WebServices
from engine.values import RepositoryName
from tests.fakes.bot_stage import FILES, TestClock
from tests.fakes.database import database, database_url
from tests.fakes.git_repositories import BareRepository
from tests.fakes.github import FakeGitHub
from tests.fakes.github_forge import connect, fake
from tests.fakes.services import services_over
from tests.fakes.webhooks import examples

__all__ = ["connect", "database", "database_url", "fake"]

SECRET = "it is a secret to everybody"
# What the examples are about: its default branch, and how many pull requests they name.
PLACES = {
    "Codertocat/Hello-World": ("master", 2),
    "Octocoders/Hello-World": ("master", 0),
    "github/hello-world": ("master", 0),
    "octo-org/octo-repo": ("main", 0),
    "electron/electron": ("master", 0),
}


@pytest.fixture
def using(fake: FakeGitHub, connect: object, database: Engine, tmp_path: Path) -> Services:
    for name, (branch, pulls) in PLACES.items():
        disk = BareRepository.create(fake.world.repositories, name)
        git(disk.directory, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
        disk.commit(branch, FILES if pulls else {"README.md": "Hello.\n"})
        for number in range(1, pulls + 1):
            disk.commit(f"work-{number}", {"README.md": f"{number}\n"}, onto=branch)
            fake.open_pull_request(name, f"work-{number}", branch, "Hello")
    fake.world.installations |= {
        json.loads(body)["installation"]["id"]
        for _, body in examples()
        if "installation" in json.loads(body)
    }
    # Their commits cannot be made here: git would not give them these names.
    fake.world.has_commit = lambda name, sha: True  # type: ignore[method-assign]
    forge = connect()  # type: ignore[operator]
    return replace(services_over(database, tmp_path / "state"), forge=forge)


def deliver(using: Services, event: str, body: bytes, name: str) -> int:
    web = WebServices(
        deliveries=using.deliveries,
        checks=using.checks,
        clock=using.clock,
        secrets=[SECRET.encode()],
    )
    headers = webhook_headers(Webhook(event, body), SECRET, name)
    return create_app(web).test_client().post("/webhook", data=body, headers=headers).status_code


def work_off(using: Services) -> None:
    dispatcher = Dispatcher(using.deliveries, lambda delivery: handle(using, delivery), using.clock)
    while dispatcher.dispatch():
        pass


def test_every_real_payload_is_answered_and_handled_without_an_error(
    using: Services, caplog: pytest.LogCaptureFixture
) -> None:
    clock = using.clock
    assert isinstance(clock, TestClock)
    with caplog.at_level(logging.INFO):
        answers = [
            deliver(using, event, body, f"example-{number}")
            for number, (event, body) in enumerate(examples())
        ]
        work_off(using)
        clock.pass_s(600)  # what waits for an event of its own
        work_off(using)

    assert (len(answers), set(answers)) == (99, {202})
    errors = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert [(each.message, getattr(each, "problem", "")) for each in errors] == []
    counts = using.deliveries.counts()
    assert {status for status, count in counts.items() if count} == {DeliveryStatus.DONE}
    assert counts[DeliveryStatus.DONE] > 90  # a few are the very same body twice
    assert using.checks.running_checks() == ()


def test_the_repositories_of_real_payloads_are_known(using: Services) -> None:
    for number, (event, body) in enumerate(examples()):
        if event in {"pull_request", "push", "merge_group"}:
            deliver(using, event, body, f"example-{number}")
    work_off(using)

    known = {each.name for each in using.repositories.active()}
    assert known >= {RepositoryName("Codertocat/Hello-World"), "octo-org/octo-repo"}


def test_a_wrong_signature_stores_nothing(using: Services) -> None:
    web = WebServices(
        deliveries=using.deliveries,
        checks=using.checks,
        clock=using.clock,
        secrets=[b"another secret"],
    )
    client = create_app(web).test_client()
    for event, body in examples():
        headers = webhook_headers(Webhook(event, body), SECRET)
        assert client.post("/webhook", data=body, headers=headers).status_code == 401
    assert set(using.deliveries.counts().values()) == {0}


def test_no_webhook_from_outside_can_be_our_own_timetable(using: Services) -> None:
    assert deliver(using, "highwater:nightly", b"{}", "nightly-1") == 400
