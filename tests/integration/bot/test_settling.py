"""Steps of the history are settled through the runners' nightly lane, one at a time."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from bot.reaper import Reaper
from bot.settling import DEADLINE, MAX_ATTEMPTS, Settler
from engine.settling import StepState
from engine.values import RunId
from tests.fakes.bot_stage import CONFIGURATION, FILES, SLOWER, Bot, bot
from tests.fakes.forge_stage import NAME, stage
from tests.fakes.histories import WIGGLE, point
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
    return commits


def remember(bot: Bot, commits: Sequence[str]) -> None:
    levels = [FASTER[number >= EACH] / 1000 for number in range(len(commits))]
    points = [
        point(number, level * (1 + WIGGLE[number % len(WIGGLE)]), commit=commits[number])
        for number, level in enumerate(levels)
    ]
    bot.services.history.store(NAME, points)


def waiting(bot: Bot) -> int:
    return len(bot.queue.waiting.get(NIGHTLY, []))


def test_a_step_is_ordered_between_its_commits_in_the_nightly_lane(bot: Bot) -> None:
    commits = history(bot, slower=False)

    Settler(bot.services).turn()

    (order,) = bot.queue.waiting[NIGHTLY]
    assert (order.base, order.head) == (commits[EACH - 1], commits[EACH])
    assert (order.cases, order.measuring_from) == (("parse",), order.base)
    assert bot.services.place(RunId(order.run)).bundle.exists()


def test_one_order_is_out_at_a_time_whoever_looks(bot: Bot) -> None:
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
    assert (waiting(bot), bot.services.settlings.out()) == (0, None)


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
    for _ in range(MAX_ATTEMPTS):
        settler.turn()
        bot.queue.waiting[NIGHTLY].clear()  # as if a runner had ended it, without a report
        settler.turn()
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
    out = bot.services.settlings.out()
    assert out is not None
    bot.services.place(out.run).report.write_bytes(b'{"forged": true}')
    settler.turn()
    assert bot.services.settlings.out() is None
    assert bot.services.settlings.attempts(NAME, out.hypothesis, out.bracket) == 1


def test_an_order_that_no_runner_takes_is_given_up_after_a_day(bot: Bot) -> None:
    history(bot, slower=False)
    settler = Settler(bot.services)
    settler.turn()
    bot.clock.pass_s(DEADLINE.total_seconds() + 1)
    settler.turn()
    assert (bot.services.settlings.out(), waiting(bot)) == (None, 0)


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
    out = bot.services.settlings.out()
    assert out is not None
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
    assert len(bot.queue.known) == 0


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
