"""A wish for some suites: the check that people require stands for all of them even so."""

from __future__ import annotations

import pytest

from bot.commands.command import Command
from bot.overrides import accept
from bot.ports import CheckRun, Conclusion
from bot.store.deliveries import Delivery
from engine.commands import Verb
from engine.errors import TransientError, UserError
from engine.values import DeliveryId
from tests.fakes.bot_stage import FILES, SLOWER, Bot, bot, head_of
from tests.fakes.commands import a_pull_request, say
from tests.fakes.forge_stage import stage
from tests.fakes.scripted import scripted

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SLOW = {"parse": 1.45, "price": 1.0}
CORE = FILES[".highwater.yml"].partition("suites:\n")[2]
OTHER = CORE.replace("core:", "other:").replace("[linux]", "[linux, arm]")
TWO = FILES[".highwater.yml"] + OTHER
UNTOUCHED = TWO.replace(OTHER, OTHER.replace('["work.py", "bench.py"]', '["docs/"]'))


def red(bot: Bot, configuration: str) -> int:
    """Open a pull request that slows down whatever is measured of it."""
    bot.stage.disk.commit("main", {".highwater.yml": configuration})
    scripted(bot, {"runner-1": SLOW})
    number = a_pull_request(bot, work=SLOWER)
    bot.work_off()
    return number


def roll_up(bot: Bot) -> CheckRun:
    return bot.runs_of(head_of(bot, "change"))["highwater"]


def suites(bot: Bot) -> list[str]:
    return [order.suite_name for order in bot.orders]


def accepting(bot: Bot, number: int, delivery: str = "d-accept") -> Command:
    return Command(
        delivery=DeliveryId(delivery),
        line=0,
        repository=bot.stage.repository,
        number=number,
        comment=1,
        author="maintainer",
        verb=Verb.ACCEPT,
        arguments={"case": "core::parse", "reason": "the model is worth it"},
    )


def test_a_tag_that_nothing_of_the_change_has_turns_no_red_check_to_skipped(bot: Bot) -> None:
    number = red(bot, UNTOUCHED)
    assert suites(bot) == ["core"]

    say(bot, "triager", number, "/highwater run tag=arm")
    bot.work_off()

    assert roll_up(bot).conclusion is Conclusion.FAILURE


def test_a_check_that_could_not_begin_stands_for_no_suite(bot: Bot) -> None:
    number = red(bot, "version: 1\nsuites: [broken]\n")
    assert roll_up(bot).conclusion is Conclusion.ACTION_REQUIRED
    bot.stage.disk.commit("main", {".highwater.yml": TWO})

    say(bot, "triager", number, "/highwater run suite=core")
    bot.work_off()

    assert sorted(suites(bot)) == ["core", "other"]


def test_a_suite_that_was_declared_meanwhile_is_measured_beside_the_wished_one(bot: Bot) -> None:
    number = red(bot, FILES[".highwater.yml"])
    bot.stage.disk.commit("main", {".highwater.yml": TWO})

    say(bot, "triager", number, "/highwater run suite=core")
    bot.work_off()

    assert sorted(suites(bot)) == ["core", "core", "other"]


def test_an_accept_waits_for_a_check_of_some_suites_that_is_being_concluded(bot: Bot) -> None:
    number = red(bot, TWO)
    say(bot, "triager", number, "/highwater run suite=other")
    (running,) = bot.services.checks.running_checks()
    assert bot.services.checks.claim(running.id, bot.clock.now(), 30.0)

    with pytest.raises(TransientError, match="being concluded"):
        accept(bot.services, accepting(bot, number))


def test_what_some_suites_were_measured_anew_for_is_not_accepted_unseen(bot: Bot) -> None:
    number = red(bot, TWO)
    say(bot, "triager", number, "/highwater run suite=core")
    held = Delivery(id=DeliveryId("d-held-up"), event="issue_comment", body=b"{}")
    bot.services.deliveries.add(held, bot.clock.now())
    bot.clock.pass_s(60)
    bot.work_off()

    with pytest.raises(UserError, match="came after the command"):
        accept(bot.services, accepting(bot, number, "d-held-up"))


def test_a_re_run_of_a_check_against_another_branch_is_against_that_branch(bot: Bot) -> None:
    bot.stage.disk.commit("old", {"README.md": "Words.\n"}, onto="main")
    number = red(bot, FILES[".highwater.yml"])
    say(bot, "triager", number, "/highwater run base=old")
    bot.work_off()
    beside = next(run for name, run in bot.runs_of(head_of(bot, "change")).items() if "old" in name)

    check_run = bot.stage.forge.put_check_run(bot.stage.repository, beside)
    bot.post(bot.stage.rerequest(check_run))
    bot.handle()

    (running,) = bot.services.checks.running_checks()
    assert (running.aside, running.ref) == (True, "old")


def test_a_re_run_against_a_branch_that_is_gone_names_it(bot: Bot) -> None:
    bot.stage.disk.commit("old", {"README.md": "Words.\n"}, onto="main")
    number = red(bot, FILES[".highwater.yml"])
    say(bot, "triager", number, "/highwater run base=old")
    bot.work_off()
    head = head_of(bot, "change")
    beside = next(run for name, run in bot.runs_of(head).items() if "old" in name)
    check_run = bot.stage.forge.put_check_run(bot.stage.repository, beside)

    bot.stage.disk.delete("old")
    bot.post(bot.stage.rerequest(check_run))
    bot.handle()

    told = [run for run in bot.runs_of(head).values() if "old" in run.summary]
    assert [run.conclusion for run in told] == [Conclusion.ACTION_REQUIRED]
    assert bot.services.checks.running_checks() == ()
