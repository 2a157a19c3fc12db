"""What goes wrong on the way: forks, forged reports, lost runners, outages, our own bugs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.checks.lost import lose_run, note_no_runner
from bot.ports import Conclusion
from bot.services import Services
from bot.store.deliveries import DeliveryStatus
from engine.orders import RunOrder, RunReport
from engine.values import DeliveryId, RunId
from tests.fakes.bot_stage import FILES, SLOWER, Bot, head_of, opened
from tests.fakes.forge_stage import NAME
from tests.fakes.order_queue import MemoryOrderQueue
from worker.queue.names import Lane

SUITE = "highwater / core (linux)"


def test_a_forks_head_is_neither_fetched_nor_run_and_its_check_says_so(bot: Bot) -> None:
    fork = bot.stage.disk.fork(bot.stage.root, "stranger/research")
    made = fork.commit("evil", {"work.py": SLOWER}, onto="main")

    bot.post(bot.stage.open_pull_request("stranger:evil", "main", "Trust me"))
    bot.work_off()

    run = bot.runs_of(made)["highwater"]
    assert (run.conclusion, run.title) == (Conclusion.ACTION_REQUIRED, "From a fork: not run")
    assert bot.orders == []
    mirror = bot.services.mirrors.root / f"{NAME}.git"
    assert not mirror.exists()


def test_a_report_of_another_order_is_refused_and_the_check_could_not_measure(bot: Bot) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    bot.measure()
    (order,) = bot.orders
    path = bot.services.place(RunId(order.run)).report
    report = msgspec.json.decode(path.read_bytes(), type=RunReport)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(report, nonce="guessed")))

    bot.collect()

    run = bot.runs_of(head_of(bot, "slower"))["highwater"]
    assert run.conclusion is Conclusion.NEUTRAL
    assert run.title.startswith("Could not measure")


def test_a_run_given_up_after_two_losses_ends_as_could_not_measure(bot: Bot) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    taken = bot.queue.take(["linux"])
    assert taken is not None
    run = RunId(taken.run)
    for _ in range(2):
        bot.services.checks.add_loss(run)

    lose_run(bot.services, run)
    bot.collect()

    shown = bot.runs_of(head_of(bot, "slower"))
    assert shown["highwater"].conclusion is Conclusion.NEUTRAL
    assert "2 times" in shown[SUITE].summary


def test_without_a_live_runner_the_check_names_the_tags(bot: Bot) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    order = bot.queue.waiting["hw:linux:pr"][0]

    note_no_runner(bot.services, RunId(order.run))

    assert bot.runs_of(head_of(bot, "slower"))[SUITE].title == (
        "Waiting: no live runner with linux"
    )


class FlakyQueue(MemoryOrderQueue):
    """A queue that is away at the first submission."""

    failures: int = 1

    def submit(self, order: RunOrder, tags: Sequence[str], lane: Lane = "pr") -> None:
        if self.failures:
            self.failures -= 1
            msg = "away"
            raise RedisConnectionError(msg)
        super().submit(order, tags, lane)


def test_an_outage_in_the_middle_of_starting_is_waited_for_and_measured_once(bot: Bot) -> None:
    flaky = FlakyQueue()
    bot.queue = flaky
    bot.services = _with_queue(bot, flaky)
    opened(bot, "slower", {"work.py": SLOWER})
    bot.work_off()
    assert bot.orders == []

    bot.clock.pass_s(60)
    bot.work_off()

    assert len(bot.orders) == 1
    assert bot.runs_of(head_of(bot, "slower"))["highwater"].conclusion is Conclusion.FAILURE


class BrokenQueue(MemoryOrderQueue):
    """A queue with a bug of ours in it."""

    def submit(self, order: RunOrder, tags: Sequence[str], lane: Lane = "pr") -> None:
        raise ZeroDivisionError


def test_a_bug_of_ours_ends_the_check_and_fails_the_delivery_for_a_redelivery(bot: Bot) -> None:
    broken = BrokenQueue()
    bot.queue = broken
    bot.services = _with_queue(bot, broken)
    bot.stage.disk.commit("slower", {"work.py": SLOWER}, onto="main")
    bot.post(bot.stage.open_pull_request("slower", "main", "Change"), delivery="d-1")

    bot.work_off()

    run = bot.runs_of(head_of(bot, "slower"))["highwater"]
    assert (run.status, run.conclusion) == ("completed", Conclusion.NEUTRAL)
    state = bot.services.deliveries.state(DeliveryId("d-1"))
    assert state is not None
    assert state.status is DeliveryStatus.FAILED


def test_a_check_whose_head_moved_while_it_was_measured_is_superseded(bot: Bot) -> None:
    bot.stage.disk.commit("moving", {"work.py": SLOWER}, onto="main")
    webhook = bot.stage.open_pull_request("moving", "main", "Change")
    bot.post(webhook)
    bot.handle()
    bot.measure()
    first = head_of(bot, "moving")
    bot.stage.disk.commit("moving", {"work.py": FILES["work.py"] + "\n"})
    bot.stage.push(webhook)  # the webhook of the push has not come yet

    bot.collect()

    assert bot.runs_of(first)["highwater"].conclusion is Conclusion.CANCELLED
    assert bot.stage.bodies(webhook.pull_request or 0) == []


def _with_queue(bot: Bot, queue: MemoryOrderQueue) -> Services:
    return replace(bot.services, queue=queue)
