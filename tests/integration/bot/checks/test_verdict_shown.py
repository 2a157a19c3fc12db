"""What a verdict leaves on the forge beside its words: buttons, labels, one comment in order."""

from __future__ import annotations

import msgspec
import pytest

from bot.checks.claim import claimed
from bot.checks.conclude import end_without_verdict, publish
from bot.checks.labels import REGRESSION
from bot.checks.rejudge import rejudge
from bot.checks.results import verdict_of
from bot.ledger import ledger_path
from bot.ports import Conclusion
from bot.store.checks import CheckRecord
from bot.store.ledger_file import read_lines
from engine.audit.expectation import Expectation
from engine.audit.verify import examine
from engine.configuration import Policy
from engine.errors import TransientError
from engine.reports import notices
from engine.values import CheckId
from tests.fakes.bot_stage import FILES, SLOWER, Bot, bot, head_of, opened
from tests.fakes.forge_stage import stage
from tests.fakes.overlaid import away, overlay
from tests.fakes.scripted import scripted

__all__ = ["bot", "stage"]

SUITE = "highwater / core (linux)"
SLOW = {"parse": 1.45, "price": 1.0}
SAME = {"parse": 1.0, "price": 1.0}
LOCAL = pytest.mark.parametrize("stage", ["local"], indirect=True)


def measured(bot: Bot, effects: dict[str, float], branch: str = "slower") -> int:
    scripted(bot, {"runner-1": effects})
    number = opened(bot, branch, {"work.py": SLOWER})
    bot.work_off()
    return number


def check_of(bot: Bot, branch: str = "slower") -> CheckRecord:
    shown = bot.runs_of(head_of(bot, branch))["highwater"]
    check = bot.services.checks.check(CheckId(shown.external_id))
    assert check is not None
    return check


def buttons(bot: Bot, name: str) -> list[str]:
    return [one.identifier for one in bot.runs_of(head_of(bot, "slower"))[name].actions]


def test_red_rows_may_be_accepted_and_anything_measured_again(bot: Bot) -> None:
    measured(bot, SLOW)
    for name in ("highwater", SUITE):
        assert buttons(bot, name) == ["rerun", "accept"]


@LOCAL
def test_a_green_check_run_offers_a_re_run_alone(bot: Bot) -> None:
    measured(bot, SAME)
    assert (buttons(bot, "highwater"), buttons(bot, SUITE)) == (["rerun"], ["rerun"])


@LOCAL
def test_more_pairs_are_offered_where_rows_are_undecided(bot: Bot) -> None:
    measured(bot, {"parse": 1.10, "price": 1.0})  # the budget itself
    assert bot.runs_of(head_of(bot, "slower"))[SUITE].conclusion is Conclusion.NEUTRAL
    assert (buttons(bot, SUITE), buttons(bot, "highwater")) == (["rerun", "more"],) * 2


@LOCAL
def test_a_check_run_that_has_not_ended_has_no_buttons(bot: Bot) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    assert (buttons(bot, "highwater"), buttons(bot, SUITE)) == ([], [])


def test_a_red_pull_request_is_labelled_until_it_is_green(bot: Bot) -> None:
    number = measured(bot, SLOW)
    assert bot.stage.labels(number) == [REGRESSION]

    bot.stage.disk.commit("slower", {"work.py": FILES["work.py"] + "# mended\n"})
    scripted(bot, {"runner-1": SAME})
    bot.post(bot.stage.push(bot.stage.announce(number)))
    bot.work_off()

    assert bot.stage.labels(number) == []


@LOCAL
def test_other_labels_stay_as_they_are(bot: Bot) -> None:
    number = opened(bot, "slower", {"work.py": SLOWER})
    bot.stage.label(number, "wip", "ann")
    scripted(bot, {"runner-1": SLOW})
    bot.work_off()
    assert bot.stage.labels(number) == [REGRESSION, "wip"]


@LOCAL
@pytest.mark.parametrize(
    "policy,expected",
    [("neutral", Conclusion.NEUTRAL), ("failure", Conclusion.FAILURE)],
)
def test_a_check_that_could_not_be_measured_ends_as_the_policy_says(
    bot: Bot, policy: str, expected: Conclusion
) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    with claimed(bot.services, check_of(bot).id) as mine:
        assert mine is not None
        strict = msgspec.convert({"inconclusive": policy}, Policy)
        check = msgspec.structs.replace(mine, policy=strict)
        end_without_verdict(bot.services, check, notices.internal_error("x"))
    shown = bot.runs_of(head_of(bot, "slower"))
    assert {run.conclusion for run in shown.values()} == {expected}
    assert buttons(bot, SUITE) == ["rerun"]


