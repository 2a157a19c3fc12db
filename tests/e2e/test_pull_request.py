"""A signed webhook in, comment text out: on GitHub's fake over HTTP and on the local forge."""

from __future__ import annotations

from bot.ports import Conclusion
from tests.fakes.bot_stage import FILES, SLOWER, Bot, head_of, opened
from tests.fakes.forge_stage import MARKER

FASTER = "CASES = {'parse': 7.0, 'price': 5.0}\n"
SUITE = "highwater / core (linux)"


def test_a_slower_head_ends_in_a_red_check_a_comment_and_an_annotation(bot: Bot) -> None:
    number = opened(bot, "slower", {"work.py": SLOWER})

    bot.work_off()

    runs = bot.runs_of(head_of(bot, "slower"))
    assert runs["highwater"].conclusion is Conclusion.FAILURE
    assert runs[SUITE].conclusion is Conclusion.FAILURE
    (body,) = bot.stage.bodies(number)
    assert body.startswith(MARKER)
    assert "parse" in body.splitlines()[1]
    failures = [one for one in runs[SUITE].annotations if one.level == "failure"]
    assert [(one.path, one.line) for one in failures] == [(".highwater.yml", 10)]


def test_an_unchanged_head_is_green_and_gets_no_comment(bot: Bot) -> None:
    number = opened(bot, "same", {"work.py": "# a comment\n" + FILES["work.py"]})

    bot.work_off()

    runs = bot.runs_of(head_of(bot, "same"))
    assert runs["highwater"].conclusion is Conclusion.SUCCESS
    assert bot.stage.bodies(number) == []


def test_a_change_of_docs_alone_is_skipped_without_measuring_or_comment(bot: Bot) -> None:
    number = opened(bot, "docs", {"README.md": "Better words.\n"})

    bot.work_off()

    runs = bot.runs_of(head_of(bot, "docs"))
    assert runs["highwater"].conclusion is Conclusion.SKIPPED
    assert runs[SUITE].conclusion is Conclusion.SKIPPED
    assert bot.orders == []
    assert bot.stage.bodies(number) == []


def test_a_faster_head_is_an_improvement_and_green(bot: Bot) -> None:
    number = opened(bot, "faster", {"work.py": FASTER})

    bot.work_off()

    assert bot.runs_of(head_of(bot, "faster"))["highwater"].conclusion is Conclusion.SUCCESS
    (body,) = bot.stage.bodies(number)
    assert "less time" in body


def test_a_pull_request_cannot_loosen_its_own_budget(bot: Bot) -> None:
    loose = FILES[".highwater.yml"].replace("0.10", "5.0")
    opened(bot, "loose", {"work.py": SLOWER, ".highwater.yml": loose})

    bot.work_off()

    assert bot.runs_of(head_of(bot, "loose"))["highwater"].conclusion is Conclusion.FAILURE


def test_a_pull_request_cannot_change_how_it_is_measured(bot: Bot) -> None:
    cheating = FILES["bench.py"].replace("cost *", "10.0 *")
    number = opened(bot, "cheat", {"work.py": SLOWER, "bench.py": cheating})

    bot.work_off()

    shown = bot.runs_of(head_of(bot, "cheat"))["highwater"]
    assert shown.conclusion is Conclusion.ACTION_REQUIRED
    (body,) = bot.stage.bodies(number)
    assert "measuring files" in body or "files that measure" in body


def test_a_new_push_supersedes_the_older_check_and_frees_its_runner(bot: Bot) -> None:
    bot.stage.disk.commit("feature-2", {"work.py": SLOWER}, onto="main")
    webhook = bot.stage.open_pull_request("feature-2", "main", "Change")
    bot.post(webhook)
    bot.handle()
    first = head_of(bot, "feature-2")
    taken = bot.queue.take(["linux"], "runner-1")
    assert taken is not None

    bot.stage.disk.commit("feature-2", {"work.py": FILES["work.py"] + "\n"})
    bot.post(bot.stage.push(webhook))
    bot.work_off()

    assert taken.run in bot.queue.cancelled
    old = bot.runs_of(first)
    assert {run.conclusion for run in old.values()} == {Conclusion.CANCELLED}
    assert old["highwater"].title.startswith("Superseded by ")
    assert bot.runs_of(head_of(bot, "feature-2"))["highwater"].conclusion is Conclusion.SUCCESS


def test_a_fix_after_red_brings_the_one_comment_up_to_date(bot: Bot) -> None:
    bot.stage.disk.commit("fix", {"work.py": SLOWER}, onto="main")
    webhook = bot.stage.open_pull_request("fix", "main", "Change")
    bot.post(webhook)
    bot.work_off()
    bot.stage.disk.commit("fix", {"work.py": FILES["work.py"] + "\n"})

    bot.post(bot.stage.push(webhook))
    bot.work_off()

    (body,) = bot.stage.bodies(webhook.pull_request or 0)
    assert "No regression" in body.splitlines()[1]


