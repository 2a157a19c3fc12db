"""A regression turns a check red where a second runner finds it too, and only there."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bot.cli.main import main
from bot.ports import Conclusion
from engine.orders import BenchmarkEvidence, RunOrder, RunReport
from engine.values import RunId, Side
from tests.fakes.bot_stage import SLOWER, Bot, alive, head_of, opened

SUITE = "highwater / core (linux)"


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


def checked(bot: Bot) -> int:
    """Open a slower pull request; measure it on the first runner, then on the second."""
    alive(bot, "runner-1", "runner-2")
    number = opened(bot, "slower", {"work.py": SLOWER})
    bot.work_off()
    bot.work_off()
    return number


def test_a_regression_that_the_second_runner_finds_too_is_red_and_names_both(bot: Bot) -> None:
    number = checked(bot)

    runs = bot.runs_of(head_of(bot, "slower"))
    assert {run.conclusion for run in runs.values()} == {Conclusion.FAILURE}
    assert set(runs) == {SUITE, "highwater"}
    (body,) = bot.stage.bodies(number)
    assert "runner-2" in body


def test_a_regression_that_the_second_runner_does_not_find_is_cannot_tell_and_shows_both(
    bot: Bot,
) -> None:
    answer_with_equal_sides(bot)

    checked(bot)

    runs = bot.runs_of(head_of(bot, "slower"))
    assert {run.conclusion for run in runs.values()} == {Conclusion.NEUTRAL}
    assert "runner-2" in runs[SUITE].text


@pytest.mark.parametrize("stage", ["local"], indirect=True)
def test_replay_gives_the_same_bytes_of_what_a_second_runner_confirmed(
    bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = checked(bot)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'bot.db'}")

    code = main(["replay", bot.orders[1].run])

    told = capsys.readouterr()
    assert (code, told.err) == (1, "")
    assert bot.stage.bodies(number) == [told.out]
