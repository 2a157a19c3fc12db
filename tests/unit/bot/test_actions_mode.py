from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions_mode import read_job
from engine.errors import UserError

HEAD, TARGET = "a" * 40, "b" * 40
JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "quant/research",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_API_URL": "https://ghe.example.org/api/v3",
    "GITHUB_SERVER_URL": "https://ghe.example.org",
    "GITHUB_RUN_ID": "77",
    "GITHUB_TOKEN": "ghs_hush",
    "GITHUB_STEP_SUMMARY": "/tmp/summary.md",
}


def event(source: str | None = "quant/research", labels: tuple[str, ...] = ()) -> bytes:
    pull: dict[str, Any] = {
        "number": 7,
        "head": {"sha": HEAD, "repo": source and {"full_name": source}},
        "base": {"sha": TARGET, "repo": {"full_name": "quant/research"}},
        "labels": [{"name": each} for each in labels],
    }
    return json.dumps({"pull_request": pull, "repository": {"default_branch": "main"}}).encode()


def test_a_job_of_a_pull_request_knows_its_two_commits_and_where_it_is() -> None:
    job = read_job(JOB, event())

    assert job.pull_request is not None
    assert (job.pull_request.number, job.pull_request.head) == (7, HEAD)
    assert (job.pull_request.target, job.pull_request.from_fork) == (TARGET, False)
    assert job.api_url == "https://ghe.example.org/api/v3"
    assert job.page == "https://ghe.example.org/quant/research/actions/runs/77"
    assert (job.default_branch, job.summary) == ("main", Path("/tmp/summary.md"))


def test_the_token_is_in_no_repr() -> None:
    assert "ghs_hush" not in repr(read_job(JOB, event()))


@pytest.mark.parametrize("source", ["stranger/research", None])
def test_what_is_not_surely_our_own_is_a_fork(source: str | None) -> None:
    pull = read_job(JOB, event(source)).pull_request

    assert pull is not None
    assert pull.from_fork


@pytest.mark.parametrize(
    "labels,tier", [((), "quick"), (("bug",), "quick"), (("bug", "highwater:full"), "full")]
)
def test_the_label_asks_for_the_full_tier(labels: tuple[str, ...], tier: str) -> None:
    pull = read_job(JOB, event(labels=labels)).pull_request

    assert pull is not None
    assert pull.tier == tier


def test_a_push_has_no_pull_request() -> None:
    body = json.dumps({"ref": "refs/heads/main", "repository": {"default_branch": "main"}})
    job = read_job({**JOB, "GITHUB_EVENT_NAME": "push"}, body.encode())

    assert job.pull_request is None


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run", "issue_comment"])
def test_an_event_that_holds_secrets_beside_a_strangers_code_is_refused(name: str) -> None:
    with pytest.raises(UserError) as raised:
        read_job({**JOB, "GITHUB_EVENT_NAME": name}, event())

    assert "on: pull_request" in raised.value.remedy


@pytest.mark.parametrize("variable", ["GITHUB_REPOSITORY", "GITHUB_API_URL", "GITHUB_SERVER_URL"])
def test_a_variable_that_is_missing_is_named(variable: str) -> None:
    environ = {name: text for name, text in JOB.items() if name != variable}

    with pytest.raises(UserError) as raised:
        read_job(environ, event())

    assert raised.value.where is not None
    assert raised.value.where.field == variable


def test_outside_of_actions_it_is_refused() -> None:
    with pytest.raises(UserError, match="inside a GitHub Actions job"):
        read_job({}, event())


def test_without_a_token_there_is_a_job_all_the_same() -> None:
    assert read_job({**JOB, "GITHUB_TOKEN": " "}, event()).token is None


@pytest.mark.parametrize("sha", ["main", "a" * 39, "--upload-pack=x", "A" * 40, "a" * 40 + "\n"])
def test_a_commit_that_is_none_is_refused(sha: str) -> None:
    with pytest.raises(UserError, match="event"):
        read_job(JOB, event().replace(HEAD.encode(), json.dumps(sha)[1:-1].encode()))


@given(st.binary())
def test_no_event_does_more_than_be_refused(body: bytes) -> None:
    with suppress(UserError):
        read_job(JOB, body)


@pytest.mark.parametrize(
    "hostile",
    [
        b'{"x":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"pull_request": {"number": 1e999}}',
        b'{"ref": "\xff\xfe"}',
        b"null",
        b"",
    ],
)
def test_an_event_that_cannot_be_read_is_refused_in_words(hostile: bytes) -> None:
    with pytest.raises(UserError, match="GITHUB_EVENT_PATH"):
        read_job(JOB, hostile)


def pushed(**event: object) -> bytes:
    return json.dumps({"repository": {"default_branch": "main"}, **event}).encode()


@pytest.mark.parametrize(
    "event,before",
    [
        (pushed(before=TARGET, ref="refs/heads/main"), TARGET),
        (pushed(before=TARGET, ref="refs/heads/feature"), None),
        (pushed(before="0" * 40, ref="refs/heads/main"), None),
        (pushed(before="--upload-pack=evil", ref="refs/heads/main"), None),
        (pushed(merge_group={"base_sha": TARGET}, ref="refs/heads/queue"), TARGET),
        (pushed(), None),
    ],
)
def test_a_job_without_a_pull_request_knows_what_it_came_from(
    event: bytes, before: str | None
) -> None:
    job = read_job({**JOB, "GITHUB_SHA": HEAD}, event)

    assert (job.head, job.before, job.pull_request) == (HEAD, before, None)


def test_what_is_no_commit_is_no_head() -> None:
    assert read_job({**JOB, "GITHUB_SHA": "HEAD; rm -rf"}, pushed()).head is None
