"""``highwater web --poll`` for real: a machine that GitHub cannot reach gets its webhooks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.deliveries import DeliveryStatus, DeliveryStore
from bot.store.engine import open_database
from engine.values import DeliveryId
from tests.fakes.cli import run_cli
from tests.fakes.database import database_url
from tests.fakes.github import FakeGitHub
from tests.fakes.github_forge import fake
from tests.fakes.webhooks import example

__all__ = ["database_url", "fake"]

WITHIN_S = 60.0


def sent(fake: FakeGitHub, number: int) -> None:
    payload = example("pull_request", "opened") | {"number": number}
    fake.world.hook_deliveries.append(
        {
            "id": number,
            "guid": f"guid-{number}",
            "event": "pull_request",
            "action": "opened",
            "delivered_at": fake.world.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "status": "failed to connect to host",
            "status_code": 502,
            "redelivery": False,
            "request": {"headers": {}, "payload": payload},
        }
    )


@pytest.fixture
def environ(fake: FakeGitHub, database_url: str, tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "app.pem"
    key.write_text(fake.world.private_key)
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "HIGHWATER_STATE_DIR": str(tmp_path / "state"),
        "HIGHWATER_GITHUB_APP_ID": fake.app_id,
        "HIGHWATER_GITHUB_PRIVATE_KEY_FILE": str(key),
        "HIGHWATER_GITHUB_API_URL": fake.base_url,
        "HIGHWATER_LOG_LEVEL": "WARNING",
    }


@pytest.fixture
def polling(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "bot.cli.main", "web", "--port", "0", "--poll", "5s"]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    yield process
    process.terminate()
    process.wait(timeout=20)


def wait_for(store: DeliveryStore, guid: str) -> DeliveryStatus | None:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        state = store.state(DeliveryId(guid))
        if state is not None:
            return state.status
        time.sleep(0.1)
    return None


def test_what_github_could_not_deliver_is_stored_again_and_again(
    fake: FakeGitHub, database_url: str, polling: subprocess.Popen[bytes]
) -> None:
    database = open_database(database_url)
    store = DeliveryStore(database)
    sent(fake, 1)
    first = wait_for(store, "guid-1")
    sent(fake, 2)
    later = wait_for(store, "guid-2")
    database.dispose()

    assert (first, later) == (DeliveryStatus.WAITING, DeliveryStatus.WAITING)
    assert polling.poll() is None


def test_the_local_forge_has_nothing_to_poll(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HIGHWATER_STATE_DIR", str(tmp_path))
    finished = run_cli("web", "--port", "0", "--poll", "20s")
    assert (finished.code, "HIGHWATER_POLL" in finished.stderr) == (5, True)


def test_a_pause_that_is_too_short_is_wrong_usage() -> None:
    finished = run_cli("web", "--poll", "1s")
    assert (finished.code, "20s" in finished.stderr) == (2, True)
