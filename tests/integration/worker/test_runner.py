"""The runner on a real queue: killed, cancelled, told to stop, offered what is no order."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import msgspec
import psutil
import pytest
from rq import Callback, Queue, Retry
from rq.job import Job
from rq.serializers import JSONSerializer

from engine.orders import RunOrder, RunReport
from engine.values import RunId
from tests.fakes.orders import BENCH, Source, Work
from tests.fakes.runners import Fleet, running, wait_until
from tests.fakes.valkey import Valkey, valkey
from worker import runner
from worker.machine import this_machine
from worker.queue.codec import decode_report
from worker.queue.names import own_tag
from worker.queue.places import OrderPlace
from worker.runner import RunnerWorker
from worker.settings import RunnerSettings

__all__ = ["valkey"]

# For as long as a file is there, it leaves a daemon behind and never ends.
HANG = """\
import os, pathlib, subprocess, time
flag = pathlib.Path({flag!r})
if flag.exists():
    subprocess.run(["sh", "-c", "(setsid setsid env -i {variable} sleep {daemon} &)"], cwd={cwd!r})
    flag.with_suffix(".up").touch()
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def fleet(tmp_path: Path, valkey: Valkey, cache: Path) -> Fleet:
    return Fleet.on(Work(tmp_path, cache), valkey)


def simple(fleet: Fleet) -> tuple[RunOrder, OrderPlace]:
    source = fleet.work.repository({"bench.py": BENCH})
    order = source.order()
    return order, fleet.submit(source, order)


def stubborn(
    fleet: Fleet, daemon: str, variable: str = "", cwd: str = "."
) -> tuple[RunOrder, OrderPlace, Path]:
    """Submit an order that hangs as long as the given flag file is there."""
    flag = fleet.work.folder / "hang"
    flag.touch()
    bench = HANG.format(flag=str(flag), daemon=daemon, variable=variable, cwd=cwd) + BENCH
    source: Source = fleet.work.repository({"bench.py": bench})
    order = source.order()
    return order, fleet.submit(source, order), flag


def another(fleet: Fleet) -> tuple[Source, RunOrder]:
    source = Work(fleet.work.folder / "second").repository({"bench.py": BENCH})
    return source, source.order("check-2")


def is_idle(fleet: Fleet) -> bool:
    connection = fleet.valkey.client()
    return any(connection.hget(key, "state") == b"idle" for key in connection.keys("rq:worker:*"))


def wait_until_hanging(flag: Path, daemon: str) -> None:
    wait_until(flag.with_suffix(".up").exists)
    wait_until(lambda: bool(running("sleep", daemon)))


def report(place: OrderPlace, order: RunOrder) -> RunReport:
    wait_until(place.report.exists)
    return decode_report(place.report.read_bytes(), order)


def horse_of(runner: subprocess.Popen[bytes]) -> psutil.Process:
    """Find the forked child that carries out the order."""
    return psutil.Process(runner.pid).children()[0]


def test_an_order_ends_in_a_report_on_the_disk(fleet: Fleet) -> None:
    order, place = simple(fleet)
    with fleet.runner("--once") as runner:
        found = report(place, order)
        assert runner.wait(30) == 0
    assert found.failure is None
    assert fleet.queue.lost() == ()


def test_a_live_runner_is_listed_with_its_tags_and_machine(fleet: Fleet) -> None:
    with fleet.runner():
        wait_until(lambda: len(fleet.queue.runners()) == 1)
        state = fleet.queue.runners()[0]
    assert (state.name, state.tags, state.run) == ("tester", ("linux", "x86_64"), None)
    assert state.free_disk_bytes > 0


def test_progress_is_told_while_an_order_is_carried_out(fleet: Fleet) -> None:
    order, _, flag = stubborn(fleet, "7200.5")
    with fleet.runner():
        wait_until_hanging(flag, "7200.5")
        told = fleet.queue.progress(RunId(order.run))
        assert wait_until(lambda: fleet.works_on(order.run)) < 2
    assert told is not None
    assert told.what == "pairs of launches"


def test_sigkill_of_the_runner_leaves_no_process_and_the_order_can_be_done_again(
    fleet: Fleet,
) -> None:
    order, place, flag = stubborn(fleet, "7201.5")
    with fleet.runner() as runner:
        wait_until_hanging(flag, "7201.5")
        runner.kill()
        wait_until(lambda: not running("sleep", "7201.5"), within_s=10)
    flag.unlink()
    with fleet.runner():
        assert wait_until(lambda: fleet.is_lost(order.run)) < 10  # no need to await the heartbeat
        fleet.queue.requeue(RunId(order.run))
        assert report(place, order).failure is None


def test_sigkill_of_runner_and_child_at_once_leaves_no_process(fleet: Fleet) -> None:
    _, _, flag = stubborn(fleet, "7202.5")
    with fleet.runner() as runner:
        wait_until_hanging(flag, "7202.5")
        horse = horse_of(runner)
        runner.send_signal(signal.SIGSTOP)  # so that it cannot do anything about it
        horse.kill()
        runner.kill()
        wait_until(lambda: not running("sleep", "7202.5"), within_s=10)


