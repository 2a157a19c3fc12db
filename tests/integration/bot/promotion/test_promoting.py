"""``/promote-baseline`` from the comment to the merged level, on both forges."""

from __future__ import annotations

import msgspec
import pytest

from bot.git import git
from bot.ports import Conclusion, Role
from bot.promotion import stalled
from bot.store.checks import RunStatus
from engine.orders import RunOrder, RunReport
from engine.values import RunId
from tests.fakes.bot_stage import BENCH, Bot, head_of, opened
from tests.fakes.commands import give_roles, replies, say
from tests.fakes.killed import reuse_reports
from tests.fakes.promotions import (
    ASK,
    BRANCH,
    FASTER,
    announced,
    baseline_files,
    branch,
    measured,
    promoted,
    proposal,
    roll_up,
    stored,
    worked_off,
)

LOCALLY = pytest.mark.parametrize("stage", ["local"], indirect=True)


@pytest.fixture(autouse=True)
def measured_once(bot: Bot) -> None:
    """Answer every order but the first with the first one's samples."""
    reuse_reports(bot)


def test_the_runs_that_are_missing_to_three_are_measured_and_the_answer_says_how_long(
    bot: Bot,
) -> None:
    number = measured(bot)

    say(bot, "maintainer", number, ASK)

    (reply,) = replies(bot, number)
    assert "2 more runs to measure" in reply
    assert "about" in reply
    worked_off(bot)
    record = stored(bot)
    assert record.status == "open"
    assert len(record.evidence) == 3


def test_the_pull_request_tables_the_numbers_with_evidence_reason_undoing_and_expiry(
    bot: Bot,
) -> None:
    number = measured(bot)

    record = promoted(bot, number)

    pull = proposal(bot)
    assert (pull.head_ref, pull.base_ref, pull.ours) == (BRANCH, "main", True)
    (path,) = baseline_files(bot, pull.head)
    level = baseline_files(bot, pull.head)[path]
    assert level["git_sha"] == head_of(bot, "faster")
    assert abs(level["baselines"]["parse"]["mean_ns"] - 6.0e6) < 0.1e6
    assert len(level["evidence"]) == 3
    assert len({run["seed"] for run in level["evidence"]}) == 3
    assert level["expires_utc"] > "2026"
    assert record.expires_utc is not None


def test_a_second_person_approves_before_it_may_be_merged(bot: Bot) -> None:
    number = measured(bot)
    promoted(bot, number)
    announced(bot)
    assert roll_up(bot).title == f"Merge after #{number}"
    assert roll_up(bot).conclusion is Conclusion.ACTION_REQUIRED

    closed, pushed = bot.stage.merge(number, "maintainer")
    for webhook in (closed, pushed):
        bot.post(webhook)
    bot.handle()
    assert roll_up(bot).title == "Waiting for a second person"

    pull = proposal(bot).number
    bot.post(bot.stage.review(pull, "maintainer", "approved"))
    bot.handle()
    assert roll_up(bot).title == "Waiting for a second person"

    bot.post(bot.stage.review(pull, "second", "approved"))
    bot.handle()
    assert (roll_up(bot).title, roll_up(bot).conclusion) == (
        "Ready to merge",
        Conclusion.SUCCESS,
    )


def test_asked_ten_times_it_is_one_branch_one_commit_and_one_pull_request(bot: Bot) -> None:
    number = measured(bot)
    first = promoted(bot, number)

    for _ in range(9):
        again = promoted(bot, number)

    assert (again.pull_request, again.commit_sha) == (first.pull_request, first.commit_sha)
    tip = branch(bot)
    assert tip is not None
    assert tip.tip == first.commit_sha
    directory = bot.stage.disk.directory
    assert git(directory, "rev-list", "--count", f"main..{tip.tip}").decode().strip() == "1"
    assert bot.services.forge.find_pull_request(bot.stage.repository, BRANCH) == first.pull_request
    assert len(first.evidence) == len(again.evidence) == 3


@LOCALLY
def test_another_reason_updates_the_same_pull_request(bot: Bot) -> None:
    number = measured(bot)
    first = promoted(bot, number)

    again = promoted(bot, number, asked='/promote-baseline suite=core reason="it is the cache"')

    assert again.pull_request == first.pull_request
    assert again.commit_sha != first.commit_sha
    message = git(bot.stage.disk.directory, "log", "-1", "--format=%B", again.commit_sha or "")
    assert b"it is the cache" in message


def test_what_a_person_pushed_to_the_branch_is_never_overwritten(bot: Bot) -> None:
    number = measured(bot)
    promoted(bot, number)
    announced(bot)
    pushed = bot.stage.disk.commit(BRANCH, {"note": "mine"})

    say(bot, "maintainer", number, ASK)

    assert head_of(bot, BRANCH) == pushed
    assert "a commit that is not ours" in replies(bot, number)[-1]
    assert stored(bot).status == "refused"


@LOCALLY
def test_a_commit_of_a_person_on_the_branch_keeps_it_from_being_merged(bot: Bot) -> None:
    number = measured(bot)
    promoted(bot, number)
    pull = announced(bot)
    bot.stage.disk.commit(BRANCH, {"note": "mine"})

    bot.post(bot.stage.push(bot.stage.announce(pull.number)))
    bot.handle()

    assert roll_up(bot).title == "Not the numbers that were measured"
    assert roll_up(bot).conclusion is Conclusion.ACTION_REQUIRED


