"""Each command of the Procfile starts, comes up and ends cleanly, as on a machine of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from bot.cli.services import is_healthy
from bot.store.migrate import migrate
from tests.fakes.valkey import Valkey, valkey  # noqa: F401 - a fixture

UP_WITHIN_S = 60.0
ENDS_WITHIN_S = 20.0
SIGNS = {"jobs": "hw:jobs:*", "scheduler": "hw:leader:*", "runner": "hw:runner:*"}
COMMANDS = {
    name: command.split()
    for name, _, command in (
        line.partition(": ")
        for line in (Path(__file__).parents[3] / "Procfile").read_text().splitlines()
    )
}


@pytest.fixture
def environ(tmp_path: Path, valkey: Valkey) -> dict[str, str]:  # noqa: F811
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database = f"sqlite:///{tmp_path / 'highwater.db'}"
    migrate(database)
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "REDIS_URL": valkey.url,
        "QUEUE_URL": valkey.url,
        "DATABASE_URL": database,
        "HIGHWATER_STATE_DIR": str(tmp_path / "state"),
        "HIGHWATER_CACHE_DIR": str(tmp_path / "cache"),
        "HIGHWATER_PORT": str(port),
        "HIGHWATER_WEBHOOK_SECRET": "made-up",
    }


@contextmanager
def started(name: str, environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stream:
        process = subprocess.Popen(
            COMMANDS[name],
            env=environ,
            cwd=log.parent,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def is_up(name: str, environ: dict[str, str], connection: Redis) -> bool:
    if name == "web":
        return is_healthy("127.0.0.1", int(environ["HIGHWATER_PORT"]))
    return next(connection.scan_iter(match=SIGNS[name]), None) is not None


def catches_sigterm(process: subprocess.Popen[bytes]) -> bool:
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def wait_until_up(
    name: str,
    process: subprocess.Popen[bytes],
    environ: dict[str, str],
    valkey: Valkey,  # noqa: F811
) -> bool:
    deadline = time.monotonic() + UP_WITHIN_S
    connection = valkey.client()
    while process.poll() is None and time.monotonic() < deadline:
        if is_up(name, environ, connection) and catches_sigterm(process):
            return True
        time.sleep(0.1)
    return False


def test_it_names_the_four_services() -> None:
    assert list(COMMANDS) == ["web", "jobs", "scheduler", "runner"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_comes_up_and_ends_cleanly_on_sigterm(
    name: str,
    environ: dict[str, str],
    tmp_path: Path,
    valkey: Valkey,  # noqa: F811
) -> None:
    log = tmp_path / "log"
    with started(name, environ, log) as process:
        assert wait_until_up(name, process, environ, valkey), log.read_text()
        process.terminate()
        code = process.wait(ENDS_WITHIN_S)
    assert (code, "Traceback" in log.read_text()) == (0, False), log.read_text()
