"""Commands that measure: on GitHub's fake over HTTP and on the local forge."""

from __future__ import annotations

from bot.ports import Conclusion
from engine.values import CommitSha, RepositoryName
from tests.fakes.bot_stage import FILES, SLOWER, Bot, head_of
from tests.fakes.commands import a_pull_request, give_roles, replies, say

NAME = RepositoryName("quant/research")
SUITE = "highwater / core (linux)"
OTHER = "highwater / other (linux)"
TWO = FILES[".highwater.yml"] + FILES[".highwater.yml"].partition("suites:\n")[2].replace(
    "core:", "other:"
)
ON_COMMAND = TWO.replace("kind: benchmark", "when: [command]\n    kind: benchmark", 2).replace(
    "when: [command]\n    kind", "kind", 1
)
# Between two launches it differs by far more than the budget: nothing can be told of it.
NOISY = {
    ".highwater.yml": TWO.replace("other:", "noisy:")
    .replace('"bench.py", "{out}"]', '"noisy.py", "{out}"]')
    .replace('"noisy.py", "{out}"]', '"bench.py", "{out}"]', 1),
    "noisy.py": FILES["bench.py"]
    .replace("launches = [", "drift = random.uniform(0.5, 2.0)\nlaunches = [")
    .replace("[cost * ", "[cost * drift * "),
}


def test_run_measures_the_head_anew_and_supersedes_the_running_check(bot: Bot) -> None:
    number = a_pull_request(bot)

    say(bot, "triager", number, "/highwater run")
    bot.work_off()

    first, second = bot.services.checks.checks_of_head(NAME, number, _head(bot))
    assert (first.status, second.status) == ("superseded", "concluded")
    assert second.requested_by == "triager"
    assert bot.runs_of(_head(bot))["highwater"].conclusion is Conclusion.SUCCESS
    assert replies(bot, number) == []


def test_run_of_one_suite_keeps_what_was_found_of_the_others(bot: Bot) -> None:
    bot.stage.disk.commit("main", {".highwater.yml": TWO})
    number = a_pull_request(bot, work=SLOWER)
    bot.work_off()
    assert len(bot.orders) == 2

    say(bot, "triager", number, "/highwater run suite=other")
    bot.work_off()

    assert [order.suite_name for order in bot.orders[2:]] == ["other"]
    runs = bot.runs_of(_head(bot))
    assert runs["highwater"].conclusion is Conclusion.FAILURE
    assert {SUITE, OTHER} <= set(runs)
    document = _last_document(bot, number)
    assert b'"core"' in document
    assert b'"other"' in document


def test_run_of_one_suite_measures_all_where_nothing_stands_for_the_others(bot: Bot) -> None:
    bot.stage.disk.commit("main", {".highwater.yml": TWO})
    number = a_pull_request(bot)

    say(bot, "triager", number, "/highwater run suite=other")
    bot.work_off()

    assert sorted(order.suite_name for order in bot.orders) == ["core", "other"]
    assert bot.runs_of(_head(bot))["highwater"].conclusion is Conclusion.SUCCESS


def test_more_goes_on_with_the_suite_that_has_undecided_rows(bot: Bot) -> None:
    bot.stage.disk.commit("main", NOISY)
    number = a_pull_request(bot, work=FILES["work.py"].replace("10.0", "10.4"))
    bot.work_off()
    assert bot.runs_of(_head(bot))["highwater"].conclusion is Conclusion.NEUTRAL

    say(bot, "triager", number, "/highwater more")
    bot.work_off()

    assert [order.suite_name for order in bot.orders] == ["core", "noisy", "noisy"]
    assert bot.orders[-1].earlier != ()
    assert b'"core"' in _last_document(bot, number)


def test_a_suite_on_command_runs_on_command_alone(bot: Bot) -> None:
    bot.stage.disk.commit("main", {".highwater.yml": ON_COMMAND})
    number = a_pull_request(bot)
    bot.work_off()
    assert [order.suite_name for order in bot.orders] == ["core"]

    say(bot, "triager", number, "/highwater run suite=other")
    bot.work_off()

    assert [order.suite_name for order in bot.orders[1:]] == ["other"]
    assert bot.runs_of(_head(bot))[OTHER].conclusion is Conclusion.SUCCESS