@LOCALLY
def test_a_push_while_it_is_measured_refuses_it_and_says_so_once(bot: Bot) -> None:
    number = measured(bot)
    say(bot, "maintainer", number, ASK)
    bot.stage.disk.commit("faster", {"work.py": "CASES = {'parse': 5.0, 'price': 5.0}\n"})
    bot.post(bot.stage.push(bot.stage.announce(number)))
    bot.handle()
    bot.clock.pass_s(120)

    stalled.go_on(bot.services)
    worked_off(bot)
    stalled.go_on(bot.services)

    assert stored(bot).status == "refused"
    assert branch(bot) is None
    (told,) = [body for body in bot.stage.bodies(number) if "highwater:promotion:" in body]
    assert "not of the pull request's current head" in told


@LOCALLY
def test_a_measurement_that_the_pull_request_changes_is_not_promoted(bot: Bot) -> None:
    give_roles(bot)
    changed = {"bench.py": BENCH + "# other\n", "work.py": FASTER}
    number = opened(bot, "other", changed)
    bot.work_off()

    say(bot, "maintainer", number, ASK)

    (reply,) = replies(bot, number)
    assert "changes how the suite is measured (`bench.py`)" in reply
    assert branch(bot) is None


@LOCALLY
def test_a_writer_may_not_promote(bot: Bot) -> None:
    number = measured(bot)

    say(bot, "writer", number, ASK)

    name = bot.stage.repository.name
    assert bot.services.promotions.promotion(name, "core", "linux") is None
    assert branch(bot) is None


@LOCALLY
def test_a_role_that_was_taken_away_meanwhile_is_seen(bot: Bot) -> None:
    number = measured(bot)
    say(bot, "maintainer", number, ASK)
    bot.stage.set_role("maintainer", Role.WRITE)

    worked_off(bot)

    assert stored(bot).status == "refused"
    assert branch(bot) is None


@LOCALLY
def test_a_suite_without_a_baseline_is_refused_with_those_that_have_one(bot: Bot) -> None:
    number = measured(bot)

    say(bot, "maintainer", number, '/promote-baseline suite=nope reason="x"')

    (reply,) = replies(bot, number)
    assert "core" in reply


@LOCALLY
def test_runs_for_a_baseline_change_no_verdict_of_the_pull_request(bot: Bot) -> None:
    number = measured(bot)
    before = bot.runs_of(head_of(bot, "faster"))
    bodies = bot.stage.bodies(number)

    promoted(bot, number)

    after = bot.runs_of(head_of(bot, "faster"))
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"highwater / baseline core (linux)"}
    assert bot.stage.bodies(number)[: len(bodies)] == bodies
    assert all(run.status == "completed" for run in after.values())


@LOCALLY
def test_a_merged_promotion_is_the_level_and_asking_again_changes_nothing(bot: Bot) -> None:
    number = measured(bot)
    record = promoted(bot, number)
    for merged in (number, record.pull_request or 0):
        for webhook in bot.stage.merge(merged, "maintainer"):
            bot.post(webhook)
    bot.handle()
    assert stored(bot).status == "merged"

    again = promoted(bot, number)

    assert again.status == "refused"
    assert "is accepted already" in replies(bot, number)[-1]
    (level,) = baseline_files(bot, head_of(bot, "main")).values()
    assert level["git_sha"] == record.head


@LOCALLY
def test_runs_on_other_hardware_do_not_count_and_others_are_measured_instead(bot: Bot) -> None:
    number = measured(bot)
    alternate_hardware(bot)

    record = promoted(bot, number)

    reports = [bot.services.checks.load_report(RunId(run)) for run in record.evidence]
    assert record.status == "open"
    assert len({report.machine.fingerprint for report in reports if report is not None}) == 1
    assert len(bot.orders) > 3


@LOCALLY
def test_a_run_that_was_lost_is_measured_again(bot: Bot) -> None:
    number = measured(bot)
    say(bot, "maintainer", number, ASK)
    (lost,) = bot.services.checks.queued_runs()
    bot.services.checks.set_run_status(lost.run, RunStatus.LOST)

    worked_off(bot)

    assert stored(bot).status == "open"
    assert lost.run not in stored(bot).evidence


@LOCALLY
def test_where_runs_come_to_no_evidence_it_ends_with_what_counted(bot: Bot) -> None:
    number = measured(bot)
    say(bot, "maintainer", number, ASK)
    while waiting := bot.services.checks.queued_runs():
        for lost in waiting:
            bot.services.checks.set_run_status(lost.run, RunStatus.LOST)
        bot.collect()

    assert stored(bot).status == "refused"
    (told,) = [body for body in bot.stage.bodies(number) if "highwater:promotion:" in body]
    assert "Too little evidence: `1 of 1` runs count" in told


@LOCALLY
def test_what_was_cancelled_is_not_started_again(bot: Bot) -> None:
    number = measured(bot)
    say(bot, "maintainer", number, ASK)

    say(bot, "writer", number, "/highwater cancel")
    bot.clock.pass_s(120)
    stalled.go_on(bot.services)

    assert stored(bot).status == "refused"
    assert bot.services.checks.running_checks() == ()
    (told,) = [body for body in bot.stage.bodies(number) if "highwater:promotion:" in body]
    assert "cancelled by `writer`" in told


def alternate_hardware(bot: Bot) -> None:
    """Let every second order be taken by a machine of another kind."""
    carry_out = bot._carry_out

    def elsewhere(order: RunOrder) -> None:
        carry_out(order)
        path = bot.services.place(RunId(order.run)).report
        report = msgspec.json.decode(path.read_bytes(), type=RunReport)
        hardware = msgspec.structs.replace(report.machine.hardware, model=str(len(bot.orders) % 2))
        machine = msgspec.structs.replace(report.machine, hardware=hardware)
        path.write_bytes(msgspec.json.encode(msgspec.structs.replace(report, machine=machine)))

    bot._carry_out = elsewhere  # type: ignore[method-assign]
