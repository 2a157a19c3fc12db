"""``highwater up`` as a process: everything comes up, comes back, and goes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from redis import Redis

from bot.addresses import free_port, is_healthy
from bot.embedded import running_url

UP = (sys.executable, "-P", "-m", "bot.cli.main", "up")
SERVICES = ["jobs", "runner", "scheduler", "web"]


@dataclass(frozen=True)
class Up:
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    state: Path

    def services(self) -> dict[str, psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return {_last_word(one): one for one in children}


def _last_word(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[-1:])
    except psutil.Error:  # it has just ended
        return ""


def _environ(state: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "HIGHWATER_STATE_DIR": str(state),
        "HIGHWATER_CACHE_DIR": str(state / "cache"),
        "HIGHWATER_PORT": str(port),
        "HIGHWATER_FORGE": "local",
        "HIGHWATER_WEBHOOK_SECRET": "made-up",
    }


@contextmanager
def _running(state: Path) -> Iterator[Up]:
    port, log = free_port("127.0.0.1"), state.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(UP, env=_environ(state, port), stdout=output, stderr=output)
    try:
        up = Up(process, port, log, state)
        _until(lambda: "Ctrl-C ends" in log.read_text(), log)
        yield up
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Run one for all tests after which it still serves."""
    with _running(tmp_path_factory.mktemp("up") / "state") as up:
        yield up


def _until(condition: Callable[[], object], log: Path, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def _ended(*arguments: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*UP, *arguments], env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_everything_comes_up_on_a_bare_machine(up: Up) -> None:
    _until(lambda: set(SERVICES) <= set(up.services()), up.log)

    # Another test may just have killed it: what counts is that it answers (again).
    _until(lambda: is_healthy("127.0.0.1", up.port), up.log)


def test_killed_services_come_back(up: Up) -> None:
    _until(lambda: set(SERVICES) <= set(up.services()), up.log)
    killed = {name: up.services()[name].pid for name in SERVICES}
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)

    def all_back() -> bool:
        now = up.services()
        return all(name in now and now[name].pid != killed[name] for name in SERVICES)

    _until(all_back, up.log)


def test_a_killed_queue_comes_back_with_what_was_in_it(up: Up) -> None:
    url = running_url(up.state)
    assert url is not None
    with Redis.from_url(url) as client:
        client.rpush("kept", "order")
    children = psutil.Process(up.process.pid).children()
    valkey = next(one for one in children if "valkey-server" in one.name())
    valkey.kill()
    valkey.wait(10)

    _until(lambda: running_url(up.state) is not None, up.log)
    with Redis.from_url(url) as client:
        assert client.lrange("kept", 0, -1) == [b"order"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_ten_seconds_and_leaves_no_process(
    tmp_path: Path, number: signal.Signals
) -> None:
    with _running(tmp_path / "state") as up:
        everyone = psutil.Process(up.process.pid).children(recursive=True)
        started = time.monotonic()
        up.process.send_signal(number)
        code = up.process.wait(30)

        took = time.monotonic() - started
        _gone, alive = psutil.wait_procs(everyone, timeout=1)
    assert (code, alive, took < 10.0) == (0, [], True)


def test_nothing_is_left_when_it_is_killed_itself(tmp_path: Path) -> None:
    with _running(tmp_path / "state") as up:
        everyone = psutil.Process(up.process.pid).children(recursive=True)
        up.process.kill()

        _gone, alive = psutil.wait_procs(everyone, timeout=20)
    assert alive == []


def test_a_second_one_on_the_same_state_directory_is_refused(up: Up) -> None:
    second = _ended(environ=_environ(up.state, free_port("127.0.0.1")))

    assert (second.returncode, "runs already" in second.stderr) == (5, True)


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = _ended(environ=_environ(tmp_path / "state", port))

    assert (ended.returncode, f"127.0.0.1:{port}" in ended.stderr) == (5, True)


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    state = tmp_path / "file" / "state"

    ended = _ended(environ=_environ(state, free_port("127.0.0.1")))

    assert (ended.returncode, str(state) in ended.stderr) == (5, True)


def test_without_a_webhook_secret_it_says_what_to_set(tmp_path: Path) -> None:
    environ = _environ(tmp_path / "state", free_port("127.0.0.1"))
    del environ["HIGHWATER_WEBHOOK_SECRET"]

    ended = _ended(environ=environ)

    assert (ended.returncode, "HIGHWATER_WEBHOOK_SECRET" in ended.stderr) == (5, True)


def test_the_runner_is_given_none_of_the_bots_secrets(up: Up) -> None:
    _until(lambda: "runner" in up.services(), up.log)

    assert "made-up" not in up.services()["runner"].environ().values()
