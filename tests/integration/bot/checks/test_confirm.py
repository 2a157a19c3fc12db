"""Who is asked to confirm a regression, when, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.checks.collect import Collector
from bot.checks.conclude import conclude_if_complete
from bot.checks.confirm import second_runner
from bot.ports import CheckRun, Conclusion, RunnerState
from bot.store.checks import RunRecord
from engine.errors import TransientError
from engine.findings import Reason, SuiteVerdict, Verdict
from engine.identity import derived_seed
from engine.orders import BenchmarkEvidence
from engine.values import CheckId, Outcome, RunId
from tests.fakes.bot_stage import (
    CONFIGURATION,
    FILES,
    SLOWER,
    Bot,
    alive,
    bot,
    head_of,
    opened,
)
from tests.fakes.evidence import benchmark_order, benchmarked, report
from tests.fakes.forge_stage import stage
from tests.fakes.order_queue import MemoryOrderQueue
from tests.fakes.scripted import machine_of, scripted
from worker.queue import codec
from worker.queue.names import own_tag

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SUITE = "highwater / core (linux)"
SLOW = {"parse": 1.45, "price": 1.0}
SAME = {"parse": 1.0, "price": 1.0}


@pytest.fixture
def agreeing(bot: Bot) -> Bot:
    """Give a bot with two runners that both find the regression."""
    alive(bot, "runner-1", "runner-2")
    scripted(bot, {"runner-1": SLOW, "runner-2": SLOW})
    return bot


def shown(bot: Bot, name: str = SUITE) -> CheckRun:
    return bot.runs_of(head_of(bot, "slower"))[name]


def suite_of(bot: Bot) -> SuiteVerdict:
    stored = bot.services.checks.verdict(CheckId(shown(bot, "highwater").external_id))
    assert stored is not None
    (suite,) = msgspec.json.decode(stored.document, type=Verdict).suites
    return suite


def confirmation(bot: Bot) -> RunId:
    """Find the run that confirms."""
    (found,) = (run for run, order in bot.queue.known.items() if order.confirms is not None)
    return found


def turns(bot: Bot, count: int = 2) -> None:
    """Measure on the first runner, then what a second one is asked to confirm."""
    for _ in range(count):
        bot.work_off()


def ask_again(bot: Bot) -> None:
    run = bot.stage.forge.put_check_run(bot.stage.repository, shown(bot, "highwater"))
    assert bot.post(bot.stage.rerequest(run)) == 202


def test_a_regression_that_both_runners_find_is_red(agreeing: Bot) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})

    turns(agreeing)

    assert shown(agreeing).conclusion is Conclusion.FAILURE
    suite = suite_of(agreeing)
    assert (suite.runner, suite.second_runner) == ("runner-1", "runner-2")


def test_a_regression_that_one_runner_alone_finds_is_inconclusive(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    scripted(bot, {"runner-1": SLOW, "runner-2": SAME})
    opened(bot, "slower", {"work.py": SLOWER})

    turns(bot)

    assert shown(bot, "highwater").conclusion is Conclusion.NEUTRAL
    found = {one.case: (one.outcome, one.reason) for one in suite_of(bot).findings}
    assert found["parse"] == (Outcome.INCONCLUSIVE, Reason.HOSTS_DISAGREE)


def test_only_what_is_red_is_measured_again_and_by_another_runner(agreeing: Bot) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})

    turns(agreeing)

    first, second = agreeing.orders
    assert (second.run, second.confirms) == (f"{first.run}c", first.run)
    assert (second.cases, second.not_on, second.earlier) == (("parse",), ("runner-1",), ())
    assert second.nonce != first.nonce
    assert second.seed != first.seed


def test_no_author_can_foresee_the_draws_of_a_check(agreeing: Bot) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})

    turns(agreeing, 1)

    (first, *_) = agreeing.orders
    public = derived_seed(0, first.repository, first.base, first.head)
    assert first.seed != derived_seed(public, first.suite_name)
    check = CheckId(shown(agreeing, "highwater").external_id)
    drawn = derived_seed(0, agreeing.services.entropy(check))
    assert first.seed == derived_seed(drawn, first.suite_name)  # the same at every attempt


def test_the_second_runner_measures_the_very_same_commits(agreeing: Bot) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})

    agreeing.work_off()

    place = agreeing.services.place
    (first,), second = agreeing.orders, confirmation(agreeing)
    assert place(second).bundle.read_bytes() == place(RunId(first.run)).bundle.read_bytes()


def test_until_the_second_runner_has_answered_the_check_says_who_confirms(agreeing: Bot) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})

    agreeing.work_off()

    runs = agreeing.runs_of(head_of(agreeing, "slower"))
    assert runs[SUITE].title == "Confirming on runner-2"
    assert {run.status for run in runs.values()} == {"in_progress"}
    assert set(runs) == {SUITE, "highwater"}


def test_a_confirmation_that_is_taken_up_is_announced_on_the_suites_check_run(
    agreeing: Bot,
) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})
    agreeing.work_off()
    (second,) = (state for state in agreeing.queue.live if state.name == "runner-2")
    busy = msgspec.structs.replace(second, run=confirmation(agreeing))
    agreeing.queue.live[:] = [busy]

    agreeing.collect()

    runs = agreeing.runs_of(head_of(agreeing, "slower"))
    assert (runs[SUITE].title, set(runs)) == ("Confirming on runner-2", {SUITE, "highwater"})


@pytest.mark.parametrize("names", [(), ("runner-1",)])
def test_with_one_runner_the_first_verdict_stands(bot: Bot, names: tuple[str, ...]) -> None:
    alive(bot, *names)
    scripted(bot, {"runner-1": SLOW})
    opened(bot, "slower", {"work.py": SLOWER})

    bot.work_off()

    assert shown(bot).conclusion is Conclusion.FAILURE
    assert (suite_of(bot).second_runner, len(bot.orders)) == (None, 1)


def test_without_a_regression_nobody_is_asked(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    scripted(bot, {"runner-1": SAME})
    opened(bot, "slower", {"work.py": FILES["work.py"] + "\n"})

    bot.work_off()

    assert shown(bot).conclusion is Conclusion.SUCCESS
    assert len(bot.orders) == 1


def test_a_runner_that_comes_after_the_verdict_was_published_is_not_asked(bot: Bot) -> None:
    scripted(bot, {"runner-1": SLOW})
    opened(bot, "slower", {"work.py": SLOWER})
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(bot.services.checks, "conclude", _dies)
        bot.work_off()
    alive(bot, "runner-1", "runner-2")

    bot.clock.pass_s(600)
    bot.collect()

    assert shown(bot, "highwater").status == "completed"
    assert len(bot.queue.known) == 1
    assert bot.services.checks.running_checks() == ()


def _dies(_check: CheckId) -> bool:
    raise OSError


def test_the_runner_that_measured_first_does_not_confirm_itself(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    opened(bot, "slower", {"work.py": SLOWER})
    measure = bot._carry_out
    scripted(bot, {"runner-1": SLOW})
    bot.work_off()
    bot._carry_out = measure  # type: ignore[method-assign]
    bot.queue.queues[confirmation(bot)] = "hw:linux:pr"  # as if two runners had one name

    bot.work_off()

    assert shown(bot).conclusion is Conclusion.FAILURE
    assert any("did not answer" in caveat for caveat in suite_of(bot).caveats)


def test_a_new_push_cancels_the_confirmation(agreeing: Bot) -> None:
    agreeing.stage.disk.commit("slower", {"work.py": SLOWER}, onto="main")
    webhook = agreeing.stage.open_pull_request("slower", "main", "Change")
    agreeing.post(webhook)
    agreeing.work_off()
    first, second = head_of(agreeing, "slower"), confirmation(agreeing)

    agreeing.stage.disk.commit("slower", {"work.py": FILES["work.py"] + "\n"})
    agreeing.post(agreeing.stage.push(webhook))
    agreeing.handle()

    assert second in agreeing.queue.cancelled
    ended = {run.conclusion for run in agreeing.runs_of(first).values()}
    assert ended == {Conclusion.CANCELLED}


def test_the_suites_of_a_check_are_spread_over_the_runners(bot: Bot) -> None:
    two = CONFIGURATION + CONFIGURATION.split("suites:\n")[1].replace("core:", "second:")
    bot.stage.disk.commit("main", {".highwater.yml": two}, onto="main")
    alive(bot, "runner-1", "runner-2", "runner-3")
    scripted(bot, {"runner-1": SLOW, "runner-2": SLOW, "runner-3": SLOW})
    opened(bot, "slower", {"work.py": SLOWER})

    bot.work_off()

    asked = {bot.queue.queues[run] for run, order in bot.queue.known.items() if order.confirms}
    assert asked == {"hw:@runner-2:pr", "hw:@runner-3:pr"}


def test_a_confirmation_whose_sender_died_is_sent_by_the_next_turn(agreeing: Bot) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})
    agreeing.work_off()
    second = confirmation(agreeing)
    for known in (agreeing.queue.known, agreeing.queue.waiting):
        known.clear()

    agreeing.collect()
    agreeing.work_off()

    assert agreeing.orders[-1].run == second
    assert shown(agreeing).conclusion is Conclusion.FAILURE


def _is_not_asked_and_the_verdict_stands(bot: Bot) -> bool:
    bot.collect()
    is_red = shown(bot).conclusion is Conclusion.FAILURE
    return is_red and suite_of(bot).second_runner is None and len(bot.queue.known) == 1


def test_where_the_source_is_gone_the_first_verdict_stands(agreeing: Bot) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})
    agreeing.handle()
    agreeing.measure()
    agreeing.services.place(RunId(agreeing.orders[0].run)).bundle.unlink()

    assert _is_not_asked_and_the_verdict_stands(agreeing)


def test_where_the_order_would_be_too_large_the_first_verdict_stands(
    agreeing: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})
    agreeing.handle()
    agreeing.measure()
    monkeypatch.setattr(codec, "MAX_ORDER_BYTES", 100)

    assert _is_not_asked_and_the_verdict_stands(agreeing)


class AwayQueue(MemoryOrderQueue):
    """A queue that cannot be reached."""

    def runners(self) -> tuple[RunnerState, ...]:
        message = "connection refused"
        raise RedisConnectionError(message)


def test_a_queue_that_is_away_delays_the_check_and_is_no_failure_of_it(agreeing: Bot) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})
    agreeing.handle()
    agreeing.measure()
    away = replace(agreeing.services, queue=AwayQueue())
    (check,) = agreeing.services.checks.running_checks()
    Collector(agreeing.services, lambda _: None).collect()

    with pytest.raises(TransientError, match="the queue is away"):
        conclude_if_complete(away, check.id)

    (after,) = agreeing.services.checks.running_checks()
    assert (after.failures, after.retry_utc > agreeing.clock.now()) == (0, True)


def test_what_a_second_runner_did_not_confirm_is_not_drawn_anew(bot: Bot) -> None:
    fingerprint = machine_of("runner-2").fingerprint
    alive(bot, "runner-1", "runner-2", fingerprint=fingerprint)
    scripted(bot, {"runner-1": SLOW, "runner-2": SAME})
    opened(bot, "slower", {"work.py": SLOWER})
    turns(bot)
    before = bot.services.checks.load_report(RunId(bot.orders[1].run))

    ask_again(bot)
    turns(bot)

    again = bot.orders[3]
    assert again.confirms == bot.orders[2].run
    assert before is not None
    assert isinstance(before.evidence, BenchmarkEvidence)
    assert (again.earlier, again.earlier_fingerprint) == (before.evidence.launches, fingerprint)


def test_a_rerun_continues_what_the_first_runner_measured_and_not_the_second(
    agreeing: Bot,
) -> None:
    opened(agreeing, "slower", {"work.py": SLOWER})
    turns(agreeing)

    ask_again(agreeing)
    agreeing.handle()

    (again,) = (orders[0] for orders in agreeing.queue.waiting.values() if orders)
    assert again.earlier_fingerprint == machine_of("runner-1").fingerprint
    assert {one.case for launch in again.earlier for one in launch.measured} == set(SLOW)
    assert again.others == ()


def chosen(*runners: RunnerState, **load: int) -> str | None:
    order = benchmark_order()
    record = RunRecord(
        run=RunId(order.run),
        check=CheckId("c7"),
        position=1,
        check_name="highwater / core (linux+x86_64)",
        tags=("linux", "x86_64"),
        order=order,
        terms=b"{}",
    )
    measured = msgspec.structs.replace(report(order, benchmarked(())), runner="one")
    asked = {own_tag(name): count for name, count in load.items()}
    found = second_runner(runners, record, measured, asked)
    return None if found is None else found.name


def live(bot: Bot, name: str, **fields: object) -> RunnerState:
    alive(bot, name, tags=("linux", "x86_64", "bench-a"))
    return msgspec.structs.replace(bot.queue.live[0], **fields)


def test_a_runner_with_other_hardware_is_preferred_to_an_idle_one_alike(bot: Bot) -> None:
    own = report(benchmark_order(), None).machine.fingerprint
    alike, other = live(bot, "a", fingerprint=own), live(bot, "b", run=RunId("busy"))
    assert chosen(alike, other) == "b"


def test_of_runners_alike_an_idle_one_is_preferred(bot: Bot) -> None:
    assert chosen(live(bot, "a", run=RunId("busy")), live(bot, "b")) == "b"


def test_who_is_asked_for_less_already_is_preferred(bot: Bot) -> None:
    assert chosen(live(bot, "a"), live(bot, "b"), a=1) == "b"
    assert chosen(live(bot, "a", run=RunId("busy")), live(bot, "b"), b=2) == "a"


def test_of_idle_runners_the_name_decides(bot: Bot) -> None:
    assert chosen(live(bot, "b"), live(bot, "a")) == "a"


def test_who_measured_first_who_lacks_a_tag_and_who_has_no_good_name_is_not_asked(
    bot: Bot,
) -> None:
    unfit = (live(bot, "one"), live(bot, "b", tags=("linux",)), live(bot, "a b:pr"))
    assert chosen(*unfit) is None
