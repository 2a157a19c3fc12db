"""A repository that is renamed goes on under its new name, whatever arrives late."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.local.deliver import Webhook
from bot.ports import Forge, Repository
from bot.store.overrides import OverrideRecord
from bot.store.renames import OF_REPOSITORIES
from bot.store.repositories import RepositoryStore
from bot.store.tables import METADATA
from engine.overrides import Override
from engine.values import RepositoryName
from tests.fakes.bot_stage import SLOWER, Bot, TestClock, bot, head_of, opened
from tests.fakes.database import database, database_url
from tests.fakes.forge_stage import NAME, stage
from tests.fakes.scripted import scripted

__all__ = ["bot", "database", "database_url", "stage"]

NEW = RepositoryName("fund/models")
MUTED_UTC = "2026-11-20T11:00:00Z"
UNCHANGED = {"README.md": "Other words.\n"}


@dataclass(frozen=True)
class Renaming:
    """A forge on which the repository has another name by now, and redirects the former one."""

    forge: Forge
    name: RepositoryName

    def name_of(self, repository: Repository, forge_id: int) -> RepositoryName:
        del repository, forge_id
        return self.name

    def __getattr__(self, attribute: str) -> Any:
        member = getattr(self.forge, attribute)

        def on_disk(repository: object, *given: Any, **named: Any) -> Any:
            if isinstance(repository, Repository):
                repository = Repository(name=NAME, installation=repository.installation)
            return member(repository, *given, **named)

        return on_disk


def rename(bot: Bot) -> None:
    bot.services = replace(bot.services, forge=Renaming(bot.services.forge, NEW))


def told_of(webhook: Webhook, name: str) -> Webhook:
    body = json.loads(webhook.body)
    body["repository"]["full_name"] = name
    for end in ("head", "base"):
        body["pull_request"][end]["repo"]["full_name"] = name
    return Webhook(webhook.event, json.dumps(body | {"told_of": name}).encode())


def mute(bot: Bot) -> None:
    said = Override(
        kind="mute", suite="core", case="parse", by="ann", reason="flaky", created_utc=MUTED_UTC
    )
    bot.services.overrides.add(
        OverrideRecord(id="mute-1", repository=NAME, pull_request=None, override=said)
    )


@pytest.mark.parametrize("stage", ["local"], indirect=True)
class TestRenamed:
    def test_what_is_stored_goes_on_under_the_new_name(self, bot: Bot) -> None:
        number = opened(bot, "work", {"work.py": SLOWER})
        bot.handle()
        mute(bot)
        rename(bot)
        bot.post(told_of(bot.stage.announce(number), NEW))
        bot.handle()

        (check,) = bot.services.checks.checks_of_pull_request(NEW, number)
        (said,) = bot.services.overrides.of_repository(NEW)
        assert (check.head, said.id) == (head_of(bot, "work"), "mute-1")
        assert [each.name for each in bot.services.repositories.active()] == [NEW]

    def test_a_delivery_from_before_is_handled_under_the_new_name(self, bot: Bot) -> None:
        number = opened(bot, "work", UNCHANGED)
        bot.handle()
        late = told_of(bot.stage.announce(number), NAME)
        rename(bot)
        bot.post(told_of(bot.stage.announce(number), NEW))
        bot.handle()
        bot.post(late)
        bot.handle()

        assert bot.services.checks.checks_of_pull_request(NAME, number) == ()
        assert len(bot.services.checks.checks_of_pull_request(NEW, number)) == 3
        assert [each.name for each in bot.services.repositories.active()] == [NEW]

    def test_a_check_that_runs_meanwhile_is_concluded(self, bot: Bot) -> None:
        number = opened(bot, "work", {"work.py": SLOWER})
        bot.handle()
        rename(bot)
        bot.post(told_of(bot.stage.announce(number), NEW))
        scripted(bot, {"runner-1": {"parse": 1.45, "price": 1.0}})
        bot.work_off()

        (check,) = bot.services.checks.checks_of_pull_request(NEW, number)
        assert bot.services.checks.verdict(check.id) is not None

    def test_a_former_repository_of_that_name_is_set_aside(self, bot: Bot) -> None:
        number = opened(bot, "work", UNCHANGED)
        bot.handle()
        former = Repository(name=NEW)
        bot.services.repositories.see(former, bot.clock.now(), None, 4711)
        rename(bot)
        bot.post(told_of(bot.stage.announce(number), NEW))
        bot.handle()

        aside = bot.services.repositories.with_id(4711)
        assert aside is not None
        assert (aside.name, aside.active) == (f"{NEW}~4711", False)


def test_every_table_of_repositories_follows_a_new_name() -> None:
    named = {table.name for table in METADATA.tables.values() if "repository" in table.columns}
    of_the_local_forge = {name for name in named if name.startswith("local_")}
    assert {table.name for table in OF_REPOSITORIES} == named - of_the_local_forge


def test_a_transferred_repository_is_reached_through_its_new_installation(
    database: Engine,
) -> None:
    store = RepositoryStore(database)
    store.see(Repository(name=NAME, installation=1), TestClock().now(), "main", 7)
    store.rename(NAME, NEW, 2)

    found = store.with_id(7)
    assert found is not None
    assert (found.repository, found.default_branch) == (
        Repository(name=NEW, installation=2),
        "main",
    )
