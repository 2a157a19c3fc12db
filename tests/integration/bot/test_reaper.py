"""The reaper over the whole bot: what a runner leaves behind is done again, or concluded."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from rq import Queue, Retry, SimpleWorker
from rq.serializers import JSONSerializer

from bot.ports import Conclusion
from bot.reaper import Reaper
from bot.store.checks import RunStatus
from engine.orders import RunOrder
from engine.values import CheckId, RunId
from tests.fakes.bot_stage import SLOWER, Bot, alive, bot, head_of, opened
from tests.fakes.forge_stage import stage
from tests.fakes.scripted import scripted
from tests.fakes.valkey import Valkey, valkey
from worker.queue.heartbeat import RunnerState

__all__ = ["bot", "stage", "valkey"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)
SUITE = "highwater / core (linux)"


@pytest.fixture
def bot_jobs(valkey: Valkey) -> Queue:
    return Queue("bot", connection=valkey.client(), serializer=JSONSerializer)


@pytest.fixture
def reaper(bot: Bot, bot_jobs: Queue) -> Reaper:
    return Reaper(bot.services, bot_jobs)


def _alive(bot: Bot, *tags: str, run: str | None = None) -> None:
    state = RunnerState(
        name="runner-1",
        tags=tags,
        seen_utc=bot.clock.now(),
        fingerprint="f" * 16,
        load=0.0,
        free_disk_bytes=1,
        run=None if run is None else RunId(run),
        worker="runner-1",
    )
    bot.queue.live[:] = [state]


def _taken_by_the_dead(bot: Bot, branch: str = "slower") -> RunOrder:
    """Open a pull request whose order a runner takes that then dies."""
    opened(bot, branch, {"work.py": SLOWER})
    bot.handle()
    order = bot.queue.take(["linux"], worker="dead")
    assert order is not None
    return order


def test_an_order_of_a_dead_runner_is_put_back(bot: Bot, reaper: Reaper) -> None:
    order = _taken_by_the_dead(bot)

    reaper.sweep()

    assert bot.queue.take(["linux"]) == order


def test_an_order_lost_twice_concludes_that_it_could_not_be_measured(
    bot: Bot, reaper: Reaper
) -> None:
    _taken_by_the_dead(bot)
    reaper.sweep()
    bot.queue.take(["linux"], worker="dead too")

    reaper.sweep()
    bot.collect()

    runs = bot.runs_of(head_of(bot, "slower"))
    assert (runs["highwater"].status, runs[SUITE].conclusion) == ("completed", Conclusion.NEUTRAL)


def test_an_order_whose_report_is_written_is_not_measured_again(bot: Bot, reaper: Reaper) -> None:
    order = _taken_by_the_dead(bot)
    report = bot.services.place(RunId(order.run)).report
    report.write_bytes(b"{}")

    reaper.sweep()

    assert bot.queue.take(["linux"]) is None


def test_a_lost_order_of_a_superseded_check_leaves_the_queue(bot: Bot, reaper: Reaper) -> None:
    order = _taken_by_the_dead(bot)
    run = RunId(order.run)
    bot.services.checks.set_run_status(run, RunStatus.CANCELLED)

    reaper.sweep()

    assert run in bot.queue.cancelled


def test_an_order_without_a_live_runner_names_the_tags_within_a_minute(
    bot: Bot, reaper: Reaper
) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    _alive(bot, "macos")

    for _ in range(11):
        reaper.sweep()
        bot.clock.pass_s(5)

    assert "no live runner with linux" in bot.runs_of(head_of(bot, "slower"))[SUITE].title


def test_a_runner_that_is_only_restarted_is_not_missed(bot: Bot, reaper: Reaper) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    reaper.sweep()
    bot.clock.pass_s(10)
    reaper.sweep()
    _alive(bot, "linux", "x86_64")
    reaper.sweep()
    bot.clock.pass_s(15)

    bot.queue.live.clear()
    reaper.sweep()

    assert bot.runs_of(head_of(bot, "slower"))[SUITE].title == "Queued: 0 ahead"


def test_a_runner_that_comes_at_last_takes_the_note_away(bot: Bot, reaper: Reaper) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    reaper.sweep()
    bot.clock.pass_s(30)
    reaper.sweep()
    _alive(bot, "linux", "x86_64")

    reaper.sweep()

    assert bot.runs_of(head_of(bot, "slower"))[SUITE].title == "Queued"


def test_an_order_that_the_queue_forgot_is_sent_again(bot: Bot, reaper: Reaper) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    bot.queue.waiting.clear()
    bot.queue.known.clear()
    bot.clock.pass_s(61)

    reaper.sweep()

    assert bot.queue.take(["linux"]) is not None


def test_an_order_whose_source_was_never_written_concludes(bot: Bot, reaper: Reaper) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    order = bot.queue.take(["linux"], worker="runner-1")
    assert order is not None
    _alive(bot, "linux", run=order.run)
    bot.services.place(RunId(order.run)).bundle.unlink()
    bot.clock.pass_s(15 * 60)

    reaper.sweep()
    bot.collect()

    assert bot.runs_of(head_of(bot, "slower"))["highwater"].status == "completed"


def test_no_check_stays_in_progress_for_more_than_a_day(bot: Bot, reaper: Reaper) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    bot.clock.time += timedelta(hours=24)

    reaper.sweep()
    bot.collect()

    assert bot.runs_of(head_of(bot, "slower"))["highwater"].status == "completed"


def test_jobs_of_a_dead_jobs_process_are_restarted(reaper: Reaper, bot_jobs: Queue) -> None:
    job = bot_jobs.enqueue("builtins.len", "abc", retry=Retry(max=1))
    worker = SimpleWorker([bot_jobs], name="dead", connection=bot_jobs.connection)
    bot_jobs.remove(job.id)
    worker.prepare_execution(job)
    worker.prepare_job_execution(job)

    reaper.sweep()

    assert bot_jobs.job_ids == [job.id]


def _ended_unreported(bot: Bot) -> RunOrder:
    """Open a pull request whose order a runner ends without leaving a report."""
    order = _taken_by_the_dead(bot)
    bot.queue.finish(RunId(order.run))
    return order


def test_an_order_that_ended_without_a_report_is_put_back_after_a_minute(
    bot: Bot, reaper: Reaper
) -> None:
    order = _ended_unreported(bot)
    reaper.sweep()
    bot.clock.pass_s(60)

    reaper.sweep()

    assert bot.queue.take(["linux"]) == order


def test_an_order_that_ended_just_now_may_still_show_its_report(bot: Bot, reaper: Reaper) -> None:
    _ended_unreported(bot)
    reaper.sweep()
    bot.clock.pass_s(59)

    reaper.sweep()

    assert bot.queue.take(["linux"]) is None


def test_an_order_that_ended_twice_without_a_report_is_given_up(bot: Bot, reaper: Reaper) -> None:
    order = _ended_unreported(bot)
    for _ in range(2):
        reaper.sweep()
        bot.clock.pass_s(60)
        reaper.sweep()
        bot.queue.take(["linux"])
        bot.queue.finish(RunId(order.run))

    run = bot.services.checks.run(RunId(order.run))
    assert run is not None
    assert run.status is RunStatus.LOST


def test_what_the_reaper_logs_has_a_constant_name_and_keys(
    bot: Bot, reaper: Reaper, caplog: pytest.LogCaptureFixture
) -> None:
    order = _taken_by_the_dead(bot)

    reaper.sweep()

    (said,) = [record for record in caplog.records if record.name == "bot.reaper"]
    assert (said.getMessage(), vars(said)["run"]) == ("run_requeued", order.run)


def test_a_check_whose_opener_died_before_it_had_runs_is_ended(bot: Bot, reaper: Reaper) -> None:
    order = _taken_by_the_dead(bot)
    check = bot.services.checks.check_of_run(RunId(order.run))
    assert check is not None
    empty = msgspec.structs.replace(check, id=CheckId("empty"))
    bot.services.checks.open_check(empty, ())
    bot.clock.pass_s(15 * 60 + 1)

    reaper.sweep()

    ended = bot.services.checks.check(empty.id)
    assert ended is not None
    assert ended.status is not check.status


def _confirming(bot: Bot) -> RunId:
    """Open a pull request that the first runner finds slower, and a second is to confirm."""
    alive(bot, "runner-1", "runner-2")
    scripted(bot, {"runner-1": {"parse": 1.45}})
    opened(bot, "slower", {"work.py": SLOWER})
    bot.work_off()
    (run,) = (run for run, order in bot.queue.known.items() if order.confirms is not None)
    return run


def _second_at_work(bot: Bot, run: RunId | None) -> None:
    bot.queue.live[:] = [
        msgspec.structs.replace(state, run=run if state.name == "runner-2" else None)
        for state in bot.queue.live
    ]


def _ended_without_answer(bot: Bot) -> bool:
    """Collect; tells whether the check is red by the first runner alone."""
    bot.collect()
    run = bot.runs_of(head_of(bot, "slower"))[SUITE]
    return run.conclusion is Conclusion.FAILURE and "did not answer" in run.text


def test_a_confirmation_that_is_not_taken_up_in_a_quarter_of_an_hour_is_given_up(
    bot: Bot, reaper: Reaper
) -> None:
    run = _confirming(bot)
    reaper.sweep()
    bot.clock.pass_s(15 * 60)

    reaper.sweep()

    assert run in bot.queue.cancelled
    assert _ended_without_answer(bot)


def test_a_confirmation_is_waited_for_while_its_runner_may_still_take_it(
    bot: Bot, reaper: Reaper
) -> None:
    run = _confirming(bot)
    for _ in range(14):
        reaper.sweep()
        bot.clock.pass_s(60)

    reaper.sweep()

    assert run not in bot.queue.cancelled
    assert bot.runs_of(head_of(bot, "slower"))[SUITE].title == "Confirming on runner-2"


def test_a_confirmation_that_was_taken_up_may_take_its_time(bot: Bot, reaper: Reaper) -> None:
    run = _confirming(bot)
    bot.queue.take(["@runner-2"], worker="runner-2")
    for at_work in (None, run, run, None):
        _second_at_work(bot, at_work)
        reaper.sweep()
        bot.clock.pass_s(14 * 60)

    assert run not in bot.queue.cancelled


def test_a_confirmation_waits_as_long_as_its_runner_works_on_another_run(
    bot: Bot, reaper: Reaper
) -> None:
    run = _confirming(bot)
    for at_work in (None, *[RunId("another")] * 3, None):
        _second_at_work(bot, at_work)
        reaper.sweep()
        bot.clock.pass_s(14 * 60)
    assert run not in bot.queue.cancelled

    bot.clock.pass_s(60)
    reaper.sweep()

    assert run in bot.queue.cancelled


def test_a_confirmation_whose_runner_is_gone_is_given_up_at_once(bot: Bot, reaper: Reaper) -> None:
    _confirming(bot)
    alive(bot, "runner-1")
    reaper.sweep()
    bot.clock.pass_s(20)

    reaper.sweep()

    assert _ended_without_answer(bot)


def test_a_confirmation_lost_with_its_runner_is_not_put_back(bot: Bot, reaper: Reaper) -> None:
    run = _confirming(bot)
    bot.queue.take(["@runner-2"], worker="runner-2")
    alive(bot, "runner-1")

    reaper.sweep()

    assert run in bot.queue.cancelled
    assert _ended_without_answer(bot)


def test_a_confirmation_that_has_reported_is_not_given_up(bot: Bot, reaper: Reaper) -> None:
    run = _confirming(bot)
    alive(bot, "runner-1")
    reaper.sweep()
    bot.services.place(run).report.write_bytes(b"{}")
    bot.clock.pass_s(15 * 60)

    reaper.sweep()

    assert run not in bot.queue.cancelled


def test_a_confirmation_that_the_queue_forgot_is_sent_to_its_runner_again(
    bot: Bot, reaper: Reaper
) -> None:
    run = _confirming(bot)
    bot.queue.waiting.clear()
    bot.queue.known.clear()
    bot.clock.pass_s(61)

    reaper.sweep()

    taken = bot.queue.take(["@runner-2"])
    assert taken is not None
    assert taken.run == run
