"""What else than a pull request's own event arrives, and what comes of it, on both forges."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.local.deliver import Webhook
from bot.ports import Conclusion
from bot.store.checks import CheckStatus
from bot.store.deliveries import DeliveryStatus
from engine.values import CommitSha
from tests.fakes.bot_stage import CONFIGURATION, FILES, SLOWER, Bot, head_of, opened
from tests.fakes.webhooks import example

ON_PUSHES = CONFIGURATION.replace("    runs_on:", "    when: [pull_request, push]\n    runs_on:")
IN_THE_FULL_TIER = (
    CONFIGURATION
    + """\
  deep:
    kind: benchmark
    command: ["python", "bench.py", "{out}"]
    format: samples
    runs_on: [linux]
    tiers: [full]
    budget:
      default: {time: {max_worsening: 0.10}}
"""
)
DEEP = "highwater / deep (linux)"
CORE = "highwater / core (linux)"
UNCHANGED = {"README.md": "Other words.\n"}
OWN_EVENT_S = 30.0


def suite_event(bot: Bot, action: str, head: str, *numbers: int) -> Webhook:
    body = example("check_suite", action)
    body["repository"] |= {"full_name": bot.stage.repository.name}
    body["check_suite"] |= {
        "head_sha": head,
        "pull_requests": [{"number": number} for number in numbers],
    }
    return webhook(bot, "check_suite", body)


def webhook(bot: Bot, event: str, body: dict[str, Any]) -> Webhook:
    body["installation"] = {"id": bot.stage.repository.installation or 5}
    return Webhook(event, json.dumps(body).encode())


def installation_event(bot: Bot, event: str, action: str, **more: Any) -> Webhook:
    return webhook(bot, event, {**example(event, action), **more})


def handled(bot: Bot, *arrived: Webhook) -> None:
    for one in arrived:
        assert bot.post(one) == 202
    bot.handle()


def concluded(bot: Bot, head: str) -> dict[str, Conclusion | None]:
    return {name: run.conclusion for name, run in bot.runs_of(head).items()}


def test_a_label_has_the_full_tier_measured(bot: Bot) -> None:
    bot.stage.disk.commit("main", {".highwater.yml": IN_THE_FULL_TIER})
    number = opened(bot, "work", {"work.py": FILES["work.py"] + "\n"})
    bot.work_off()
    before = set(bot.runs_of(head_of(bot, "work")))
    bot.clock.pass_s(1)  # checks are listed by when they were opened
    handled(bot, bot.stage.label(number, "highwater:full", "ann"))
    bot.work_off()

    assert DEEP not in before
    assert concluded(bot, head_of(bot, "work"))[DEEP] is Conclusion.SUCCESS
    (_, full) = bot.services.checks.checks_of_pull_request(bot.stage.repository.name, number)
    assert (full.tier, full.requested_by) == ("full", "ann")


def test_our_own_label_and_other_peoples_start_nothing(bot: Bot) -> None:
    number = opened(bot, "work", UNCHANGED)
    bot.work_off()
    handled(bot, bot.stage.label(number, "highwater:regression", "ann"))

    checks = bot.services.checks.checks_of_pull_request(bot.stage.repository.name, number)
    assert len(checks) == 1


def test_closing_a_pull_request_ends_its_check_and_frees_the_runner(bot: Bot) -> None:
    number = opened(bot, "work", {"work.py": SLOWER})
    bot.handle()
    handled(bot, bot.stage.close(number))

    ends = set(concluded(bot, head_of(bot, "work")).values())
    assert ends == {Conclusion.CANCELLED}
    assert bot.services.checks.queued_runs() == ()


def test_a_push_to_the_default_branch_is_measured_and_remembered(bot: Bot) -> None:
    bot.stage.disk.commit("main", {".highwater.yml": ON_PUSHES})
    before = CommitSha(head_of(bot, "main"))
    bot.stage.disk.commit("main", {"work.py": SLOWER})
    handled(bot, bot.stage.pushed("main", before, "ann"))
    bot.work_off()

    (check,) = bot.services.checks.checks_of_commit(
        bot.stage.repository.name, CommitSha(head_of(bot, "main"))
    )
    assert (check.kind, check.base, check.status) == ("push", before, CheckStatus.CONCLUDED)
    assert concluded(bot, head_of(bot, "main"))[CORE] is Conclusion.FAILURE
    assert bot.services.checks.verdict(check.id) is not None
    known = bot.services.repositories.repository(bot.stage.repository.name)
    assert known is not None
    assert known.default_branch == "main"


def test_a_push_that_no_suite_is_for_shows_nothing(bot: Bot) -> None:
    before = CommitSha(head_of(bot, "main"))
    bot.stage.disk.commit("main", {"work.py": SLOWER})
    handled(bot, bot.stage.pushed("main", before, "ann"))

    assert bot.runs_of(head_of(bot, "main")) == {}


def test_a_push_to_a_branch_that_is_gone_by_now_shows_nothing(bot: Bot) -> None:
    pushed = json.loads(bot.stage.pushed("main", None, "ann").body)
    pushed["repository"]["default_branch"] = "old-main"
    handled(bot, webhook(bot, "push", {**pushed, "ref": "refs/heads/old-main"}))

    counts = bot.services.deliveries.counts()
    assert counts[DeliveryStatus.DONE] == 1


@pytest.mark.parametrize(
    "files,expected",
    [({"work.py": SLOWER}, Conclusion.FAILURE), (UNCHANGED, Conclusion.SKIPPED)],
    ids=["slower", "docs"],
)
def test_a_merge_queues_group_gets_the_check_that_is_required(
    bot: Bot, files: dict[str, str], expected: Conclusion
) -> None:
    number = opened(bot, "work", files)
    bot.work_off()
    group = bot.stage.merge_group(number)
    head = json.loads(group.body)["merge_group"]["head_sha"]
    handled(bot, group)
    bot.work_off()

    assert concluded(bot, head)["highwater"] is expected


def test_a_group_that_is_announced_twice_is_checked_once(bot: Bot) -> None:
    number = opened(bot, "work", {"work.py": SLOWER})
    bot.work_off()
    group = bot.stage.merge_group(number)
    again = json.loads(group.body) | {"delivered": "again"}
    handled(bot, group, Webhook(group.event, json.dumps(again).encode()))

    head = CommitSha(again["merge_group"]["head_sha"])
    assert len(bot.services.checks.checks_of_commit(bot.stage.repository.name, head)) == 1


def test_a_head_whose_own_event_was_lost_is_looked_at_later(bot: Bot) -> None:
    bot.stage.disk.commit("work", UNCHANGED, onto="main")
    bot.stage.open_pull_request("work", "main", "Its webhook is lost")
    head = head_of(bot, "work")
    handled(bot, suite_event(bot, "requested", head))
    at_first = bot.runs_of(head)
    bot.clock.pass_s(OWN_EVENT_S)
    bot.handle()

    assert at_first == {}
    assert concluded(bot, head)["highwater"] is Conclusion.SKIPPED


def test_a_head_that_was_looked_at_is_not_started_by_its_check_suite(bot: Bot) -> None:
    number = opened(bot, "work", UNCHANGED)
    head = head_of(bot, "work")
    handled(bot, suite_event(bot, "requested", head, number))
    bot.clock.pass_s(OWN_EVENT_S)
    bot.handle()

    checks = bot.services.checks.checks_of_pull_request(bot.stage.repository.name, number)
    assert len(checks) == 1


def test_all_checks_of_a_head_are_repeated_when_a_person_asks(bot: Bot) -> None:
    number = opened(bot, "work", UNCHANGED)
    bot.work_off()
    handled(bot, suite_event(bot, "rerequested", head_of(bot, "work")))

    checks = bot.services.checks.checks_of_pull_request(bot.stage.repository.name, number)
    assert len(checks) == 2


def test_a_merge_groups_check_run_can_be_asked_for_again(bot: Bot) -> None:
    number = opened(bot, "work", UNCHANGED)
    bot.work_off()
    group = bot.stage.merge_group(number)
    head = CommitSha(json.loads(group.body)["merge_group"]["head_sha"])
    handled(bot, group)
    handled(bot, suite_event(bot, "rerequested", head))

    kinds = [
        each.kind for each in bot.services.checks.checks_of_commit(bot.stage.repository.name, head)
    ]
    assert kinds == ["merge_group", "merge_group"]


def test_an_app_that_is_taken_away_leaves_nothing_running(bot: Bot) -> None:
    opened(bot, "work", {"work.py": SLOWER})
    bot.handle()
    name = bot.stage.repository.name
    handled(
        bot,
        installation_event(bot, "installation", "deleted", repositories=[{"full_name": name}]),
    )

    assert bot.services.checks.running_checks() == ()
    assert bot.services.checks.queued_runs() == ()
    assert bot.services.repositories.active() == ()


def test_a_late_removal_does_not_take_a_new_installation_away(bot: Bot) -> None:
    name = bot.stage.repository.name
    here = [{"full_name": name}]
    installed = installation_event(bot, "installation", "created", repositories=here)
    newer = json.loads(installed.body) | {"installation": {"id": 77}}
    gone = installation_event(bot, "installation", "deleted", repositories=here)
    for one in (installed, Webhook("installation", json.dumps(newer).encode()), gone):
        handled(bot, one)

    (kept,) = bot.services.repositories.active()
    assert (kept.name, kept.installation) == (name, 77)


def test_repositories_come_and_go_with_the_installation(bot: Bot) -> None:
    event, added = "installation_repositories", [{"full_name": "quant/other"}]
    handled(bot, installation_event(bot, event, "added", repositories_added=added))
    here = [each.name for each in bot.services.repositories.active()]
    handled(
        bot,
        installation_event(
            bot, event, "removed", repositories_removed=added, repositories_added=[]
        ),
    )

    assert (here, bot.services.repositories.active()) == (["quant/other"], ())


def test_every_repository_that_something_arrives_of_is_kept(bot: Bot) -> None:
    opened(bot, "work", UNCHANGED)
    bot.handle()

    (known,) = bot.services.repositories.active()
    assert known.repository == bot.stage.repository