def test_a_killed_runner_counts_as_lost_once_its_heartbeat_has_expired(fleet: Fleet) -> None:
    order, _, flag = stubborn(fleet, "7203.5")
    connection = fleet.valkey.client()
    with fleet.runner() as runner:
        wait_until_hanging(flag, "7203.5")
        runner.kill()
        (heartbeat,) = connection.keys("hw:runner:*")
        assert 0 < connection.ttl(heartbeat) <= 20
        assert not fleet.is_lost(order.run)
        connection.pexpire(heartbeat, 1)
        assert wait_until(lambda: fleet.is_lost(order.run)) < 2


@pytest.mark.parametrize(
    "daemon, variable, cwd",
    [("7204.5", "HIGHWATER_MARK=$HIGHWATER_MARK", "/"), ("7214.5", "", ".")],
    ids=["mark", "folder"],
)
def test_what_escaped_a_dead_runner_is_killed_when_it_starts_again(
    fleet: Fleet, daemon: str, variable: str, cwd: str
) -> None:
    order, place, flag = stubborn(fleet, daemon, variable, cwd)
    with fleet.runner() as runner:
        wait_until_hanging(flag, daemon)
        horse = horse_of(runner)
        everyone = [psutil.Process(runner.pid), horse, *horse.children()]
        for number in (signal.SIGSTOP, signal.SIGKILL):  # none can clear up after another
            for process in everyone:
                process.send_signal(number)
    assert running("sleep", daemon)
    flag.unlink()
    with fleet.runner():
        wait_until(lambda: not running("sleep", daemon), within_s=20)
        wait_until(lambda: fleet.is_lost(order.run))
        fleet.queue.requeue(RunId(order.run))
        assert report(place, order).failure is None


def test_cancelling_frees_the_runner_within_ten_seconds(fleet: Fleet) -> None:
    order, _, flag = stubborn(fleet, "7205.5")
    with fleet.runner():
        wait_until_hanging(flag, "7205.5")
        fleet.queue.cancel(RunId(order.run))
        freed = wait_until(lambda: not running("sleep", "7205.5") and not fleet.works_on(order.run))
    assert freed < 10


def test_cancelling_works_even_when_the_message_is_missed(fleet: Fleet) -> None:
    order, _, flag = stubborn(fleet, "7206.5")
    with fleet.runner():
        wait_until_hanging(flag, "7206.5")
        fleet.valkey.client().set(f"hw:cancelled:{order.run}", 1)  # the mark without the message
        freed = wait_until(lambda: not running("sleep", "7206.5") and not fleet.works_on(order.run))
    assert freed < 10


def test_the_runner_goes_on_with_the_next_order_after_a_cancelled_one(fleet: Fleet) -> None:
    order, _, flag = stubborn(fleet, "7207.5")
    source, other = another(fleet)
    with fleet.runner():
        wait_until_hanging(flag, "7207.5")
        place = fleet.submit(source, other)
        fleet.queue.cancel(RunId(order.run))
        assert report(place, other).failure is None
    assert fleet.queue.lost() == ()


def test_an_order_cancelled_while_it_waits_is_never_carried_out(fleet: Fleet) -> None:
    order, place = simple(fleet)
    source, other = another(fleet)
    fleet.queue.cancel(RunId(order.run))
    other_place = fleet.submit(source, other)
    with fleet.runner():
        report(other_place, other)
    assert not place.report.exists()


def test_sigterm_lets_the_order_at_hand_end_first(fleet: Fleet) -> None:
    order, place, flag = stubborn(fleet, "7208.5")
    with fleet.runner() as runner:
        wait_until_hanging(flag, "7208.5")
        runner.terminate()
        time.sleep(0.5)
        assert runner.poll() is None
        flag.unlink()
        for process in running("sleep", "7208.5"):
            process.kill()
        hanging = [p for p in horse_of(runner).children(recursive=True) if _is_bench(p)]
        for process in hanging:
            process.kill()
        assert report(place, order).failure is not None  # it was killed, and that is reported
        assert runner.wait(30) == 0


def test_an_idle_runner_ends_at_once_on_sigterm(fleet: Fleet) -> None:
    with fleet.runner() as runner:
        wait_until(lambda: is_idle(fleet))
        runner.terminate()
        assert runner.wait(10) == 0
    assert fleet.queue.runners() == ()


def test_a_second_runner_of_the_same_name_is_refused(fleet: Fleet) -> None:
    with fleet.runner():
        wait_until(lambda: len(fleet.queue.runners()) == 1)
        with fleet.runner() as second:
            assert second.wait(30) == 5


def test_a_job_that_names_another_function_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    queue = Queue("hw:linux:pr", connection=fleet.valkey.client(), serializer=JSONSerializer)
    job = queue.enqueue("os.system", f"touch {evidence}", retry=Retry(max=1))
    with fleet.runner():
        wait_until(lambda: _status(fleet, job.id) == "failed")
    assert not evidence.exists()


