"""Steps of the history are settled through the runners' nightly lane, one at a time a queue."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Connection, update

from bot.history_backlog import LOOK_AGAIN, Backlog
from bot.reaper import Reaper
from bot.settling import DEADLINE, MAX_ATTEMPTS, Settler
from bot.store.engine import writing
from bot.store.history_tables import SETTLINGS
from engine.settling import StepState
from engine.values import RepositoryName, RunId
from tests.fakes.bot_stage import CONFIGURATION, FILES, SLOWER, Bot, alive, bot
from tests.fakes.forge_stage import NAME, stage
from tests.fakes.histories import WIGGLE, hypothesis, point, settlement
from tests.fakes.valkey import Valkey, valkey
from tests.integration.bot.store.test_checks import check_record

__all__ = ["bot", "stage", "valkey"]

NIGHTLY = "hw:linux:nightly"
EACH = 18  # commits on either side of the step
FASTER = 10.0, 14.5  # levels of the case parse, in milliseconds


def history(bot: Bot, *, slower: bool) -> list[str]:
    """Make a history whose points step in its middle; the code does so only when *slower*."""
    disk = bot.stage.disk
    commits = [disk.commit("main", {"n.txt": str(number)}) for number in range(EACH)]
    commits.append(disk.commit("main", {"work.py": SLOWER if slower else FILES["work.py"] + "\n"}))
    commits += [disk.commit("main", {"n.txt": str(EACH + number)}) for number in range(EACH - 1)]
    remember(bot, commits)
    installation = bot.stage.repository.installation
    checked = check_record("c1", repository=NAME, installation=installation)
    bot.services.checks.open_check(checked, ())
    bot.services.checks.conclude(checked.id)
    alive(bot, "runner-1")
    return commits


def remember(bot: Bot, commits: Sequence[str]) -> None:
    levels = [FASTER[number >= EACH] / 1000 for number in range(len(commits))]
    points = [
        point(number, level * (1 + WIGGLE[number % len(WIGGLE)]), commit=commits[number])
        for number, level in enumerate(levels)
    ]
    bot.services.history.store(NAME, points)


@contextmanager
def open_at(bot: Bot) -> Iterator[Connection]:
    """Write to the bot's database as another version of it might."""
    with writing(bot.services.settlings._database) as connection:
        yield connection


def waiting(bot: Bot) -> int:
    return len(bot.queue.waiting.get(NIGHTLY, []))


def test_a_step_is_ordered_between_its_commits_in_the_nightly_lane(bot: Bot) -> None:
    commits = history(bot, slower=False)

    Settler(bot.services).turn()

    (order,) = bot.queue.waiting[NIGHTLY]
    assert (order.base, order.head) == (commits[EACH - 1], commits[EACH])
    assert (order.cases, order.measuring_from) == (("parse",), order.base)
    assert bot.services.place(RunId(order.run)).bundle.exists()


def test_one_order_is_out_at_a_time_on_a_queue_whoever_looks(bot: Bot) -> None:
    history(bot, slower=False)
    for _ in range(3):
        Settler(bot.services).turn()
    assert (waiting(bot), len(bot.queue.known)) == (1, 1)


