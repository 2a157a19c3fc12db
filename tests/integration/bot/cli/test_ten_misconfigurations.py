"""``doctor`` finds nothing on a healthy set-up, and each likely mistake, in time."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.cli.diagnosis_github import clock_of
from bot.github.app_wants import EVENTS, PERMISSIONS
from bot.github.signature import sign
from bot.store.checks import CheckRecord, CheckStore, RunRecord
from bot.store.engine import open_database
from bot.store.migrate import migrate
from engine.configuration import Policy
from engine.values import CheckId, RepositoryName, RunId
from tests.fakes import github as fake_module
from tests.fakes import github_shapes
from tests.fakes.cli import run_cli
from tests.fakes.evidence import BASE, HEAD, TARGET, benchmark_order
from tests.fakes.github import FakeGitHub, fake_github
from tests.fakes.github_world import APP_ID, World
from tests.fakes.valkey import Valkey, valkey
from worker.queue.heartbeat import RunnerState, beat

__all__ = ["valkey"]

PUBLIC = "https://highwater.example.org"
SECRET = "f00dfeedf00dfeed"
GIB = 1024**3


HEARTBEAT = RunnerState(
    name="bench",
    tags=("linux", "x86_64"),
    seen_utc=datetime(2026, 11, 20, tzinfo=UTC),
    fingerprint="f" * 16,
    load=0.5,
    free_disk_bytes=10**9,
    run=None,
    worker="bench-1",
)


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@dataclass
class SetUp:
    """A bot that is set up well, as ``doctor`` sees it; a test breaks one thing of it."""

    folder: Path
    github: FakeGitHub
    valkey: Valkey
    app: dict[str, Any]
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'state' / 'highwater.db'}"


Break = Callable[[SetUp, pytest.MonkeyPatch], None]


@pytest.fixture
def healthy(
    tmp_path: Path,
    valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SetUp]:
    for name in ("state", "cache", "start", "forge"):
        (tmp_path / name).mkdir(mode=0o700)
    with fake_github(tmp_path / "forge") as github:
        held = {one.name: one.level for one in PERMISSIONS}
        plain = github_shapes.app()
        app = {**plain, "permissions": held, "events": [one.name for one in EVENTS]}
        monkeypatch.setattr(github_shapes, "app", lambda: app)
        github.world.hook_config = hook_config()
        delivered(github, 202, SECRET)
        one = SetUp(tmp_path, github, valkey, app)
        one.environ = settings_of(one)
        migrate(one.database)
        beat(valkey.client(), HEARTBEAT)
        monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(100 * GIB, 0, 50 * GIB))
        monkeypatch.chdir(tmp_path / "start")
        yield one


def hook_config(**changes: str) -> dict[str, str]:
    return {
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "********",
        "url": f"{PUBLIC}/webhook",
        **changes,
    }


def settings_of(one: SetUp) -> dict[str, str]:
    return {
        "HIGHWATER_STATE_DIR": str(one.folder / "state"),
        "HIGHWATER_CACHE_DIR": str(one.folder / "cache"),
        "HIGHWATER_PUBLIC_URL": PUBLIC,
        "HIGHWATER_WEBHOOK_SECRET": SECRET,
        "HIGHWATER_GITHUB_APP_ID": APP_ID,
        "HIGHWATER_GITHUB_PRIVATE_KEY": one.github.world.private_key,
        "HIGHWATER_GITHUB_API_URL": f"{one.github.base_url}/api/v3",
        "HIGHWATER_GITHUB_CLONE_URL": one.github.base_url + "/{repository}.git",
        "REDIS_URL": one.valkey.url,
    }


def delivered(github: FakeGitHub, status: int, secret: str, event: str = "push") -> None:
    """Let GitHub have posted something, signed with *secret*, that was answered with *status*."""
    payload = {"zen": "Größe"}
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    github.world.hook_deliveries.append(
        {
            "id": next(github.world.ids),
            "guid": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
            "event": event,
            "action": None,
            "delivered_at": f"2026-11-20T12:00:{len(github.world.hook_deliveries):02d}Z",
            "status_code": status,
            "redelivery": False,
            "request": {
                "headers": {"X-Hub-Signature-256": sign(body, secret.encode())},
                "payload": payload,
            },
        }
    )


def findings(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, str]], float]:
    """Run ``doctor``; gives what it finds, save how busy this very machine is, and the seconds."""
    for name, value in one.environ.items():
        monkeypatch.setenv(name, value)
    begun = time.monotonic()
    result = run_cli("doctor", "--format", "json")
    took_s = time.monotonic() - begun
    rows = json.loads(result.stdout)["checks"]
    found = [
        row for row in rows if row["status"] in {"warning", "problem"} and row["name"] != "noise"
    ]
    return found, took_s


def test_on_a_healthy_set_up_nothing_is_found(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, took_s = findings(healthy, monkeypatch)

    assert found == []
    assert took_s < 5
    assert healthy.github.violations == []


CHECK = CheckRecord(
    id=CheckId("c7"),
    repository=RepositoryName("o/r"),
    installation=1,
    pull_request=7,
    head=HEAD,
    base=BASE,
    target=TARGET,
    policy_commit=TARGET,
    base_ref="main",
    opened_utc=HEARTBEAT.seen_utc,
    claimed_until_utc=HEARTBEAT.seen_utc,
    retry_utc=HEARTBEAT.seen_utc,
    policy=Policy(),
    skipped=(),
)
RUN = RunRecord(
    run=RunId("c7-1"),
    check=CHECK.id,
    position=0,
    check_name="highwater / core (bench-a+linux)",
    tags=("bench-a", "linux"),
    order=benchmark_order("c7-1"),
    terms=b"{}",
)


def wrong_secret(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered(one.github, 401, "another text")


def unsigned(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    del one.github.world.hook_config["secret"]


def clock_skew(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        fake_module._Handler,
        "date_time_string",
        lambda _self, _timestamp=None: "Fri, 20 Nov 2020 12:00:00 GMT",
    )


def missing_permission(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    one.app["permissions"] = {**one.app["permissions"], "contents": "read"}


def missing_event(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    one.app["events"] = ["push"]


def wrong_key(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    one.environ["HIGHWATER_GITHUB_PRIVATE_KEY"] = World(one.folder, key=key).private_key


def no_runner(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(one.database)
    CheckStore(database).open_check(CHECK, [RUN])
    database.dispose()


def plaintext_redis(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    one.environ["QUEUE_URL"] = "redis://:hunter2@queue.example.org:6379/0"
    monkeypatch.setattr("bot.cli.diagnosis_services.live_runners", lambda _: (HEARTBEAT,))


def full_disk(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(100 * GIB, 0, GIB // 2))


def wrong_api_url(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    one.environ["HIGHWATER_GITHUB_API_URL"] = f"{one.github.base_url}/api/v4"


def wrong_public_url(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    one.github.world.hook_config = hook_config(url="https://old.example.org/webhook")


def wrong_clone_url(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    one.environ["HIGHWATER_GITHUB_CLONE_URL"] = "https://github.com/{repository}.git"


def missing_migration(one: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    (one.folder / "state" / "old.db").touch(mode=0o600)
    one.environ["DATABASE_URL"] = f"sqlite:///{one.folder / 'state' / 'old.db'}"


@pytest.mark.parametrize(
    "mistake,told",
    [
        (wrong_secret, ("hook secret", "another secret", "HIGHWATER_WEBHOOK_SECRET")),
        (unsigned, ("hook secret", "signs nothing", "App's page")),
        (clock_skew, ("clock", "ahead of GitHub's", "NTP")),
        (missing_permission, ("github", "Contents: write", "App's page")),
        (missing_event, ("github", "event Pull request", "App's page")),
        (wrong_key, ("github", "401", "private key")),
        (no_runner, ("runners", "bench-a,linux", "highwater runner --tags bench-a,linux")),
        (plaintext_redis, ("queue", "no TLS", "rediss://")),
        (full_disk, ("state directory", "0.5 GiB free", "Free some space")),
        (wrong_api_url, ("github", "404", "/api/v3")),
        (wrong_public_url, ("hook address", "old.example.org", "HIGHWATER_PUBLIC_URL")),
        (wrong_clone_url, ("clone address", "github.com", "HIGHWATER_GITHUB_CLONE_URL")),
        (missing_migration, ("database", "at revision none", "highwater migrate")),
    ],
)
def test_a_likely_mistake_is_found_with_its_remedy_in_time(
    healthy: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    mistake: Break,
    told: tuple[str, str, str],
) -> None:
    name, said, remedy = told
    mistake(healthy, monkeypatch)

    found, took_s = findings(healthy, monkeypatch)

    rows = {row["name"]: row for row in found}
    assert name in rows, found
    assert said in rows[name]["found"]
    assert remedy in rows[name]["remedy"]
    assert {row["name"] for row in found} <= {name, "cache directory"}
    assert took_s < 5


def test_that_there_is_no_sandbox_is_said_and_is_nothing_to_mend(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in healthy.environ.items():
        monkeypatch.setenv(name, value)

    result = run_cli("doctor")

    assert (result.code, "· sandbox: none in this version" in result.stdout) == (0, True)


def test_a_secret_that_was_mended_since_is_not_found(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(healthy.github, 401, SECRET)

    assert findings(healthy, monkeypatch)[0] == []


def test_the_ping_of_a_new_app_that_nobody_heard_is_not_found(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(healthy.github, 502, SECRET, event="ping")

    assert findings(healthy, monkeypatch)[0] == []


def test_a_delivery_that_found_nobody_is(healthy: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered(healthy.github, 502, SECRET)

    ((found,), _) = findings(healthy, monkeypatch)

    assert (found["name"], found["status"]) == ("hook address", "warning")


@pytest.mark.parametrize(
    "found,said",
    [
        ([], "installed nowhere"),
        ([{"account": {"login": "acme"}, "permissions": {"checks": "write"}}], "acme has not"),
        ([{"account": {"login": "acme"}, "suspended_at": "2026-11-20"}], "acme has suspended"),
    ],
)
def test_an_installation_that_gives_less_is_named(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch, found: list[dict[str, Any]], said: str
) -> None:
    monkeypatch.setattr(github_shapes, "installations", lambda: found)

    ((row,), _) = findings(healthy, monkeypatch)

    assert (row["name"], said in row["found"]) == ("github", True)


def test_what_answers_in_another_tongue_is_no_github(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy.github.fail("GET", "^/$", fake_module.Failure(200, "Welcome to nginx"))

    ((row,), _) = findings(healthy, monkeypatch)

    assert ("not GitHub's API" in row["found"], "/api/v3" in row["remedy"]) == (True, True)


def test_a_github_that_never_answers_holds_nothing_up(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"http://127.0.0.1:{silent.getsockname()[1]}"
        healthy.environ["HIGHWATER_GITHUB_API_URL"] = place
        found, took_s = findings(healthy, monkeypatch)

    assert ([row["name"] for row in found], took_s < 5) == (["github"], True)


def test_a_redis_that_never_answers_holds_nothing_up(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        healthy.environ["REDIS_URL"] = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        found, took_s = findings(healthy, monkeypatch)

    told = {row["name"]: row["found"] for row in found}
    assert told["redis"].startswith("REDIS_URL: ")  # by itself, without having been given up
    assert took_s < 5


def test_a_check_that_hangs_is_given_up_and_named(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_oracle(_subject: object) -> tuple[()]:
        time.sleep(20)
        return ()

    monkeypatch.setattr("bot.cli.doctor.CHECKS", (check_oracle,))
    monkeypatch.setattr("bot.cli.doctor.PATIENCE_S", 0.2)

    ((row,), took_s) = findings(healthy, monkeypatch)

    assert (row["name"], took_s < 5) == ("oracle", True)


def test_the_clock_is_compared_at_its_limits() -> None:
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def status(date: str) -> list[str]:
        return [row.status for row in clock_of({"date": date}, now)]

    assert status("Fri, 20 Nov 2026 11:59:50 GMT") == ["ok"]
    assert status("Fri, 20 Nov 2026 12:00:30 GMT") == ["warning"]
    assert status("Fri, 20 Nov 2026 11:58:00 GMT") == ["problem"]
    assert status("none") == []


def test_webhooks_that_are_fetched_may_have_been_sent_in_vain_to_anywhere(
    healthy: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy.environ["HIGHWATER_POLL"] = "20s"
    wrong_public_url(healthy, monkeypatch)
    delivered(healthy.github, 502, SECRET)

    assert findings(healthy, monkeypatch)[0] == []
