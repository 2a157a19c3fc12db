"""Promotions beside each other: newer requests, other suites, other people's pull requests."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from bot.git import git
from bot.ledger import ledger_path
from bot.ports import Conclusion, Repository
from bot.promotion import advance as promotions
from bot.promotion import stalled
from bot.store.ledger_file import read_lines
from bot.store.promotions import PromotionRecord
from engine.audit.verify import examine
from engine.errors import TransientError
from tests.fakes.bot_stage import BENCH, CONFIGURATION, Bot, head_of, opened
from tests.fakes.commands import give_roles, replies, say
from tests.fakes.killed import reuse_reports
from tests.fakes.promotions import (
    ASK,
    BRANCH,
    announced,
    baseline_files,
    measured,
    promoted,
    proposal,
    roll_up,
    stored,
    worked_off,
)

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

ONCE = pytest.mark.usefixtures("measured_once")
OTHER_SUITE = CONFIGURATION.split("suites:\n")[1].replace("core:", "more:")


@pytest.fixture
def measured_once(bot: Bot) -> None:
    """Answer every order but the first with the first one's samples."""
    reuse_reports(bot)


def merged(bot: Bot, number: int) -> None:
    for webhook in bot.stage.merge(number, "maintainer"):
        bot.post(webhook)
    bot.handle()


def ledger(bot: Bot) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read_lines(ledger_path(bot.services.state_dir))]


def of_suite(bot: Bot, suite: str) -> PromotionRecord:
    record = bot.services.promotions.promotion(bot.stage.repository.name, suite, "linux")
    assert record is not None
    return record


@ONCE
def test_a_step_that_began_before_a_newer_request_does_not_undo_it(bot: Bot) -> None:
    number = measured(bot)
    say(bot, "maintainer", number, ASK)
    older = stored(bot)
    bot.stage.disk.commit("faster", {"work.py": "CASES = {'parse': 5.0, 'price': 5.0}\n"})
    bot.post(bot.stage.push(bot.stage.announce(number)))
    bot.work_off()
    say(bot, "maintainer", number, ASK)
    newer = stored(bot)

    with pytest.raises(TransientError):
        promotions.advance(bot.services, bot.stage.repository, older)

    assert stored(bot) == newer
    worked_off(bot)
    assert (stored(bot).status, stored(bot).head) == ("open", head_of(bot, "faster"))


def test_of_two_suites_in_one_file_the_second_is_brought_to_what_the_first_left(bot: Bot) -> None:
    give_roles(bot)
    other = OTHER_SUITE.replace("bench.py", "more.py")
    program = BENCH.replace("CASES.items()", "(('fold', 7.0),)")
    bot.stage.disk.commit("main", {".highwater.yml": CONFIGURATION + other, "more.py": program})
    number = opened(bot, "faster", {"work.py": "CASES = {'parse': 6.0, 'price': 5.0}\n"})
    bot.work_off()
    say(bot, "maintainer", number, ASK)
    worked_off(bot)
    first, second = of_suite(bot, "core"), of_suite(bot, "more")
    merged(bot, number)
    merged(bot, first.pull_request or 0)
    bot.clock.pass_s(120)

    stalled.go_on(bot.services)

    again = of_suite(bot, "more")
    assert (again.status, again.pull_request) == ("open", second.pull_request)
    assert (again.evidence, again.requested_utc) == (second.evidence, second.requested_utc)
    tip = head_of(bot, again.branch)
    parent = git(bot.stage.disk.directory, "rev-parse", f"{tip}^").decode().strip()
    assert parent == head_of(bot, "main")
    (level,) = baseline_files(bot, tip).values()
    assert set(level["baselines"]) == {"parse", "price", "fold"}


