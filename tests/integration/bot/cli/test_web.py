"""``highwater web`` for real: granian, a worker process, SQLite, HTTP over a socket."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bot.github.signature import sign
from bot.store.deliveries import DeliveryStatus, DeliveryStore
from bot.store.engine import open_database
from engine.values import DeliveryId
from tests.fakes.cli import run_cli
from tests.fakes.database import database_url

__all__ = ["database_url"]

SECRET = "it is a secret to everybody"
UP_WITHIN_S = 60.0


@dataclass
class Web:
    """A running receiver."""

    process: subprocess.Popen[bytes]
    port: int

    def post(self, delivery: str, body: bytes, secret: str = SECRET) -> int:
        headers = {
            "X-Hub-Signature-256": sign(body, secret.encode()),
            "X-GitHub-Delivery": delivery,
            "X-GitHub-Event": "ping",
        }
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", "/webhook", body, headers)
            return connection.getresponse().status

    def processes(self) -> list[psutil.Process]:
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def kill(self) -> None:
        """Kill every process of this receiver without a goodbye."""
        for each in self.processes():
            each.kill()
        self.process.wait(timeout=20)


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "HIGHWATER_STATE_DIR": str(tmp_path / "state"),
        "HIGHWATER_WEBHOOK_SECRET": SECRET,
    }


@pytest.fixture
def web(environ: dict[str, str], tmp_path: Path) -> Iterator[Web]:
    log = tmp_path / "web.log"
    command = [sys.executable, "-m", "bot.cli.main", "web", "--port", "0"]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environ, stderr=stream)
    started = Web(process, _port(process, log))
    mine = started.processes()
    yield started
    # A worker whose main process is gone is no child of ours any more, so it was noted before.
    for each in mine:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()  # by handle: a pid that was given to another process is left alone
    process.wait(timeout=20)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        said = re.search(r"http://127\.0\.0\.1:(\d+)/webhook", log.read_text())
        if said and _answers(int(said[1])):
            return int(said[1])
        time.sleep(0.1)
    pytest.fail(f"web did not come up: {log.read_text()}")


def _answers(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
    except OSError:
        return False


def test_no_acknowledged_delivery_is_lost_when_the_receiver_is_killed(
    web: Web, database_url: str
) -> None:
    acknowledged: list[str] = []

    def send(sender: int) -> None:
        for number in range(400):
            name = f"d-{sender}-{number}"
            try:
                if web.post(name, name.encode() * 500) == 202:
                    acknowledged.append(name)
            except (OSError, http.client.HTTPException):
                return

    senders = [threading.Thread(target=send, args=(each,)) for each in range(4)]
    for sender in senders:
        sender.start()
    while len(acknowledged) < 60:
        time.sleep(0.005)
    web.kill()
    for sender in senders:
        sender.join()
    database = open_database(database_url)
    store = DeliveryStore(database)
    lost = [name for name in acknowledged if store.state(DeliveryId(name)) is None]
    database.dispose()
    assert lost == []


def test_a_wrong_signature_is_refused_over_the_wire(web: Web) -> None:
    assert web.post("d-1", b"{}", secret="another") == 401


def test_a_large_real_body_arrives_whole(web: Web, database_url: str) -> None:
    body = os.urandom(1_000_000)
    web.post("d-1", body)
    database = open_database(database_url)
    state = DeliveryStore(database).state(DeliveryId("d-1"))
    database.dispose()
    assert state is not None
    assert state.status is DeliveryStatus.WAITING


def test_no_worker_goes_on_serving_when_its_main_process_is_killed(web: Web) -> None:
    workers = web.processes()[1:]
    web.process.kill()
    web.process.wait(timeout=20)
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert (len(workers) > 0, alive) == (True, [])


@pytest.mark.parametrize("sign_of_end", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told(web: Web, sign_of_end: signal.Signals) -> None:
    processes = web.processes()
    web.process.send_signal(sign_of_end)
    web.process.wait(timeout=20)
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert (web.process.returncode, alive) == (0, [])


def _run(environ: dict[str, str], *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot.cli.main", "web", *flags]
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_port_that_is_taken_is_a_clear_error(environ: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ended = _run(environ, "--port", str(other.getsockname()[1]))
    assert (ended.returncode, "can listen on" in ended.stderr) == (5, True)


def test_a_database_that_was_not_migrated_is_a_clear_error(
    environ: dict[str, str], tmp_path: Path
) -> None:
    ended = _run({**environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"})
    assert (ended.returncode, "highwater migrate" in ended.stderr) == (5, True)


def test_migrate_says_from_where_to_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'fresh.db'}")
    first, again = (json.loads(run_cli("migrate", "--format", "json").stdout) for _ in range(2))
    assert (first["from"], again) == (None, {"from": first["to"], "to": first["to"]})
