"""Re-runs that land on one machine and then on another: no draw replaces another one."""

from __future__ import annotations

import msgspec
import pytest

from bot.ports import CheckRun, Conclusion
from engine.continued import sessions
from engine.findings import Finding, Reason, Verdict
from engine.orders import RunOrder
from engine.values import CheckId, Outcome
from tests.fakes.bot_stage import SLOWER, Bot, head_of, opened
from tests.fakes.scripted import Effects, machine_of, scripted
from worker.queue import codec

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SLOW = {"parse": 1.45, "price": 1.0}
SAME = {"parse": 1.0, "price": 1.0}


def measured_on(bot: Bot, runner: str, effects: Effects) -> Finding:
    """Let one runner measure the slower head, again where it was; gives what is said of parse."""
    ask(bot, runner, effects)
    stored = bot.services.checks.verdict(CheckId(shown(bot).external_id))
    assert stored is not None
    (suite,) = msgspec.json.decode(stored.document, type=Verdict).suites
    return next(one for one in suite.findings if one.case == "parse")


def ask(bot: Bot, runner: str, effects: Effects) -> None:
    scripted(bot, {runner: effects})
    bot.clock.pass_s(60)
    if not bot.orders:
        opened(bot, "slower", {"work.py": SLOWER})
    else:
        run = bot.stage.forge.put_check_run(bot.stage.repository, shown(bot))
        assert bot.post(bot.stage.rerequest(run)) == 202
    bot.work_off()


def shown(bot: Bot) -> CheckRun:
    return bot.runs_of(head_of(bot, "slower"))["highwater"]


def counted(order: RunOrder) -> list[tuple[str, int]]:
    """Count the earlier launches that an order carries, by machine."""
    return [(one.fingerprint, len(one.launches)) for one in sessions(order)]


def test_evidence_of_both_machines_is_kept_whoever_measures_next(bot: Bot) -> None:
    one, two = _of("runner-1"), _of("runner-2")

    for runner in ("runner-1", "runner-2", "runner-1", "runner-2"):
        measured_on(bot, runner, SLOW)

    assert [counted(order) for order in bot.orders] == [
        [],
        [(one, 24)],
        [(two, 24), (one, 24)],
        [(two, 24), (one, 48)],
    ]


def test_a_rerun_on_a_machine_that_finds_nothing_does_not_turn_red_into_green(bot: Bot) -> None:
    assert measured_on(bot, "runner-1", SLOW).outcome is Outcome.REGRESSION

    found = [
        measured_on(bot, runner, effects)
        for runner, effects in (("runner-2", SAME), ("runner-1", SLOW), ("runner-2", SAME))
    ]

    assert {(one.outcome, one.reason) for one in found} == {
        (Outcome.INCONCLUSIVE, Reason.HOSTS_DISAGREE)
    }
    assert all(one.elsewhere is not None for one in found)
    assert shown(bot).conclusion is Conclusion.NEUTRAL


def test_machines_that_agree_are_red_whoever_measures_next(bot: Bot) -> None:
    outcomes = [measured_on(bot, name, SLOW).outcome for name in ("runner-1", "runner-2")]

    assert outcomes == [Outcome.REGRESSION, Outcome.REGRESSION]
    assert shown(bot).conclusion is Conclusion.FAILURE


def test_a_rerun_is_told_how_many_comparisons_the_check_found(bot: Bot) -> None:
    found = [measured_on(bot, "runner-1", SLOW) for _ in range(2)]

    assert found[0].family is not None
    assert [order.family for order in bot.orders] == [0, found[0].family]


def test_evidence_too_large_to_send_is_told_and_not_lost(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured_on(bot, "runner-1", SLOW)
    with monkeypatch.context() as small:
        small.setattr(codec, "MAX_ORDER_BYTES", 5_000)
        ask(bot, "runner-1", SAME)
    assert shown(bot).conclusion is Conclusion.ACTION_REQUIRED
    assert "too much earlier evidence" in f"{shown(bot).title} {shown(bot).summary}"

    measured_on(bot, "runner-1", SLOW)

    assert [counted(order) for order in bot.orders] == [[], [(_of("runner-1"), 24)]]


def _of(runner: str) -> str:
    return machine_of(runner).fingerprint