def test_run_with_pairs_measures_in_so_many(bot: Bot) -> None:
    number = a_pull_request(bot)

    say(bot, "triager", number, "/highwater run pairs=7")
    bot.measure()

    assert [order.suite.measure.max_pairs for order in bot.orders] == [7]


def test_run_against_another_branch_only_informs(bot: Bot) -> None:
    bot.stage.disk.commit("slow-base", {"work.py": SLOWER}, onto="main")
    slow_base = head_of(bot, "slow-base")
    bot.stage.disk.commit("change", {"work.py": SLOWER + "# same\n"}, onto="slow-base")
    give_roles(bot)
    webhook = bot.stage.open_pull_request("change", "main", "Change")
    bot.post(webhook)
    bot.work_off()
    number = webhook.pull_request or 0
    assert bot.runs_of(_head(bot))["highwater"].conclusion is Conclusion.FAILURE
    comments = bot.stage.bodies(number)

    said = say(bot, "triager", number, "/highwater run base=slow-base")
    bot.work_off()

    assert bot.stage.reactions(said) == ["eyes"]
    runs = bot.runs_of(_head(bot))
    assert runs["highwater"].conclusion is Conclusion.FAILURE
    assert runs["highwater / against slow-base"].conclusion is Conclusion.SUCCESS
    assert runs[f"{SUITE} against slow-base"].conclusion is Conclusion.SUCCESS
    assert bot.orders[-1].base == slow_base
    assert [body for body in bot.stage.bodies(number) if body.startswith("<!--")] == comments


def test_a_base_that_is_no_branch_of_the_repository_is_refused(bot: Bot) -> None:
    number = a_pull_request(bot)
    fork_head = "1" * 40

    say(bot, "triager", number, f"/highwater run base={fork_head}")

    (reply,) = replies(bot, number)
    assert "is not there" in reply
    assert len(bot.services.checks.checks_of_head(NAME, number, _head(bot))) == 1


def test_more_says_when_nothing_is_undecided(bot: Bot) -> None:
    number = a_pull_request(bot)
    bot.work_off()

    say(bot, "triager", number, "/highwater more")

    (reply,) = replies(bot, number)
    assert "no row of the last check is undecided" in reply
    assert len(bot.services.checks.checks_of_head(NAME, number, _head(bot))) == 1


def _head(bot: Bot) -> CommitSha:
    return CommitSha(head_of(bot, "change"))


def _last_document(bot: Bot, number: int) -> bytes:
    last = bot.services.checks.checks_of_head(NAME, number, _head(bot))[-1]
    verdict = bot.services.checks.verdict(last.id)
    assert verdict is not None
    return verdict.document


def test_accept_by_a_maintainers_comment_turns_the_check_green(bot: Bot) -> None:
    number = a_pull_request(bot, work=SLOWER)
    bot.work_off()
    assert bot.runs_of(_head(bot))["highwater"].conclusion is Conclusion.FAILURE

    said = say(bot, "maintainer", number, '/highwater accept core::parse reason="worth it"')

    assert bot.stage.reactions(said) == ["eyes"]
    assert bot.runs_of(_head(bot))["highwater"].conclusion is Conclusion.SUCCESS
    assert len(replies(bot, number)) == 1


def test_the_button_accept_turns_the_check_green(bot: Bot) -> None:
    number = a_pull_request(bot, work=SLOWER)
    bot.work_off()
    check_run = _id_of(bot, SUITE)

    bot.clock.pass_s(1)
    bot.post(bot.stage.press(check_run, "accept", "maintainer"))
    bot.handle()

    assert bot.runs_of(_head(bot))["highwater"].conclusion is Conclusion.SUCCESS
    assert "accepted by button" in bot.stage.bodies(number)[0]


def test_a_promotion_is_answered_with_what_is_still_to_be_measured(bot: Bot) -> None:
    number = a_pull_request(bot)
    bot.work_off()

    said = say(bot, "maintainer", number, '/promote-baseline suite=core reason="the new normal"')

    assert bot.stage.reactions(said) == ["eyes"]
    assert len(replies(bot, number)) == 1
    assert bot.services.promotions.of_source(NAME, number) != ()


def _id_of(bot: Bot, name: str) -> int:
    """Put the state again that a check run has, which changes nothing; gives its id."""
    return bot.stage.forge.put_check_run(bot.stage.repository, bot.runs_of(_head(bot))[name])