def test_a_jobs_callbacks_are_not_carried_out(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = tmp_path / "evidence"
    module = f"import pathlib\ndef leave(*_):\n    pathlib.Path({str(evidence)!r}).touch()\n"
    (tmp_path / "hostile_callbacks.py").write_text(module)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    queue = Queue("hw:linux:pr", connection=fleet.valkey.client(), serializer=JSONSerializer)
    callback = Callback("hostile_callbacks.leave")
    job = queue.enqueue("worker.jobs.execute_run", "{}", on_failure=callback, on_success=callback)
    with fleet.runner():
        wait_until(lambda: _status(fleet, job.id) == "failed")
    assert not evidence.exists()


def test_work_that_cannot_be_removed_ends_no_runner(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_settings: RunnerSettings) -> None:
        raise PermissionError

    monkeypatch.setattr(runner, "clear_up", failing)
    worker = RunnerWorker(fleet.work.settings, fleet.valkey.client(), "one")
    queue = Queue("hw:linux:pr", connection=fleet.valkey.client(), serializer=JSONSerializer)
    job = queue.enqueue("os.system", "true")
    worker.execute_job(job, queue)
    assert worker.working_on is None


def test_a_pickled_job_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    queue = Queue("hw:linux:pr", connection=fleet.valkey.client())
    job = queue.enqueue(os.mkdir, str(evidence))
    with fleet.runner():
        wait_until(lambda: _status(fleet, job.id) == "failed")
    assert not evidence.exists()


def test_a_report_that_is_there_already_is_not_measured_again(fleet: Fleet) -> None:
    order, place = simple(fleet)
    with fleet.runner("--once") as runner:
        report(place, order)
        runner.wait(30)
    before = place.report.stat().st_mtime_ns
    fleet.queue.requeue(RunId(order.run))
    with fleet.runner("--once") as runner:
        assert runner.wait(60) == 0
    assert place.report.stat().st_mtime_ns == before


def test_a_runner_goes_on_when_its_queue_was_away_for_a_moment(fleet: Fleet) -> None:
    with fleet.runner():
        wait_until(lambda: is_idle(fleet))
        fleet.valkey.kill()
        time.sleep(0.5)
        fleet.valkey.start()
        order, place = simple(fleet)
        assert report(place, order).failure is None


def test_a_runner_whose_queue_goes_away_under_its_work_ends_with_a_clear_message(
    fleet: Fleet, capfd: pytest.CaptureFixture[str]
) -> None:
    _, _, flag = stubborn(fleet, "7209.5")
    with fleet.runner() as runner:
        wait_until_hanging(flag, "7209.5")
        fleet.valkey.kill()
        assert runner.wait(60) == 5
        wait_until(lambda: not running("sleep", "7209.5"), within_s=10)
    error = capfd.readouterr().err
    assert "The runner lost its queue" in error


def test_a_queue_that_is_away_is_said_clearly(
    fleet: Fleet, capfd: pytest.CaptureFixture[str]
) -> None:
    fleet.valkey.kill()
    with fleet.runner() as runner:
        assert runner.wait(30) == 5
    error = capfd.readouterr().err
    assert "The queue cannot be reached" in error
    assert "Traceback" not in error


def _status(fleet: Fleet, job_id: str) -> str:
    connection = fleet.valkey.client()
    job = Job.fetch(job_id, connection=connection, serializer=JSONSerializer)
    return str(job.get_status().value)


def _is_bench(process: psutil.Process) -> bool:
    return process.cmdline()[1:2] == ["bench.py"]


def submitted_to(fleet: Fleet, name: str, **fields: object) -> tuple[RunOrder, OrderPlace]:
    """Submit an order that is meant for the runner of that name alone."""
    source = fleet.work.repository({"bench.py": BENCH})
    order = msgspec.structs.replace(source.order(), **fields)
    place = fleet.work.place(order, source)
    fleet.queue.submit(order, [own_tag(name)])
    return order, place


def test_a_runner_takes_what_is_meant_for_it_alone(fleet: Fleet) -> None:
    order, place = submitted_to(fleet, "tester", not_on=("another",))
    with fleet.runner("--once"):
        assert report(place, order).failure is None


def test_a_runner_leaves_what_is_meant_for_another(fleet: Fleet) -> None:
    _, meant = submitted_to(fleet, "another")
    source, order = another(fleet)
    place = fleet.submit(source, order)
    with fleet.runner("--once") as runner:
        report(place, order)
        assert runner.wait(30) == 0
    assert not meant.report.exists()


@pytest.mark.parametrize("barred", ["tester", this_machine().fingerprint])
def test_a_runner_measures_nothing_of_an_order_that_it_may_not_take(
    fleet: Fleet, barred: str
) -> None:
    order, place = submitted_to(fleet, "tester", not_on=(barred,))
    with fleet.runner("--once"):
        found = report(place, order)
    assert found.evidence is None
    assert found.failure is not None
    assert (found.failure.blame, found.failure.step) == (
        "runner",
        "take the order: another runner is to carry it out",
    )
