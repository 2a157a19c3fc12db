from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from bot.app import create_app
from bot.github.signature import sign
from bot.store.checks import CheckRecord, CheckStore
from bot.store.deliveries import DeliveryStatus, DeliveryStore
from bot.store.engine import open_database
from bot.store.verdicts import StoredVerdict
from bot.web import MAX_BODY_BYTES, WebServices
from engine.values import CheckId, CommitSha, DeliveryId, Outcome, RepositoryName
from tests.fakes.database import database, database_url
from tests.fakes.webhooks import examples

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET = b"it is a secret to everybody"
BODY = b'{"hook_id": 1}'


class FixedClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def services(database: Engine) -> WebServices:
    return WebServices(
        deliveries=DeliveryStore(database),
        checks=CheckStore(database),
        clock=FixedClock(),
        secrets=(SECRET, b"the next one"),
    )


@pytest.fixture
def client(services: WebServices) -> Iterator[FlaskClient]:
    with create_app(services).test_client() as opened:
        yield opened


def headers(body: bytes = BODY, **changed: str | None) -> dict[str, str]:
    usual: dict[str, str | None] = {
        "X-Hub-Signature-256": sign(body, SECRET),
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-GitHub-Event": "ping",
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return {name: value for name, value in usual.items() if value is not None}


def kept(services: WebServices) -> int:
    return sum(services.deliveries.counts().values())


def test_a_signed_delivery_is_kept_and_answered_202(
    client: FlaskClient, services: WebServices
) -> None:
    answer = client.post("/webhook", data=BODY, headers=headers())
    assert (answer.status_code, answer.get_json()["status"], kept(services)) == (202, "accepted", 1)


def test_the_kept_body_is_the_raw_one(client: FlaskClient, services: WebServices) -> None:
    odd = b'{"hook_id" :  1,"x":"\\u00e9"}\n'
    client.post("/webhook", data=odd, headers=headers(odd))
    begun = services.deliveries.begin(DeliveryId(headers()["X-GitHub-Delivery"]), NOW, 60)
    assert begun is not None
    assert begun.body == odd


def test_a_duplicate_is_answered_202_and_kept_once(
    client: FlaskClient, services: WebServices
) -> None:
    client.post("/webhook", data=BODY, headers=headers())
    again = client.post("/webhook", data=BODY, headers=headers())
    assert (again.status_code, again.get_json()["status"], kept(services)) == (202, "duplicate", 1)


def test_a_replay_under_a_new_id_is_a_duplicate(client: FlaskClient, services: WebServices) -> None:
    client.post("/webhook", data=BODY, headers=headers())
    again = client.post("/webhook", data=BODY, headers=headers(X_GitHub_Delivery="new"))
    assert (again.get_json()["status"], kept(services)) == ("duplicate", 1)


def test_a_redelivery_after_a_failure_is_accepted(
    client: FlaskClient, services: WebServices
) -> None:
    client.post("/webhook", data=BODY, headers=headers())
    services.deliveries.fail(DeliveryId(headers()["X-GitHub-Delivery"]), "GitHub was down")
    again = client.post("/webhook", data=BODY, headers=headers())
    assert (again.get_json()["status"], services.deliveries.counts()[DeliveryStatus.WAITING]) == (
        "accepted",
        1,
    )


def test_a_delivery_signed_with_the_second_secret_is_accepted(client: FlaskClient) -> None:
    signed = headers(X_Hub_Signature_256=sign(BODY, b"the next one"))
    assert client.post("/webhook", data=BODY, headers=signed).status_code == 202


@pytest.mark.parametrize("signature", [None, "", "sha256=00", sign(BODY, b"another secret")])
def test_a_wrong_signature_is_401_and_nothing_is_kept(
    client: FlaskClient, services: WebServices, signature: str | None
) -> None:
    answer = client.post("/webhook", data=BODY, headers=headers(X_Hub_Signature_256=signature))
    assert (answer.status_code, kept(services)) == (401, 0)


@pytest.mark.parametrize("identity", [None, "", "a" * 65, "../x", "a b", "a\u00e9", "a_b"])
def test_an_odd_delivery_id_is_400_naming_the_header_and_nothing_is_kept(
    client: FlaskClient, services: WebServices, identity: str | None
) -> None:
    answer = client.post("/webhook", data=BODY, headers=headers(X_GitHub_Delivery=identity))
    where = answer.get_json()["error"]["where"]
    assert (answer.status_code, where, kept(services)) == (
        400,
        "webhook headers: X-GitHub-Delivery",
        0,
    )


@pytest.mark.parametrize("event", [None, "", "Ping", "a" * 65, "ping push"])
def test_an_odd_event_name_is_400_naming_the_header(client: FlaskClient, event: str | None) -> None:
    answer = client.post("/webhook", data=BODY, headers=headers(X_GitHub_Event=event))
    assert (answer.status_code, "X-GitHub-Event" in answer.text) == (400, True)


def test_the_signature_is_looked_at_before_the_headers(client: FlaskClient) -> None:
    wrong = headers(X_Hub_Signature_256="sha256=00", X_GitHub_Delivery="../x")
    assert client.post("/webhook", data=BODY, headers=wrong).status_code == 401


def test_a_body_of_25_mb_is_accepted(client: FlaskClient) -> None:
    body = b" " * MAX_BODY_BYTES
    assert client.post("/webhook", data=body, headers=headers(body)).status_code == 202


def test_a_larger_body_is_413_and_nothing_is_kept(
    client: FlaskClient, services: WebServices
) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    answer = client.post("/webhook", data=body, headers=headers(body))
    assert (answer.status_code, kept(services)) == (413, 0)


def test_a_larger_body_that_hides_its_length_is_413_too(client: FlaskClient) -> None:
    body = b" " * (MAX_BODY_BYTES + 2)
    answer = client.post(
        "/webhook",
        input_stream=io.BytesIO(body),
        headers=headers(body),
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("name,body", examples()[::9])
def test_real_payloads_are_answered_202(client: FlaskClient, name: str, body: bytes) -> None:
    answer = client.post("/webhook", data=body, headers=headers(body, X_GitHub_Event=name))
    assert answer.status_code == 202


def conclude(services: WebServices, document: bytes) -> None:
    sha = CommitSha("a" * 40)
    check = CheckRecord(
        id=CheckId("c7"),
        repository=RepositoryName("o/r"),
        pull_request=7,
        head=sha,
        base=sha,
        target=sha,
        policy_commit=None,
        base_ref="main",
        opened_utc=NOW,
        claimed_until_utc=NOW,
        retry_utc=NOW,
    )
    services.checks.open_check(check, [])
    verdict = StoredVerdict(
        check=check.id,
        outcome=Outcome.PASS,
        document=document,
        comment="",
        public_url="http://127.0.0.1:8787",
        stored_utc=NOW,
    )
    services.checks.store_verdict(check, lambda _: verdict)


def test_a_verdict_is_served_with_its_very_bytes(
    client: FlaskClient, services: WebServices
) -> None:
    conclude(services, b'{"x":1.0}\n')
    answer = client.get("/verdicts/c7.json")
    assert (answer.data, answer.content_type) == (b'{"x":1.0}\n', "application/json")


@pytest.mark.parametrize("check", ["c8", "..%2Fc7", "c7%0A", "%ff", "a" * 200])
def test_an_address_without_a_verdict_is_404_in_json(
    client: FlaskClient, services: WebServices, check: str
) -> None:
    conclude(services, b"{}")
    answer = client.get(f"/verdicts/{check}.json")
    assert (answer.status_code, "error" in answer.get_json()) == (404, True)


def test_health_counts_deliveries(client: FlaskClient) -> None:
    client.post("/webhook", data=BODY, headers=headers())
    assert client.get("/healthz").get_json()["deliveries"]["waiting"] == 1


@pytest.mark.parametrize("method,path,status", [("GET", "/webhook", 405), ("GET", "/nothing", 404)])
def test_what_is_not_served_is_refused_in_json(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, "problem" in answer.get_json()["error"]) == (status, True)


def test_a_database_that_is_away_is_503_with_a_time_to_come_back(tmp_path: Any) -> None:
    away = open_database(f"sqlite:///{tmp_path / 'never-migrated.db'}")
    gone = WebServices(DeliveryStore(away), CheckStore(away), FixedClock(), (SECRET,))
    answer = create_app(gone).test_client().post("/webhook", data=BODY, headers=headers())
    away.dispose()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_our_own_bug_is_500_with_the_delivery_and_without_a_traceback(
    services: WebServices, database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    class BrokenClock:
        def now(self) -> datetime:
            message = "the password is swordfish"
            raise RuntimeError(message)

    broken = WebServices(services.deliveries, services.checks, BrokenClock(), (SECRET,))
    answer = create_app(broken).test_client().post("/webhook", data=BODY, headers=headers())
    told = msgspec.json.decode(answer.data)
    assert (answer.status_code, told["error"]["delivery"], "swordfish" in answer.text) == (
        500,
        headers()["X-GitHub-Delivery"],
        False,
    )
    assert "swordfish" in caplog.text


def test_the_secrets_are_in_no_repr(services: WebServices) -> None:
    assert "secret to everybody" not in repr(services)


def test_an_accepted_delivery_is_committed_before_the_answer(
    client: FlaskClient, database_url: str
) -> None:
    client.post("/webhook", data=BODY, headers=headers())
    other = open_database(database_url)
    with other.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM deliveries")).scalar() == 1
    other.dispose()
