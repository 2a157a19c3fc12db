"""One repository's story from its first red check to a drift that the night finds."""

from __future__ import annotations

from bot.local.deliver import Webhook
from bot.ports import CheckRun, Conclusion, Role
from tests.fakes.bot_stage import SLOWER, Bot, head_of, opened
from tests.fakes.commands import give_roles, replies, say
from tests.fakes.nights import declared, merged, night
from tests.fakes.promotions import (
    ASK,
    FASTER,
    announced,
    baseline_files,
    proposal,
    roll_up,
    stored,
    worked_off,
)

TURNED_RED = "<!-- highwater:turned-red:"
VERDICT = "<!-- highwater:verdict -->"


def test_a_repository_lives_from_red_to_a_promoted_baseline_and_a_drift(bot: Bot) -> None:
    people(bot)
    declared(bot)

    red_then_superseded_then_green(bot)
    improvement = an_improvement(bot)
    a_writer_may_not_promote(bot, improvement)
    a_maintainer_promotes_and_a_second_person_approves(bot, improvement)
    the_next_pull_request_is_judged_against_what_was_accepted(bot)
    the_night_finds_twelve_small_losses(bot)


def people(bot: Bot) -> None:
    give_roles(bot)
    bot.stage.set_role("second", Role.WRITE)


def red_then_superseded_then_green(bot: Bot) -> None:
    green_first = {"work.py": "CASES = {'parse': 10.0, 'price': 5.0}\n# tidied\n"}
    number = opened(bot, "change", green_first)
    bot.work_off()
    assert check(bot, "change").conclusion is Conclusion.SUCCESS

    slow = pushed(bot, number, "change", {"work.py": SLOWER})
    bot.work_off()
    assert check(bot, slow).conclusion is Conclusion.FAILURE
    assert bot.stage.labels(number) == ["highwater:regression"]
    assert [VERDICT in body for body in bot.stage.bodies(number)].count(True) == 1
    assert extra_comments(bot, number) == 1

    half = pushed(bot, number, "change", {"work.py": SLOWER + "# half a fix\n"})
    bot.handle()
    fixed = pushed(bot, number, "change", {"work.py": green_first["work.py"] + "# fixed\n"})
    bot.work_off()
    assert check(bot, half).conclusion is Conclusion.CANCELLED
    assert check(bot, fixed).conclusion is Conclusion.SUCCESS
    assert bot.stage.labels(number) == []
    assert extra_comments(bot, number) == 1
    assert len(bot.stage.bodies(number)) == 2


def an_improvement(bot: Bot) -> int:
    number = opened(bot, "faster", {"work.py": FASTER})
    bot.work_off()
    assert check(bot, "faster").conclusion is Conclusion.SUCCESS
    return number


def a_writer_may_not_promote(bot: Bot, number: int) -> None:
    say(bot, "writer", number, ASK)
    (refusal,) = replies(bot, number)
    assert "maintain" in refusal
    assert bot.services.promotions.promotion(bot.stage.repository.name, "core", "linux") is None


def a_maintainer_promotes_and_a_second_person_approves(bot: Bot, number: int) -> None:
    say(bot, "maintainer", number, ASK)
    worked_off(bot)
    announced(bot)
    assert roll_up(bot).title == f"Merge after #{number}"
    merge(bot, number)
    promotion = proposal(bot).number
    assert roll_up(bot).conclusion is Conclusion.ACTION_REQUIRED

    post(bot, bot.stage.review(promotion, "second", "approved"))
    assert roll_up(bot).conclusion is Conclusion.SUCCESS
    merge(bot, promotion)
    assert stored(bot).status == "merged"
    assert baseline_files(bot, head_of(bot, "main"))


def the_next_pull_request_is_judged_against_what_was_accepted(bot: Bot) -> None:
    number = opened(bot, "back-again", {"work.py": "CASES = {'parse': 10.0, 'price': 5.0}\n"})
    bot.work_off()
    assert check(bot, "back-again").conclusion is Conclusion.FAILURE
    bot.post(bot.stage.close(number))
    bot.handle()


def the_night_finds_twelve_small_losses(bot: Bot) -> None:
    for number in range(101, 113):
        merged(bot, number, 6.0 * 1.01 ** (number - 100))

    assert night(bot) == 1

    (issue,) = bot.stage.issues()
    assert "parse (wall) +12." in issue.title
    assert issue.open
    assert all(f"PR {number}" in issue.body for number in range(101, 113))


def check(bot: Bot, head: str) -> CheckRun:
    commit = head if len(head) == 40 else head_of(bot, head)
    return bot.runs_of(commit)["highwater"]


def pushed(bot: Bot, number: int, branch: str, files: dict[str, str]) -> str:
    commit = bot.stage.disk.commit(branch, files)
    name = bot.stage.repository.name.encode()
    post(bot, bot.stage.push(Webhook(event="pull_request", body=name, pull_request=number)), False)
    return commit


def post(bot: Bot, webhook: Webhook, handled: bool = True) -> None:
    bot.clock.pass_s(1)
    assert bot.post(webhook) == 202
    if handled:
        bot.handle()


def merge(bot: Bot, number: int) -> None:
    for webhook in bot.stage.merge(number, "maintainer"):
        post(bot, webhook)
    bot.work_off()


def extra_comments(bot: Bot, number: int) -> int:
    return sum(TURNED_RED in body for body in bot.stage.bodies(number))