@LOCAL
def test_an_older_verdict_that_is_published_late_does_not_take_the_comment_back(bot: Bot) -> None:
    number = measured(bot, SLOW)
    older = check_of(bot)
    anew = rejudge(bot.services, older, "again", "ann")
    (newest,) = bot.stage.bodies(number)
    assert anew.id in newest

    publish(bot.services, older, verdict_of(bot.services.checks, older))

    assert bot.stage.bodies(number) == [newest]


@LOCAL
def test_while_somebody_else_writes_to_the_conversation_the_verdict_waits(bot: Bot) -> None:
    scripted(bot, {"runner-1": SLOW})
    number = opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    bot.measure()
    name, leases = bot.stage.repository.name, bot.services.pr_leases
    assert leases.take(name, number, "another check", bot.clock.now())
    bot.collect()
    assert bot.stage.bodies(number) == []

    leases.release(name, number, "another check")
    bot.clock.pass_s(5)
    bot.collect()

    assert len(bot.stage.bodies(number)) == 1
    assert leases.take(name, number, "a third", bot.clock.now())  # it was given back


@LOCAL
def test_a_rejudged_check_that_a_process_died_over_is_concluded(bot: Bot) -> None:
    measured(bot, SLOW)
    older = check_of(bot)
    put_back = overlay(bot, "forge", put_check_run=away)
    with pytest.raises(TransientError):
        rejudge(bot.services, older, "again", "ann")
    put_back()
    (waiting,) = bot.services.checks.running_checks()
    bot.clock.pass_s(5)

    bot.collect()

    assert bot.services.checks.running_checks() == ()
    assert check_of(bot).id == waiting.id


def held_up(bot: Bot, older: CheckRecord, cause: str) -> None:
    """Begin to judge a check anew while the forge is away."""
    put_back = overlay(bot, "forge", put_check_run=away)
    with pytest.raises(TransientError):
        rejudge(bot.services, older, cause, "ann")
    put_back()


@LOCAL
def test_an_older_verdict_that_was_held_up_does_not_come_over_a_newer_one(bot: Bot) -> None:
    measured(bot, SLOW)
    older = check_of(bot)
    held_up(bot, older, "first")
    newest = rejudge(bot.services, older, "second", "bob")
    bot.clock.pass_s(5)

    bot.collect()

    assert check_of(bot).id == newest.id
    assert bot.services.checks.running_checks() == ()
    path = ledger_path(bot.services.state_dir)
    found = examine(read_lines(path), Expectation(head=bot.services.ledger_heads.head(str(path))))
    assert (found.flaws, found.open_intents) == ((), ())


@LOCAL
def test_a_re_run_is_not_hidden_by_the_end_of_a_check_that_only_judges_anew(bot: Bot) -> None:
    measured(bot, SLOW)
    shown = bot.runs_of(head_of(bot, "slower"))["highwater"]
    held_up(bot, check_of(bot), "first")

    bot.post(bot.stage.rerequest(bot.stage.forge.put_check_run(bot.stage.repository, shown)))
    bot.handle()

    assert bot.runs_of(head_of(bot, "slower"))["highwater"].status == "queued"
    (running,) = bot.services.checks.running_checks()
    assert bot.services.checks.runs(running.id) != ()


@LOCAL
def test_a_red_check_stays_red_where_judging_it_anew_is_given_up(bot: Bot) -> None:
    measured(bot, SLOW)
    held_up(bot, check_of(bot), "first")
    (anew,) = bot.services.checks.running_checks()

    end_without_verdict(bot.services, anew, notices.internal_error("x"))

    shown = bot.runs_of(head_of(bot, "slower"))
    assert {run.conclusion for run in shown.values()} == {Conclusion.FAILURE}
    assert bot.services.checks.running_checks() == ()


@LOCAL
def test_an_older_verdict_that_is_published_late_does_not_take_the_label_back(bot: Bot) -> None:
    number = measured(bot, SLOW)
    older = check_of(bot)
    rejudge(bot.services, older, "again", "ann")
    bot.stage.forge.set_label(bot.stage.repository, number, REGRESSION, present=False)

    publish(bot.services, older, verdict_of(bot.services.checks, older))

    assert bot.stage.labels(number) == []