def test_a_step_of_the_code_is_measured_and_confirmed(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    history(bot, slower=True)
    settler = Settler(bot.services)
    settler.turn()
    bot.measure()

    with caplog.at_level(logging.INFO):
        settler.turn()

    (found,) = bot.services.settlings.settlements(NAME)
    assert found.state is StepState.CONFIRMED
    assert found.low is not None
    assert found.low > 0.3
    assert "step_settled" in caplog.messages
    settler.turn()
    assert (waiting(bot), bot.services.settlings.out()) == (0, ())


def test_a_step_of_the_machine_is_refuted_by_both_brackets(bot: Bot) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    for _ in range(2):
        settler.turn()
        bot.measure()
        settler.turn()
    found = bot.services.settlings.settlements(NAME)
    assert [one.state for one in found] == [StepState.REFUTED, StepState.REFUTED]
    assert found[0].bracket != found[1].bracket
    settler.turn()
    assert waiting(bot) == 0


def test_a_lost_run_is_asked_for_anew_and_then_left_open(bot: Bot) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    settler.turn()
    for _ in range(MAX_ATTEMPTS):
        bot.queue.waiting[NIGHTLY].clear()  # as if a runner had ended it, without a report
        settler.turn()
    (found,) = bot.services.settlings.settlements(NAME)
    assert (found.state, found.change, len(bot.queue.known)) == (
        StepState.UNCLEAR,
        None,
        MAX_ATTEMPTS,
    )


def test_a_run_whose_runner_died_is_taken_back_and_asked_for_anew(bot: Bot, valkey: Valkey) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    settler.turn()
    first = bot.queue.waiting[NIGHTLY].pop()
    bot.queue.started[RunId(first.run)] = "dead"
    bot_jobs = Queue("bot", connection=valkey.client(), serializer=JSONSerializer)
    Reaper(bot.services, bot_jobs).sweep()
    for _ in range(2):
        settler.turn()
    (second,) = bot.queue.waiting[NIGHTLY]
    assert (second.base, second.head) == (first.base, first.head)
    assert second.run != first.run


def test_a_report_that_does_not_answer_the_order_is_a_loss(bot: Bot) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    settler.turn()
    (out,) = bot.services.settlings.out()
    record = bot.services.settlings.ordered(out.run)
    assert record is not None
    bot.services.place(out.run).report.write_bytes(b'{"forged": true}')
    settler.turn()
    assert bot.services.settlings.ordered(out.run) is None
    assert bot.services.settlings.attempts(NAME, record.hypotheses, record.bracket) == 1


def test_an_order_that_another_version_wrote_is_lost_and_another_is_made(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    settler.turn()
    (out,) = bot.services.settlings.out()
    with open_at(bot) as connection:
        strange = update(SETTLINGS).values(order_document=b'{"of": "another version"}')
        connection.execute(strange)
    settler.turn()
    (again,) = bot.services.settlings.out()
    assert again.run != out.run
    assert out.run in bot.queue.cancelled
    assert "report_refused" in caplog.messages


def test_answers_that_another_version_wrote_stop_one_repository_alone(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    history(bot, slower=False)
    bot.services.settlings.add(NAME, [hypothesis()], [settlement()], bot.clock.now())
    with open_at(bot) as connection:
        connection.execute(update(SETTLINGS).values(settlements=[{"of": "another version"}]))
    Settler(bot.services).turn()
    assert "history_not_watched" in caplog.messages
    assert waiting(bot) == 0


def test_a_commit_that_slows_many_cases_is_one_order_that_answers_all(bot: Bot) -> None:
    commits = history(bot, slower=True)
    more = [
        msgspec.structs.replace(one, case=case, metric=metric, run=f"{one.run}-2")
        for one in bot.services.history.points(NAME)
        for case, metric in (("price", "wall"), ("parse", "cpu"))
    ]
    bot.services.history.store(NAME, more)
    settler = Settler(bot.services)
    settler.turn()
    (order,) = bot.queue.waiting[NIGHTLY]
    assert (order.cases, order.head) == (("parse", "price"), commits[EACH])
    bot.measure()
    settler.turn()
    found = bot.services.settlings.settlements(NAME)
    assert [(one.case, one.metric, one.state.value) for one in found] == [
        ("parse", "cpu", "confirmed"),
        ("parse", "wall", "confirmed"),
        ("price", "wall", "refuted"),
    ]


def test_a_step_whose_tags_no_live_runner_has_waits_without_an_order_and_is_told_once(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    history(bot, slower=False)
    alive(bot, "runner-1", tags=("arm",))
    settler = Settler(bot.services)
    for _ in range(3):
        settler.turn()
    told = [one for one in caplog.records if one.getMessage() == "steps_wait_for_a_runner"]
    assert len(told) == 1
    assert vars(told[0])["problem"] == "no live runner has the tags linux"
    assert (len(bot.queue.known), bot.services.settlings.settlements(NAME)) == (0, ())
    alive(bot, "runner-2")
    settler.turn()
    assert waiting(bot) == 1


def test_each_queue_has_an_order_of_its_own_out(bot: Bot) -> None:
    history(bot, slower=False)
    on_arm = CONFIGURATION.partition("suites:\n")[2].replace("core:", "slim:")
    on_arm = on_arm.replace("[linux]", "[arm]")
    bot.stage.disk.commit("main", {".highwater.yml": CONFIGURATION + on_arm})
    of_slim = [
        msgspec.structs.replace(one, suite="slim", run=f"{one.run}-2")
        for one in bot.services.history.points(NAME)
    ]
    bot.services.history.store(NAME, of_slim)
    alive(bot, "runner-1", tags=("linux", "arm"))
    settler = Settler(bot.services)
    for _ in range(3):
        settler.turn()
    assert {queue: len(orders) for queue, orders in bot.queue.waiting.items()} == {
        NIGHTLY: 1,
        "hw:arm:nightly": 1,
    }


def test_repositories_take_turns(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    backlog = Backlog(bot.services)
    for name in map(RepositoryName, ("a/a", "b/b", "c/c")):  # none of which the forge knows
        bot.services.history.store(name, [point(0, 1.0, run=name)])
        installation = bot.stage.repository.installation
        checked = check_record(name[0], repository=name, installation=installation)
        bot.services.checks.open_check(checked, ())
    backlog.had_its_turn(RepositoryName("b/b"))
    assert list(backlog.in_turn()) == []
    looked = [vars(one)["repository"] for one in caplog.records if "repository" in vars(one)]
    assert looked == ["c/c", "a/a", "b/b"]


def test_what_another_suite_was_made_of_then_does_not_matter(bot: Bot) -> None:
    broken = (
        "  other:\n    kind: sweep\n    spec: sweep.yaml\n    budget: b.yaml\n"
        "    runs_on: [linux]\n"
    )
    bot.stage.disk.commit("main", {"sweep.yaml": "old: format\n"})
    history(bot, slower=False)
    bot.stage.disk.commit("main", {".highwater.yml": CONFIGURATION + broken})
    Settler(bot.services).turn()
    assert waiting(bot) == 1


def test_an_order_that_no_runner_takes_is_given_up_after_a_day(bot: Bot) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    settler.turn()
    bot.clock.pass_s(DEADLINE.total_seconds() + 1)
    settler.turn()
    (again,) = bot.services.settlings.out()  # in the same turn the question is asked anew
    assert (again.run.rpartition("-")[0][-1], waiting(bot)) == ("2", 1)


def test_an_order_that_the_queue_forgot_is_sent_again(bot: Bot) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    settler.turn()
    bot.queue.waiting.clear()
    bot.queue.known.clear()
    settler.turn()
    assert waiting(bot) == 1


def test_who_tidies_up_spares_the_files_of_an_order_that_waits(bot: Bot) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    settler.turn()
    (out,) = bot.services.settlings.out()
    directory = bot.services.place(out.run).directory
    stale = directory.stat().st_mtime - 10
    os.utime(directory, (stale, stale))
    settler.turn()
    assert directory.stat().st_mtime > stale + 5


def test_a_suite_that_is_not_declared_any_more_leaves_its_steps_open(bot: Bot) -> None:
    history(bot, slower=False)
    renamed = CONFIGURATION.replace("core:", "other:")
    bot.stage.disk.commit("main", {".highwater.yml": renamed})
    settler = Settler(bot.services)
    for _ in range(3):
        settler.turn()
    found = bot.services.settlings.settlements(NAME)
    assert {one.state for one in found} == {StepState.UNCLEAR}
    assert "has no benchmark suite 'core'" in str(found[0].problem)
    assert len(bot.queue.known) == 0


def test_a_suite_that_is_declared_again_has_its_steps_asked_again(bot: Bot) -> None:
    history(bot, slower=False)
    disk = bot.stage.disk
    disk.commit("main", {".highwater.yml": CONFIGURATION.replace("core:", "other:")})
    settler = Settler(bot.services)
    for _ in range(3):
        settler.turn()
    disk.commit("main", {".highwater.yml": CONFIGURATION})
    settler.turn()
    early = waiting(bot)
    bot.clock.pass_s(LOOK_AGAIN.total_seconds() + 1)
    settler.turn()
    assert (early, waiting(bot)) == (0, 1)


def test_a_history_without_a_step_is_looked_at_once_until_it_grows(bot: Bot) -> None:
    commits = history(bot, slower=False)
    flat = [point(number, 1.0, commit=commit) for number, commit in enumerate(commits)]
    bot.services.history.store(NAME, flat)
    settler = Settler(bot.services)
    settler.turn()
    remember(bot, commits)  # the same runs: nothing was added
    settler.turn()
    before = len(bot.queue.known)
    bot.services.history.store(NAME, [point(99, 0.01, commit=commits[0])])
    settler.turn()
    assert (before, len(bot.queue.known)) == (0, 1)