def test_turning_from_green_to_red_adds_one_short_comment(bot: Bot) -> None:
    bot.stage.disk.commit("turn", {"work.py": FILES["work.py"] + "\n"}, onto="main")
    webhook = bot.stage.open_pull_request("turn", "main", "Change")
    bot.post(webhook)
    bot.work_off()
    bot.stage.disk.commit("turn", {"work.py": SLOWER})

    bot.post(bot.stage.push(webhook))
    bot.work_off()

    bodies = bot.stage.bodies(webhook.pull_request or 0)
    assert len(bodies) == 2
    assert len([body for body in bodies if "turned from green to red" in body]) == 1


def test_a_repository_without_a_declaration_hears_nothing(bot: Bot) -> None:
    bot.stage.disk.commit("bare", {"README.md": "No set-up here.\n"})
    bot.stage.disk.commit("change", {"README.md": "Changed.\n"}, onto="bare")
    webhook = bot.stage.open_pull_request("change", "bare", "Change")

    bot.post(webhook)
    bot.work_off()

    assert bot.runs_of(head_of(bot, "change")) == {}
    assert bot.stage.bodies(webhook.pull_request or 0) == []


def test_a_declaration_that_only_head_has_is_validated_and_nothing_runs(bot: Bot) -> None:
    bot.stage.disk.commit("bare", {"README.md": "No set-up here.\n"})
    bot.stage.disk.commit("propose", FILES, onto="bare")
    bot.post(bot.stage.open_pull_request("propose", "bare", "Change"))

    bot.work_off()

    (run,) = bot.runs_of(head_of(bot, "propose")).values()
    assert (run.name, run.conclusion) == ("highwater / set-up", Conclusion.NEUTRAL)
    assert bot.orders == []


def test_a_declaration_broken_at_head_alone_fails_the_set_up_check_on_its_line(bot: Bot) -> None:
    broken = FILES[".highwater.yml"].replace("kind: benchmark", "kind: bechmark")
    opened(bot, "broken", {".highwater.yml": broken, "work.py": FILES["work.py"] + "\n"})

    bot.work_off()

    runs = bot.runs_of(head_of(bot, "broken"))
    set_up = runs["highwater / set-up"]
    assert set_up.conclusion is Conclusion.FAILURE
    assert [(one.path, one.line) for one in set_up.annotations] == [(".highwater.yml", 4)]
    assert runs["highwater"].conclusion is Conclusion.SUCCESS


def test_a_declaration_broken_at_the_target_ends_in_a_check_and_a_comment(bot: Bot) -> None:
    bot.stage.disk.commit("main", {".highwater.yml": "version: 2\n"})
    number = opened(bot, "any", {"work.py": SLOWER})

    bot.work_off()

    run = bot.runs_of(head_of(bot, "any"))["highwater"]
    assert run.conclusion is Conclusion.ACTION_REQUIRED
    (body,) = bot.stage.bodies(number)
    assert ".highwater.yml" in body
    assert bot.orders == []


def test_a_head_whose_benchmark_crashes_fails_with_the_tail_of_its_output(bot: Bot) -> None:
    number = opened(bot, "crash", {"work.py": "raise SystemExit('no such data')\n"})

    bot.work_off()

    run = bot.runs_of(head_of(bot, "crash"))["highwater"]
    assert run.conclusion is Conclusion.FAILURE
    assert "no such data" in bot.stage.bodies(number)[0]


def test_a_case_that_head_lost_is_no_verdict_and_never_green(bot: Bot) -> None:
    opened(bot, "lost", {"work.py": "CASES = {'parse': 10.0}\n"})

    bot.work_off()

    run = bot.runs_of(head_of(bot, "lost"))["highwater"]
    assert run.conclusion is Conclusion.ACTION_REQUIRED


def test_a_rerun_asked_for_on_the_check_measures_again(bot: Bot) -> None:
    opened(bot, "again", {"work.py": SLOWER})
    bot.work_off()
    head = head_of(bot, "again")

    bot.post(bot.stage.rerequest(_id_of_roll_up(bot, head)))
    bot.work_off()

    assert len(bot.orders) == 2
    assert bot.orders[0].run != bot.orders[1].run
    assert bot.runs_of(head)["highwater"].conclusion is Conclusion.FAILURE


def test_a_redelivered_webhook_measures_once(bot: Bot) -> None:
    bot.stage.disk.commit("twice", {"work.py": SLOWER}, onto="main")
    webhook = bot.stage.open_pull_request("twice", "main", "Change")

    codes = [bot.post(webhook, delivery="d-1") for _ in range(2)]
    bot.work_off()

    assert codes == [202, 202]
    assert len(bot.orders) == 1


def test_a_forged_webhook_is_refused_and_nothing_happens(bot: Bot) -> None:
    bot.stage.disk.commit("forged", {"work.py": SLOWER}, onto="main")
    webhook = bot.stage.open_pull_request("forged", "main", "Change")

    assert bot.post(webhook, secret="guessed") == 401
    bot.work_off()

    assert bot.orders == []


def _id_of_roll_up(bot: Bot, head: str) -> int:
    run = bot.runs_of(head)["highwater"]
    return bot.stage.forge.put_check_run(bot.stage.repository, run)
