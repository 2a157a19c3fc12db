"""What people see of a check that is out: counts, places in the queue, and times."""

from __future__ import annotations

from typing import NoReturn

import msgspec
import pytest

from bot.checks.collect import Collector
from bot.checks.expectation import Expectation
from bot.checks.lost import note_no_runner, note_waiting
from bot.ports import Progress
from bot.store.checks import RunRecord
from engine.errors import TransientError
from engine.values import CheckId, RunId
from tests.fakes.bot_stage import FILES, Bot, alive, bot, head_of, opened
from tests.fakes.forge_stage import stage
from tests.fakes.overlaid import away, overlay
from tests.fakes.scripted import scripted
from worker.queue.names import Lane
from worker.queue.progress import SETTING_UP

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SUITE = "highwater / core (linux)"
SAME = {"parse": 1.0, "price": 1.0}


@pytest.fixture
def collector(bot: Bot) -> Collector:
    scripted(bot, {"runner-1": SAME})
    alive(bot, "runner-1")
    return Collector(bot.services, lambda _: None)


def changed(bot: Bot, branch: str) -> RunId:
    """Let a pull request wait to be measured; gives its run."""
    opened(bot, branch, {"work.py": f"{FILES['work.py']}# {branch}\n"})
    bot.handle()
    (check,) = [
        one for one in bot.services.checks.running_checks() if one.head == head_of(bot, branch)
    ]
    (run,) = bot.services.checks.runs(check.id)
    return run.run


def titles(bot: Bot, branch: str) -> tuple[str, str]:
    shown = bot.runs_of(head_of(bot, branch))
    return shown["highwater"].title, shown[SUITE].title


def take(bot: Bot, *, done: int, total: int, spent_s: float) -> None:
    """Let the runner take the first order, and say how far it is."""
    order = bot.queue.take(["linux"], "runner-1")
    assert order is not None
    tell(bot, RunId(order.run), done=done, total=total, spent_s=spent_s)
    bot.queue.live[:] = [
        msgspec.structs.replace(one, run=RunId(order.run)) for one in bot.queue.live
    ]


def tell(bot: Bot, run: RunId, *, done: int, total: int, spent_s: float) -> None:
    bot.queue.told[run] = Progress(
        what="pairs of launches", done=done, total=total, started=0.0, now=spent_s
    )


def test_a_run_that_waits_says_how_many_are_ahead_of_it(bot: Bot, collector: Collector) -> None:
    changed(bot, "first")
    changed(bot, "second")
    assert titles(bot, "second") == ("Queued", "Queued: 1 ahead")
    shown = bot.runs_of(head_of(bot, "second"))
    assert {run.status for run in shown.values()} == {"queued"}

    collector.collect()
    bot.queue.take(["linux"], "runner-1")
    bot.clock.pass_s(31)
    collector.collect()
    bot.clock.pass_s(31)
    collector.collect()

    assert titles(bot, "second") == ("Queued: 0 ahead", "Queued: 0 ahead")


def test_what_similar_runs_took_says_how_long_it_will_be(bot: Bot, collector: Collector) -> None:
    changed(bot, "before")
    bot.work_off()
    assert bot.services.checks.durations(bot.stage.repository.name, SUITE, 5) == (300.0,)

    changed(bot, "first")
    changed(bot, "second")

    assert titles(bot, "first")[1] == "Queued: 0 ahead, ~5 min"
    assert titles(bot, "second")[1] == "Queued: 1 ahead, ~10 min"


def test_that_a_runner_took_it_up_is_told_at_once_and_its_count_now_and_then(
    bot: Bot, collector: Collector
) -> None:
    run = changed(bot, "first")
    collector.collect()
    take(bot, done=12, total=41, spent_s=223.0)
    collector.collect()
    assert titles(bot, "first") == ("Measuring 12/41, ~9 min left",) * 2
    shown = bot.runs_of(head_of(bot, "first"))
    assert {each.status for each in shown.values()} == {"in_progress"}

    tell(bot, run, done=13, total=41, spent_s=240.0)
    bot.clock.pass_s(10)
    collector.collect()
    assert titles(bot, "first")[1] == "Measuring 12/41, ~9 min left"
    bot.clock.pass_s(21)
    collector.collect()
    assert titles(bot, "first") == ("Measuring 13/41, ~9 min left",) * 2


def test_one_check_run_is_brought_up_to_date_a_turn(bot: Bot, collector: Collector) -> None:
    names = [f"b{number}" for number in range(4)]
    for name in names:
        changed(bot, name)
    collector.collect()
    bot.queue.take(["linux"], "runner-1")
    before = {name: titles(bot, name)[1] for name in names[1:]}
    bot.clock.pass_s(31)

    for _ in range(3):
        collector.collect()  # within one turn

    assert sum(titles(bot, name)[1] != before[name] for name in names[1:]) == 1