@ONCE
def test_what_keeps_one_promotion_keeps_no_other(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    number = measured(bot)
    say(bot, "maintainer", number, ASK)
    for check in bot.services.checks.running_checks():
        bot.services.checks.supersede(check.id)
    first = stored(bot)
    for suite in ("a", "z"):
        bot.services.promotions.put(msgspec.structs.replace(first, suite=suite))
    bot.clock.pass_s(120)
    tried: list[str] = []

    def away(services: Any, repository: Repository, record: PromotionRecord) -> str:
        del services, repository
        tried.append(record.suite)
        problem = "its repository cannot be fetched"
        raise TransientError(problem, retry_after_s=1.0)

    monkeypatch.setattr(stalled, "advance", away)

    with pytest.raises(TransientError):
        stalled.go_on(bot.services)

    assert sorted(tried) == ["a", "core", "z"]


@ONCE
def test_another_pull_request_of_the_proposed_commit_gets_no_green_check(bot: Bot) -> None:
    number = measured(bot)
    promoted(bot, number)
    announced(bot)
    tip = stored(bot).commit_sha or ""
    git(bot.stage.disk.directory, "update-ref", "refs/heads/by-the-way", tip)

    bot.post(bot.stage.open_pull_request("by-the-way", "main", "The same commit"))
    bot.work_off()

    assert roll_up(bot).title == f"Merge after #{number}"
    assert roll_up(bot).conclusion is Conclusion.ACTION_REQUIRED
    assert {run.conclusion for run in bot.stage.check_runs(tip)} == {Conclusion.ACTION_REQUIRED}


@ONCE
def test_a_pull_request_that_a_person_opened_of_the_branch_keeps_its_words(bot: Bot) -> None:
    number = measured(bot)
    promoted(bot, number)
    bot.stage.close(proposal(bot).number)
    bot.post(bot.stage.open_pull_request(BRANCH, "main", "In my own words"))
    bot.handle()
    theirs = bot.services.forge.find_pull_request(bot.stage.repository, BRANCH) or 0

    say(bot, "maintainer", number, ASK)

    assert bot.stage.forge.pull_request(bot.stage.repository, theirs).title == "In my own words"
    assert f"pull request `#{theirs}` is not ours" in replies(bot, number)[-1]


@ONCE
def test_a_proposal_that_is_merged_while_it_is_asked_for_anew_stands_in_the_ledger(
    bot: Bot,
) -> None:
    number = measured(bot)
    first = promoted(bot, number)
    bot.stage.disk.commit("faster", {"work.py": "CASES = {'parse': 5.0, 'price': 5.0}\n"})
    bot.post(bot.stage.push(bot.stage.announce(number)))
    bot.work_off()
    say(bot, "maintainer", number, ASK)

    merged(bot, first.pull_request or 0)

    noted = [one["ctx"]["pull_request"] for one in ledger(bot) if one["step"] == "promotion_merged"]
    assert (noted, stored(bot).status) == ([first.pull_request], "measuring")


@ONCE
def test_where_the_source_has_another_target_by_now_the_proposal_is_made_on_that(bot: Bot) -> None:
    number = measured(bot)
    promoted(bot, number)
    bot.stage.disk.commit("main", {"note": "not for the release"})
    bot.stage.disk.commit("release", {"note": "of the release"}, onto="main~1")
    bot.services.forge.put_pull_request(bot.stage.repository, "faster", "release", "Faster", "")

    promoted(bot, number)

    pull = proposal(bot)
    parent = git(bot.stage.disk.directory, "rev-parse", f"{pull.head}^").decode().strip()
    assert (pull.base_ref, parent) == ("release", head_of(bot, "release"))


@ONCE
def test_what_is_refused_at_the_branch_leaves_nothing_open_in_the_ledger(bot: Bot) -> None:
    number = measured(bot)
    promoted(bot, number)
    announced(bot)
    bot.stage.disk.commit(BRANCH, {"note": "mine"})

    say(bot, "maintainer", number, '/promote-baseline reason="in other words"')

    found = examine(read_lines(ledger_path(bot.services.state_dir)))
    assert (found.open_intents, found.flaws) == ((), ())
    (failed,) = [one["error"] for one in ledger(bot) if one["error"] is not None]
    assert failed["message"] == "people"


@ONCE
def test_verdicts_of_evidence_stand_in_the_ledger(bot: Bot) -> None:
    record = promoted(bot, measured(bot))

    verdicts = [one for one in ledger(bot) if (one["step"], one["kind"]) == ("verdict", "outcome")]
    kinds = [one["ctx"]["kind"] for one in verdicts]
    assert kinds.count("promotion") == len(record.evidence) - 1


@ONCE
def test_without_a_name_it_is_about_the_suites_that_measured_this_head(bot: Bot) -> None:
    other = OTHER_SUITE.replace('["work.py", "bench.py"]', '["docs/**"]')
    bot.stage.disk.commit("main", {".highwater.yml": CONFIGURATION + other})
    number = measured(bot)

    say(bot, "maintainer", number, ASK)

    assert "`core`" in replies(bot, number)[-1]
    name = bot.stage.repository.name
    assert bot.services.promotions.promotion(name, "more", "linux") is None
