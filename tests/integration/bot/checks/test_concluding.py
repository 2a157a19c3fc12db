"""One verdict a check: who concludes it, what is shown, what cannot keep it from its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.checks import conclude
from bot.checks.claim import claimed
from bot.checks.results import facts_of, verdict_of
from bot.ports import CheckRun, Conclusion
from bot.services import Services
from bot.store.checks import CheckRecord, CheckStatus, RunStatus
from engine.findings import Verdict
from engine.values import CheckId, Outcome, RunId
from engine.verdicts import judge_check
from tests.fakes.bot_stage import FILES, SLOWER, Bot, alive, bot, head_of, opened
from tests.fakes.forge_stage import stage
from tests.fakes.scripted import scripted

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SLOW = {"parse": 1.45, "price": 1.0}
SAME = {"parse": 1.0, "price": 1.0}


def shown(bot: Bot) -> CheckRun:
    return bot.runs_of(head_of(bot, "slower"))["highwater"]


def check_of(bot: Bot) -> CheckRecord:
    check = bot.services.checks.check(CheckId(shown(bot).external_id))
    assert check is not None
    return check


def measured(bot: Bot) -> None:
    """Let a pull request be measured by the one runner that is there."""
    scripted(bot, {"runner-1": SLOW})
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    bot.measure()


def test_a_second_process_does_not_conclude_while_a_confirmation_is_out(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive(bot, "runner-1", "runner-2")
    scripted(bot, {"runner-1": SLOW, "runner-2": SAME})
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    bot.measure()

    @contextmanager
    def late(services: Services, check: CheckId) -> Iterator[CheckRecord | None]:
        """Let another process do its whole turn between our look at the runs and our claim."""
        monkeypatch.setattr(conclude, "claimed", claimed)
        conclude.conclude_if_complete(services, check)
        with claimed(services, check) as mine:
            yield mine

    monkeypatch.setattr(conclude, "claimed", late)
    bot.collect()

    assert bot.services.checks.verdict(check_of(bot).id) is None
    bot.work_off()
    assert shown(bot).conclusion is Conclusion.NEUTRAL


def test_what_is_shown_is_the_verdict_that_was_stored(bot: Bot) -> None:
    measured(bot)
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(bot.services.checks, "conclude", _dies)
        bot.collect()
    check = check_of(bot)
    other = judge_check(facts_of(check), (), skipped=("core",))
    bot.clock.pass_s(600)

    with claimed(bot.services, check.id) as mine:
        assert mine is not None
        conclude.publish(bot.services, mine, other)

    stored = bot.services.checks.verdict(check.id)
    assert stored is not None
    assert msgspec.json.decode(stored.document, type=Verdict).outcome is Outcome.REGRESSION
    assert shown(bot).conclusion is Conclusion.FAILURE
    assert other.outcome is Outcome.PASS  # which that one would have shown


def test_no_runner_works_on_for_a_check_that_has_its_verdict(bot: Bot) -> None:
    opened(bot, "slower", {"work.py": FILES["work.py"] + "\n"})
    bot.handle()
    check = check_of(bot)
    (run,) = bot.services.checks.runs(check.id)

    with claimed(bot.services, check.id) as mine:
        assert mine is not None
        conclude.publish(bot.services, mine, verdict_of(bot.services.checks, check))

    ended = bot.services.checks.run(RunId(run.run))
    assert ended is not None
    assert ended.status is RunStatus.LOST
    assert run.run in bot.queue.cancelled


@pytest.mark.parametrize(
    "problem", [ValueError("no zone"), IntegrityError("", {}, Exception())], ids=["value", "row"]
)
def test_what_cannot_be_recorded_keeps_no_check_from_its_end(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    measured(bot)
    monkeypatch.setattr(bot.services.history, "store", _raises(problem))

    bot.collect()

    assert shown(bot).conclusion is Conclusion.FAILURE
    assert check_of(bot).status is CheckStatus.CONCLUDED


def test_while_the_database_is_away_everything_is_shown_and_recording_is_tried_again(
    bot: Bot,
) -> None:
    measured(bot)
    with pytest.MonkeyPatch.context() as away:
        problem = OperationalError("", {}, Exception())
        away.setattr(bot.services.history, "store", _raises(problem))
        bot.collect()
    assert shown(bot).conclusion is Conclusion.FAILURE
    assert check_of(bot).status is CheckStatus.RUNNING

    bot.clock.pass_s(600)
    bot.collect()

    assert check_of(bot).status is CheckStatus.CONCLUDED
    assert bot.services.history.points(bot.stage.repository.name)


def _dies(_check: CheckId) -> bool:
    raise OSError


def _raises(problem: Exception) -> object:
    def store(*_: object, **__: object) -> None:
        raise problem

    return store
