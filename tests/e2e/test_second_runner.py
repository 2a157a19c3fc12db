"""A regression turns a check red where a second runner finds it too, and only there."""

from __future__ import annotations

import msgspec
import pytest

from bot.cli.main import main
from bot.ports import CheckRun, Conclusion
from engine.findings import Reason, SuiteVerdict, Verdict
from engine.orders import BenchmarkEvidence, RunOrder, RunReport
from engine.values import Outcome, RunId, Side
from tests.fakes.bot_stage import FILES, SLOWER, Bot, alive, head_of, opened
from worker.queue.names import queue_name

SUITE = "highwater / core (linux)"


def work_off_twice(bot: Bot) -> None:
    """Measure on the first runner, then what a second one is asked to confirm."""
    for _ in range(2):
        bot.work_off()


def shown(bot: Bot, branch: str, name: str = SUITE) -> CheckRun:
    return bot.runs_of(head_of(bot, branch))[name]


def verdict_of(bot: Bot, branch: str) -> Verdict:
    check = shown(bot, branch, "highwater").external_id
    stored = bot.services.checks.verdict(check)  # type: ignore[arg-type]
    assert stored is not None
    return msgspec.json.decode(stored.document, type=Verdict)


def suite_of(bot: Bot, branch: str) -> SuiteVerdict:
    (suite,) = verdict_of(bot, branch).suites
    return suite


def answer_with_equal_sides(bot: Bot) -> None:
    """Let the second runner measure head as fast as the merge base."""
    measure = bot._carry_out

    def carry_out(order: RunOrder) -> None:
        measure(order)
        path = bot.services.place(RunId(order.run)).report
        report = msgspec.json.decode(path.read_bytes(), type=RunReport)
        if order.confirms is not None:
            path.write_bytes(msgspec.json.encode(_with_equal_sides(report)))

    bot._carry_out = carry_out  # type: ignore[method-assign]


def _with_equal_sides(report: RunReport) -> RunReport:
    assert isinstance(report.evidence, BenchmarkEvidence)
    base = {one.pair: one.measured for one in report.evidence.launches if one.side is Side.BASE}
    launches = tuple(
        msgspec.structs.replace(one, measured=base[one.pair]) for one in report.evidence.launches
    )
    evidence = msgspec.structs.replace(report.evidence, launches=launches)
    return msgspec.structs.replace(report, evidence=evidence)


