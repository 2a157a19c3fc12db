"""The fake GitHub is as strict as GitHub is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes import github as fakes
from tests.fakes.git_repositories import BareRepository
from tests.fakes.github import INSTALLATION, FakeGitHub, fake_github
from tests.fakes.github_shapes import examples

NAME = "quant/research"
TOKENS = f"/app/installations/{INSTALLATION}/access_tokens"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitHub]:
    disk = BareRepository.create(tmp_path, NAME)
    disk.commit("main", {"README.md": "A strategy.\n"})
    disk.commit("feature", {"README.md": "A better one.\n"}, onto="main")
    with fake_github(tmp_path) as served:
        served.open_pull_request(NAME, "feature", "main", "Faster")
        yield served


def send(
    fake: FakeGitHub, method: str, path: str, body: Any = None, authorization: str | None = None
) -> tuple[int, Any, str | None]:
    """Send one request; gives status, body and the Link header."""
    if authorization is None:
        authorization = f"token {fake.world.issue_token()[0]}"
    connection = HTTPConnection(urlsplit(fake.base_url).netloc, timeout=10)
    content = None if body is None else json.dumps(body).encode()
    try:
        connection.request(method, path, content, {"Authorization": authorization})
        with connection.getresponse() as response:
            return response.status, json.loads(response.read()), response.getheader("Link")
    finally:
        connection.close()


def app_jwt(fake: FakeGitHub, **changes: Any) -> str:
    now = int(datetime.now(UTC).timestamp())
    claims = {"iat": now - 60, "exp": now + 300, "iss": fake.app_id} | changes
    return "Bearer " + jwt.encode(claims, fake.world.private_key, algorithm="RS256")


def check_run_body(fake: FakeGitHub, **changes: Any) -> dict[str, Any]:
    head = fake.world.tip(NAME, "feature")
    return {"name": "highwater", "head_sha": head, "status": "queued"} | changes


class TestAuthentication:
    def test_the_apps_jwt_opens_an_installation(self, fake: FakeGitHub) -> None:
        status, body, _ = send(fake, "POST", TOKENS, {}, app_jwt(fake))

        assert (status, body["token"][:4]) == (201, "ghs_")

    def test_a_jwt_of_another_key_is_refused(self, fake: FakeGitHub) -> None:
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        now = int(datetime.now(UTC).timestamp())
        claims = {"iat": now, "exp": now + 300, "iss": fake.app_id}

        forged = "Bearer " + jwt.encode(claims, other, algorithm="RS256")

        assert send(fake, "POST", TOKENS, {}, forged)[0] == 401

    @pytest.mark.parametrize("changes", [{"exp": 1}, {"exp": 4_000_000_000}, {"iss": "other"}])
    def test_a_jwt_that_is_stale_too_long_or_another_apps_is_refused(
        self, fake: FakeGitHub, changes: dict[str, Any]
    ) -> None:
        assert send(fake, "POST", TOKENS, {}, app_jwt(fake, **changes))[0] == 401

    @pytest.mark.parametrize("authorization", ["", "token ghs_made_up", "Basic eHg="])
    def test_without_a_token_that_it_gave_nothing_is_shown(
        self, fake: FakeGitHub, authorization: str
    ) -> None:
        assert send(fake, "GET", f"/repos/{NAME}", None, authorization)[0] == 401

    def test_an_installation_token_is_not_the_app(self, fake: FakeGitHub) -> None:
        assert send(fake, "POST", TOKENS, {})[0] == 401


class TestSchemas:
    @pytest.mark.parametrize(
        "changes",
        [
            {"colour": "red"},
            {"status": "done"},
            {"conclusion": "fine"},
            {"head_sha": None},
            {"output": {"title": "T"}},
            {"output": {"title": "T", "summary": "s" * 65_536}},
            {
                "output": {
                    "title": "T",
                    "summary": "S",
                    "annotations": [
                        {
                            "path": "a",
                            "start_line": 1,
                            "end_line": 1,
                            "annotation_level": "failure",
                            "message": "m",
                        }
                    ]
                    * 51,
                }
            },
        ],
    )
    def test_a_write_that_githubs_schema_forbids_is_refused_and_remembered(
        self, fake: FakeGitHub, changes: dict[str, Any]
    ) -> None:
        body = check_run_body(fake, **changes)

        status, _, _ = send(fake, "POST", f"/repos/{NAME}/check-runs", body)

        assert (status, len(fake.violations)) == (422, 1)
        assert fake.world.check_runs == []

    def test_a_write_that_is_no_operation_of_the_bots_is_remembered(self, fake: FakeGitHub) -> None:
        send(fake, "DELETE", f"/repos/{NAME}")

        assert "no write operation" in fake.violations[0]

    def test_a_write_that_the_schema_allows_leaves_no_mark(self, fake: FakeGitHub) -> None:
        status, _, _ = send(fake, "POST", f"/repos/{NAME}/check-runs", check_run_body(fake))

        assert (status, fake.violations) == (201, [])


class TestState:
    def test_a_completed_check_run_needs_a_conclusion(self, fake: FakeGitHub) -> None:
        body = check_run_body(fake, status="completed")

        assert send(fake, "POST", f"/repos/{NAME}/check-runs", body)[0] == 422
        assert fake.world.check_runs == []

    def test_a_comment_of_somebody_else_cannot_be_edited(self, fake: FakeGitHub) -> None:
        made = fake.comment_as("ada", NAME, 1, "mine")

        path = f"/repos/{NAME}/issues/comments/{made}"

        assert send(fake, "PATCH", path, {"body": "yours"})[0] == 403

    def test_a_comment_that_is_too_long_is_refused(self, fake: FakeGitHub) -> None:
        path = f"/repos/{NAME}/issues/1/comments"

        status, body, _ = send(fake, "POST", path, {"body": "x" * 65_537})

        assert (status, "too long" in str(body)) == (422, True)

    def test_a_long_list_comes_in_pages(self, fake: FakeGitHub) -> None:
        for count in range(31):
            fake.comment_as("ada", NAME, 1, str(count))

        _, first, link = send(fake, "GET", f"/repos/{NAME}/issues/1/comments")
        _, second, end = send(fake, "GET", f"/repos/{NAME}/issues/1/comments?page=2")

        assert (len(first), len(second), end) == (30, 1, None)
        assert 'rel="next"' in (link or "")

    @pytest.mark.parametrize(
        "role,legacy,held",
        [
            ("none", "none", set()),
            ("triage", "read", {"pull", "triage"}),
            ("maintain", "write", {"pull", "triage", "push", "maintain"}),
            ("admin", "admin", {"pull", "triage", "push", "maintain", "admin"}),
        ],
    )
    def test_a_permission_is_told_in_full_only_under_user(
        self, fake: FakeGitHub, role: str, legacy: str, held: set[str]
    ) -> None:
        fake.world.permissions[NAME, "ada"] = role

        _, body, _ = send(fake, "GET", f"/repos/{NAME}/collaborators/ada/permission")

        granted = {name for name, has in body["user"]["permissions"].items() if has}
        assert (body["permission"], granted) == (legacy, held)

    def test_the_latest_check_run_of_a_name_hides_the_older(self, fake: FakeGitHub) -> None:
        for external_id in ("one", "two"):
            body = check_run_body(fake, external_id=external_id)
            send(fake, "POST", f"/repos/{NAME}/check-runs", body)
        path = f"/repos/{NAME}/commits/{fake.world.tip(NAME, 'feature')}/check-runs"

        _, latest, _ = send(fake, "GET", path)
        _, every, _ = send(fake, "GET", f"{path}?filter=all")

        assert [each["external_id"] for each in latest["check_runs"]] == ["two"]
        assert every["total_count"] == 2


class TestFailures:
    def test_a_planned_failure_comes_as_often_as_planned(self, fake: FakeGitHub) -> None:
        fake.fail("GET", "/repos", fakes.BAD_GATEWAY, times=2)

        statuses = [send(fake, "GET", f"/repos/{NAME}")[0] for _ in range(3)]

        assert statuses == [502, 502, 200]

    @pytest.mark.parametrize("failure,made", [(fakes.LOST_REPLY, 1), (fakes.LOST_REQUEST, 0)])
    def test_a_lost_reply_is_carried_out_and_a_lost_request_is_not(
        self, fake: FakeGitHub, failure: fakes.Failure, made: int
    ) -> None:
        fake.fail("POST", "/comments", failure)

        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            send(fake, "POST", f"/repos/{NAME}/issues/1/comments", {"body": "hello"})

        assert len(fake.comments(NAME, 1)) == made


def test_a_webhook_has_every_field_of_githubs_own_example(fake: FakeGitHub) -> None:
    webhook = fake.open_pull_request(NAME, "feature", "main", "Again")

    payload = json.loads(webhook.body)

    example = next(each for each in examples()["pull_request"] if each["action"] == "opened")
    assert payload["pull_request"].keys() == example["pull_request"].keys()
    assert "Codertocat/Hello-World" not in webhook.body.decode()
