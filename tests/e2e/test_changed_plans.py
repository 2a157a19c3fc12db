"""What was to be measured changes on its way: targets, merge groups, installations."""

from __future__ import annotations

import json
from typing import Any

from bot.git import git
from bot.local.deliver import Webhook
from bot.ports import Conclusion, Repository
from engine.values import CommitSha, DeliveryId, RepositoryName
from tests.fakes.bot_stage import SLOWER, Bot, head_of, opened
from tests.fakes.webhooks import example

UNCHANGED = {"README.md": "Other words.\n"}
LEASE_S = 60.0


def handled(bot: Bot, *arrived: Webhook) -> None:
    for one in arrived:
        assert bot.post(one) == 202
    bot.handle()


def changed(webhook: Webhook, **more: Any) -> Webhook:
    return Webhook(webhook.event, json.dumps(json.loads(webhook.body) | more).encode())


def destroyed(group: Webhook) -> Webhook:
    return changed(group, action="destroyed", reason="dequeued")


def conclusions(bot: Bot, head: str) -> set[Conclusion | None]:
    return {run.conclusion for run in bot.runs_of(head).values()}


def test_a_group_that_the_queue_gives_up_is_cancelled_and_frees_the_runner(bot: Bot) -> None:
    number = opened(bot, "work", {"work.py": SLOWER})
    bot.work_off()
    group = bot.stage.merge_group(number)
    handled(bot, group)
    assert bot.services.checks.queued_runs() != ()
    handled(bot, destroyed(group))

    head = json.loads(group.body)["merge_group"]["head_sha"]
    assert conclusions(bot, head) == {Conclusion.CANCELLED}
    assert bot.services.checks.running_checks() == ()
    assert bot.services.checks.queued_runs() == ()


def test_a_group_that_goes_ends_no_check_of_a_pull_request(bot: Bot) -> None:
    number = opened(bot, "work", {"work.py": SLOWER})
    bot.handle()
    handled(bot, destroyed(bot.stage.merge_group(number)))

    (running,) = bot.services.checks.running_checks()
    assert running.pull_request == number


def test_a_group_that_was_given_up_during_an_outage_is_not_measured(bot: Bot) -> None:
    number = opened(bot, "work", {"work.py": SLOWER})
    bot.work_off()
    group = bot.stage.merge_group(number)
    told = json.loads(group.body)["merge_group"]
    git(bot.stage.disk.directory, "update-ref", "-d", told["head_ref"])
    bot.post(group, delivery="held-up")
    bot.services.deliveries.begin(DeliveryId("held-up"), bot.clock.now(), LEASE_S)  # and died
    bot.clock.pass_s(LEASE_S)
    bot.handle()

    head = CommitSha(told["head_sha"])
    assert bot.services.checks.checks_of_commit(bot.stage.repository.name, head) == ()


def test_a_pull_request_with_another_target_is_checked_against_that(bot: Bot) -> None:
    bot.stage.disk.commit("release", {"README.md": "Released.\n"}, onto="main")
    number = opened(bot, "work", {"work.py": SLOWER})
    bot.handle()
    bot.clock.pass_s(1)  # checks are listed by when they were opened
    bot.stage.forge.put_pull_request(bot.stage.repository, "work", "release", "Change", "")
    base = {"ref": {"from": "main"}}
    handled(bot, changed(bot.stage.announce(number), action="edited", changes={"base": base}))

    checks = bot.services.checks.checks_of_pull_request(bot.stage.repository.name, number)
    assert [each.base_ref for each in checks] == ["main", "release"]
    assert checks[1].target == head_of(bot, "release")
    assert bot.services.checks.running_checks() == (checks[1],)


def test_an_installation_that_is_no_more_suspended_has_its_repositories_again(bot: Bot) -> None:
    installation = bot.stage.repository.installation or 5
    name, taken_off = bot.stage.repository.name, RepositoryName("quant/other")
    for each in (name, taken_off):
        repository = Repository(name=each, installation=installation)
        bot.services.repositories.see(repository, bot.clock.now())
    bot.services.repositories.lose([taken_off])
    here = {"installation": {"id": installation}}
    told = {action: example("installation", action) | here for action in ("suspend", "unsuspend")}
    handled(bot, Webhook("installation", json.dumps(told["suspend"]).encode()))
    while_away = bot.services.repositories.active()
    handled(bot, Webhook("installation", json.dumps(told["unsuspend"]).encode()))

    assert while_away == ()
    assert [each.name for each in bot.services.repositories.active()] == [name]