def test_a_regression_that_the_second_runner_finds_too_is_red_and_names_both(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    number = opened(bot, "slower", {"work.py": SLOWER})

    work_off_twice(bot)

    assert shown(bot, "slower").conclusion is Conclusion.FAILURE
    suite = suite_of(bot, "slower")
    assert (suite.runner, suite.second_runner) == ("runner-1", "runner-2")
    (body,) = bot.stage.bodies(number)
    assert "runner-2" in body


def test_a_regression_that_the_second_runner_does_not_find_is_inconclusive(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    answer_with_equal_sides(bot)
    opened(bot, "slower", {"work.py": SLOWER})

    work_off_twice(bot)

    assert shown(bot, "slower", "highwater").conclusion is Conclusion.NEUTRAL
    found = {one.case: (one.outcome, one.reason) for one in suite_of(bot, "slower").findings}
    assert found["parse"] == (Outcome.INCONCLUSIVE, Reason.HOSTS_DISAGREE)


def test_only_what_is_red_is_measured_again_and_by_another_runner(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    opened(bot, "slower", {"work.py": SLOWER})

    work_off_twice(bot)

    first, second = bot.orders
    assert (second.run, second.confirms) == (f"{first.run}c", first.run)
    assert (second.cases, second.not_on, second.earlier) == (("parse",), ("runner-1",), ())
    assert second.nonce != first.nonce


def test_until_the_second_runner_has_answered_the_check_says_who_confirms(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    opened(bot, "slower", {"work.py": SLOWER})

    bot.work_off()

    runs = bot.runs_of(head_of(bot, "slower"))
    assert runs[SUITE].title == "Confirming on runner-2"
    assert {run.status for run in runs.values()} == {"in_progress"}
    assert set(runs) == {SUITE, "highwater"}


@pytest.mark.parametrize("names", [(), ("runner-1",)])
def test_with_one_runner_the_first_verdict_stands(bot: Bot, names: tuple[str, ...]) -> None:
    alive(bot, *names)
    opened(bot, "slower", {"work.py": SLOWER})

    bot.work_off()

    assert shown(bot, "slower").conclusion is Conclusion.FAILURE
    assert suite_of(bot, "slower").second_runner is None
    assert len(bot.orders) == 1


def test_a_runner_with_other_tags_is_not_asked(bot: Bot) -> None:
    alive(bot, "runner-2", tags=("macos",))
    opened(bot, "slower", {"work.py": SLOWER})

    bot.work_off()

    assert shown(bot, "slower").conclusion is Conclusion.FAILURE


def test_without_a_regression_nobody_is_asked(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    opened(bot, "same", {"work.py": FILES["work.py"] + "\n"})

    work_off_twice(bot)

    assert shown(bot, "same").conclusion is Conclusion.SUCCESS
    assert len(bot.orders) == 1


def test_a_second_runner_that_fails_by_itself_leaves_the_first_verdict(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    opened(bot, "slower", {"work.py": SLOWER})
    bot.work_off()
    (second,) = (run for run in bot.queue.known if run.endswith("c"))
    # It is offered to the very runner that measured first, which refuses it.
    bot.queue.queues[second] = queue_name(["linux"])

    bot.work_off()

    assert shown(bot, "slower").conclusion is Conclusion.FAILURE
    suite = suite_of(bot, "slower")
    assert suite.second_runner is None
    assert any("did not answer" in caveat for caveat in suite.caveats)


def test_a_new_push_cancels_the_confirmation(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    bot.stage.disk.commit("pushed", {"work.py": SLOWER}, onto="main")
    webhook = bot.stage.open_pull_request("pushed", "main", "Change")
    bot.post(webhook)
    bot.work_off()
    first = head_of(bot, "pushed")
    (second,) = (run for run in bot.queue.known if run.endswith("c"))

    bot.stage.disk.commit("pushed", {"work.py": FILES["work.py"] + "\n"})
    bot.post(bot.stage.push(webhook))
    bot.work_off()

    assert second in bot.queue.cancelled
    assert {run.conclusion for run in bot.runs_of(first).values()} == {Conclusion.CANCELLED}
    assert second not in {order.run for order in bot.orders}


def test_asking_again_for_a_confirmed_check_asks_the_second_runner_again(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    opened(bot, "slower", {"work.py": SLOWER})
    work_off_twice(bot)
    run = shown(bot, "slower", "highwater")

    again = bot.stage.forge.put_check_run(bot.stage.repository, run)
    bot.post(bot.stage.rerequest(again))
    work_off_twice(bot)

    assert shown(bot, "slower").conclusion is Conclusion.FAILURE
    assert suite_of(bot, "slower").second_runner == "runner-2"


def test_what_a_second_runner_did_not_confirm_it_does_not_measure_afresh(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    opened(bot, "slower", {"work.py": SLOWER})
    work_off_twice(bot)
    confirmation = bot.orders[1]
    report = bot.services.checks.load_report(RunId(confirmation.run))
    assert report is not None
    alive(bot, "runner-1", "runner-2", fingerprint=report.machine.fingerprint)

    run = shown(bot, "slower", "highwater")
    bot.post(bot.stage.rerequest(bot.stage.forge.put_check_run(bot.stage.repository, run)))
    work_off_twice(bot)

    assert isinstance(report.evidence, BenchmarkEvidence)
    assert bot.orders[3].earlier == report.evidence.launches


def test_replay_gives_the_same_bytes_of_a_confirmed_verdict(
    bot: Bot,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alive(bot, "runner-1", "runner-2")
    answer_with_equal_sides(bot)
    number = opened(bot, "slower", {"work.py": SLOWER})
    work_off_twice(bot)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{bot.services.state_dir.parent / 'bot.db'}")

    code = main(["replay", bot.orders[1].run])

    told = capsys.readouterr()
    assert (code, told.err) == (3, "")
    assert bot.stage.bodies(number) in ([told.out], [])
