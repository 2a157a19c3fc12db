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

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SLOW = {"parse": 1.45, "price": 1.0}
SAME = {"parse": 1.0, "price": 1.0}


def measured_on(bot: Bot, runner: str, effects: Effects) -> Finding:
    """Let one runner measure the slower head, again where it was; gives what is said of parse."""
    scripted(bot, {runner: effects})
    bot.clock.pass_s(60)
    if not bot.orders:
        opened(bot, "slower", {"work.py": SLOWER})
    else:
        run = bot.stage.forge.put_check_run(bot.stage.repository, shown(bot))
        assert bot.post(bot.stage.rerequest(run)) == 202
    bot.work_off()
    stored = bot.services.checks.verdict(CheckId(shown(bot).external_id))
    assert stored is not None
    (suite,) = msgspec.json.decode(stored.document, type=Verdict).suites
    return next(one for one in suite.findings if one.case == "parse")


def shown(bot: Bot) -> CheckRun:
    return bot.runs_of(head_of(bot, "slower"))["highwater"]


def counted(order: RunOrder) -> list[tuple[str, int]]:
    """Count the earlier launches that an order carries, by machine."""
    return [(one.fingerprint, len(one.launches)) for one in sessions(order)]


def test_evidence_of_both_machines_is_kept_whoever_measures_next(bot: Bot) -> None:
    one, two = (machine_of(name).fingerprint for name in ("runner-1", "runner-2"))

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