@pytest.mark.parametrize("done,total", [(-1, 5), (7, 5), (1, 10**9)])
def test_a_count_that_cannot_be_true_is_not_shown(
    bot: Bot, collector: Collector, done: int, total: int
) -> None:
    changed(bot, "first")
    take(bot, done=done, total=total, spent_s=10.0)
    collector.collect()
    assert str(total) not in "".join(titles(bot, "first"))


def test_what_comes_before_measuring_is_not_counted(bot: Bot, collector: Collector) -> None:
    run = changed(bot, "first")
    take(bot, done=0, total=1, spent_s=10.0)
    bot.queue.told[run] = msgspec.structs.replace(bot.queue.told[run], what=SETTING_UP)
    collector.collect()
    assert titles(bot, "first") == ("Measuring 1 suite", "Measuring")


def test_a_run_without_a_live_runner_keeps_what_the_scheduler_says_of_it(
    bot: Bot, collector: Collector
) -> None:
    changed(bot, "first")
    collector.collect()
    bot.queue.live.clear()
    bot.queue.waiting.clear()
    before = titles(bot, "first")
    bot.clock.pass_s(60)
    collector.collect()
    assert titles(bot, "first") == before


def test_a_forge_that_is_away_delays_no_report(bot: Bot, collector: Collector) -> None:
    run = changed(bot, "first")
    take(bot, done=1, total=41, spent_s=5.0)
    overlay(bot, "forge", put_check_run=away)
    while_away = Collector(bot.services, lambda _: None)
    while_away.collect()
    bot._carry_out(bot.queue.known[run])

    assert while_away.collect() == 1


def waiting(bot: Bot, like: RunId, name: str, lane: Lane, *tags: str) -> RunRecord:
    """Let another check's run wait on a queue of its own."""
    run, check = bot.services.checks.run(like), bot.services.checks.check_of_run(like)
    assert run is not None
    assert check is not None
    order = msgspec.structs.replace(run.order, run=f"{name}-1")
    fields = {"run": RunId(order.run), "check": CheckId(name), "lane": lane, "tags": tags}
    made = msgspec.structs.replace(run, order=order, **fields)
    bot.services.checks.open_check(msgspec.structs.replace(check, id=CheckId(name)), (made,))
    bot.queue.submit(order, tags, lane)
    return made


@pytest.mark.parametrize(
    "lane, tags, ahead",
    [
        ("nightly", ("linux",), 1),  # whatever is of a pull request is taken first
        ("pr", ("linux",), 1),
        ("pr", ("bench", "linux"), 0),  # fewer runners can take it
        ("nightly", ("bench", "linux"), 1),
    ],
)
def test_what_every_runner_takes_first_is_ahead_on_whichever_queue(
    bot: Bot, lane: Lane, tags: tuple[str, ...], ahead: int
) -> None:
    like = changed(bot, "first")  # by a pull request, on linux
    alive(bot, "runner-1", tags=("bench", "linux"))
    run = waiting(bot, like, "later", lane, *tags)

    assert Expectation.now(bot.services).of_run(run).ahead == ahead


def test_what_another_idle_runner_may_take_is_not_ahead(bot: Bot) -> None:
    like = changed(bot, "first")
    alive(bot, "runner-1", "runner-2", tags=("bench",))
    third = {"name": "runner-3", "worker": "runner-3", "tags": ("bench", "linux")}
    bot.queue.live.append(msgspec.structs.replace(bot.queue.live[0], **third))
    run = waiting(bot, like, "later", "nightly", "bench")

    assert Expectation.now(bot.services).of_run(run).ahead == 0


def test_a_forge_that_asks_to_wait_is_not_asked_again_by_every_turn(
    bot: Bot, collector: Collector
) -> None:
    changed(bot, "first")
    take(bot, done=1, total=41, spent_s=5.0)
    asked = []

    def busy(*_: object) -> NoReturn:
        asked.append(bot.clock.now())
        problem = "too many writes"
        raise TransientError(problem, retry_after_s=60.0)

    overlay(bot, "forge", put_check_run=busy)
    while_busy = Collector(bot.services, lambda _: None)
    for _ in range(5):
        while_busy.collect()
        bot.clock.pass_s(1)

    assert len(asked) == 1


def test_the_roll_up_says_as_well_that_no_runner_is_there(bot: Bot) -> None:
    run = changed(bot, "first")

    note_no_runner(bot.services, run)
    assert titles(bot, "first") == ("Waiting: no live runner with linux",) * 2

    note_waiting(bot.services, run)
    assert titles(bot, "first") == ("Queued", "Queued")


def test_a_roll_up_that_is_being_measured_does_not_go_back_to_waiting(
    bot: Bot, collector: Collector
) -> None:
    run = changed(bot, "first")
    collector.collect()
    take(bot, done=12, total=41, spent_s=223.0)
    collector.collect()

    note_no_runner(bot.services, run)

    assert titles(bot, "first")[0] == "Measuring 12/41, ~9 min left"
