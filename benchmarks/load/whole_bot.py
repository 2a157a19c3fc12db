"""The whole bot as ``highwater up`` runs it, in processes of its own: what load drivers press."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.addresses import is_healthy
from bot.local.deliver import Webhook, deliver
from bot.supervisor import ends_with, own_command

ROOT = Path(__file__).resolve().parents[2]
UP_WITHIN_S = 120.0
STOP_WITHIN_S = 30.0
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class WholeBot:
    """A bot that runs: where it listens, what deliveries are signed with, its processes."""

    port: int
    secret: str
    state_dir: Path
    process: subprocess.Popen[bytes]

    @property
    def database_url(self) -> str:
        """The database that its processes write to."""
        return f"sqlite:///{self.state_dir / 'highwater.db'}"

    def post(self, webhook: Webhook, delivery: str | None = None) -> int:
        """Deliver a signed webhook; raises TransientError when nobody answers."""
        url = f"http://{HOST}:{self.port}/webhook"
        return deliver(url, webhook, self.secret, delivery_id=delivery)

    def services(self, name: str) -> list[psutil.Process]:
        """Find the processes of ``highwater NAME``, its own children included."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            try:
                if name in child.cmdline():
                    found += [child, *child.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue  # it ended while we looked
        return found


@contextmanager
def whole_bot(state_dir: Path, given: Mapping[str, str]) -> Iterator[WholeBot]:
    """Run a bot on *state_dir* with the settings *given* until left."""
    port, secret = _free_port(), secrets.token_hex(20)
    environ = {
        **{name: text for name, text in os.environ.items() if not name.startswith("HIGHWATER_")},
        "HIGHWATER_STATE_DIR": str(state_dir),
        "HIGHWATER_PORT": str(port),
        "HIGHWATER_WEBHOOK_SECRET": secret,
        "HIGHWATER_ENV_FILE": os.devnull,
        "PYTHONPATH": str(ROOT),
        **given,
    }
    subprocess.run(own_command("migrate"), env=environ, check=True, stdout=subprocess.DEVNULL)
    with (state_dir / "services.log").open("ab") as log:
        process = subprocess.Popen(
            own_command("up"),
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=ends_with(os.getpid()),  # noqa: PLW1509 - it loads nothing after the fork
        )
    try:
        _wait_for(process, port, state_dir)
        yield WholeBot(port, secret, state_dir, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, state_dir: Path) -> None:
    until = time.monotonic() + UP_WITHIN_S
    while not is_healthy(HOST, port):
        if process.poll() is not None or time.monotonic() > until:
            message = f"the bot does not come up; see {state_dir / 'services.log'}"
            raise SystemExit(message)
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
