"""Checks that end before their verdict: cancelled by people, closed, or out of reach."""

from __future__ import annotations

import pytest

from bot.checks.cancel import cancel_check, end_of_closed, end_of_repository
from bot.checks.claim import claimed
from bot.ports import Conclusion
from bot.store.checks import CheckRecord, CheckStatus
from engine.errors import TransientError
from engine.values import RunId
from tests.fakes.bot_stage import SLOWER, Bot, bot, head_of, opened
from tests.fakes.forge_stage import stage
from tests.fakes.overlaid import away, overlay
from tests.fakes.scripted import scripted

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SUITE = "highwater / core (linux)"


def running(bot: Bot) -> CheckRecord:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    (check,) = bot.services.checks.running_checks()
    return check


def shown(bot: Bot) -> dict[str, tuple[str, Conclusion | None]]:
    runs = bot.runs_of(head_of(bot, "slower"))
    return {name: (run.title, run.conclusion) for name, run in runs.items()}


def test_a_cancelled_check_says_by_whom_and_frees_its_runner(bot: Bot) -> None:
    check = running(bot)
    run = RunId(f"{check.id}-1")
    assert bot.queue.take(["linux"], "runner-1") is not None

    cancel_check(bot.services, check, "ann")

    said = ("Cancelled by ann", Conclusion.CANCELLED)
    assert shown(bot) == {"highwater": said, SUITE: said}
    assert (run in bot.queue.cancelled, bot.queue.started) == (True, {})
    ended = bot.services.checks.check(check.id)
    assert ended is not None
    assert (ended.status, ended.ended_by) == (CheckStatus.SUPERSEDED, "ann")
    assert [one.identifier for one in bot.runs_of(check.head)["highwater"].actions] == ["rerun"]


def test_the_runner_is_free_though_somebody_works_on_the_check(bot: Bot) -> None:
    check = running(bot)
    with claimed(bot.services, check.id):
        with pytest.raises(TransientError):
            cancel_check(bot.services, check, "ann")
        assert bot.queue.waiting["hw:linux:pr"] == []

    bot.collect()  # whoever comes next ends it

    assert shown(bot)["highwater"] == ("Cancelled by ann", Conclusion.CANCELLED)


def test_cancelling_a_check_that_has_its_verdict_changes_nothing(bot: Bot) -> None:
    scripted(bot, {"runner-1": {"parse": 1.45, "price": 1.0}})
    check = running(bot)
    bot.work_off()
    before = shown(bot)
    cancel_check(bot.services, check, "ann")
    assert shown(bot) == before
    assert before["highwater"][1] is Conclusion.FAILURE


def test_the_check_of_a_closed_pull_request_ends(bot: Bot) -> None:
    check = running(bot)
    bot.stage.close(check.pull_request or 0)
    end_of_closed(bot.services, bot.stage.repository, check.pull_request or 0)
    assert shown(bot)[SUITE] == ("Cancelled: the pull request was closed", Conclusion.CANCELLED)
    assert bot.services.checks.running_checks() == ()


def test_the_check_of_a_pull_request_that_was_reopened_goes_on(bot: Bot) -> None:
    check = running(bot)
    end_of_closed(bot.services, bot.stage.repository, check.pull_request or 0)
    assert bot.services.checks.running_checks() == (check,)
    assert bot.queue.cancelled == set()


def test_a_repository_out_of_reach_is_let_go_of_without_asking_the_forge(bot: Bot) -> None:
    check = running(bot)
    overlay(bot, "forge", put_check_run=away, pull_request=away, tip=away)
    end_of_repository(bot.services, check.repository)
    assert bot.services.checks.running_checks() == ()
    assert RunId(f"{check.id}-1") in bot.queue.cancelled
