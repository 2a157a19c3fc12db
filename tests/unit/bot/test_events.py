from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.event_parsing import nightly_body, parse_event, repository_id
from bot.events import (
    NIGHTLY,
    ActionRequested,
    CheckRunRerequested,
    CommentCreated,
    GroupDestroyed,
    GroupRequested,
    Ignored,
    InstallationChanged,
    NightlyDue,
    Ping,
    PullRequestClosed,
    PullRequestLabeled,
    PullRequestUpdated,
    Pushed,
    SuiteRequested,
)
from bot.ports import Repository
from engine.errors import UserError
from tests.fakes.webhooks import example, examples

HANDLED = {
    ("pull_request", "opened"): PullRequestUpdated,
    ("pull_request", "synchronize"): PullRequestUpdated,
    ("pull_request", "reopened"): PullRequestUpdated,
    ("pull_request", "ready_for_review"): PullRequestUpdated,
    ("pull_request", "labeled"): PullRequestLabeled,
    ("pull_request", "closed"): PullRequestClosed,
    ("issue_comment", "created"): CommentCreated,
    ("check_run", "requested_action"): ActionRequested,
    ("check_suite", "requested"): SuiteRequested,
    ("check_suite", "rerequested"): SuiteRequested,
    ("merge_group", "checks_requested"): GroupRequested,
    **{
        ("installation", action): InstallationChanged
        for action in ("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted")
    },
    ("installation_repositories", "added"): InstallationChanged,
    ("installation_repositories", "removed"): InstallationChanged,
    ("check_run", "rerequested"): CheckRunRerequested,
    ("ping", None): Ping,
}


def parse(name: str, body: Any) -> Any:
    return parse_event(name, json.dumps(body).encode())


@pytest.mark.parametrize("name,body", examples())
def test_every_real_payload_is_the_event_that_it_says_or_ignored(name: str, body: bytes) -> None:
    parsed = json.loads(body)
    expected = HANDLED.get((name, parsed.get("action")), Ignored)
    if name == "push" and parsed["ref"].startswith("refs/heads/"):
        expected = Pushed
    assert type(parse_event(name, body)) is expected


def test_a_pull_request_is_read_with_what_a_check_needs() -> None:
    body = example("pull_request", "synchronize")
    assert parse("pull_request", body) == PullRequestUpdated(
        repository=Repository(
            name=body["repository"]["full_name"], installation=body["installation"]["id"]
        ),
        number=body["number"],
        action="synchronize",
        head=body["after"],
        base_ref="master",
        from_fork=False,
    )


def test_a_rerequested_check_run_is_read_with_what_we_called_it() -> None:
    body = example("check_run", "rerequested")
    body["check_run"] |= {
        "external_id": "c1-2",
        "name": "highwater",
        "pull_requests": [{"number": 3}],
    }
    event = parse("check_run", body)
    assert (event.external_id, event.name, event.pull_requests) == ("c1-2", "highwater", (3,))


def test_a_pull_request_of_a_fork_that_pulls_from_here_is_none_of_ours() -> None:
    body = example("check_suite", "rerequested")
    (ours,) = body["check_suite"]["pull_requests"]
    of_fork = {"number": 77, "base": {"repo": {"id": 4711}}}
    body["check_suite"]["pull_requests"] = [of_fork, ours]
    assert parse("check_suite", body).pull_requests == (ours["number"],)


def test_a_pull_request_with_another_target_is_updated() -> None:
    body = {**example("pull_request", "opened"), "action": "edited"}
    event = parse("pull_request", body | {"changes": {"base": {"ref": {"from": "release"}}}})
    assert (event.action, event.base_ref) == ("edited", "master")


def test_a_pull_request_with_another_title_is_ignored() -> None:
    body = {**example("pull_request", "opened"), "action": "edited"}
    event = parse("pull_request", body | {"changes": {"title": {"from": "Slower"}}})
    assert isinstance(event, Ignored)


def test_a_group_that_is_destroyed_is_read_by_its_head() -> None:
    body = example("merge_group", "checks_requested")
    event = parse("merge_group", body | {"action": "destroyed", "reason": "dequeued"})
    assert event == GroupDestroyed(
        repository=Repository(
            name=body["repository"]["full_name"], installation=body["installation"]["id"]
        ),
        head=body["merge_group"]["head_sha"],
    )


def test_a_comment_is_as_old_as_github_says() -> None:
    event = parse("issue_comment", example("issue_comment", "created"))
    assert event.created_utc == datetime(2019, 5, 15, 15, 20, 21, tzinfo=UTC)


def test_a_repository_is_known_by_its_id_under_any_name() -> None:
    body = example("push")
    body["repository"]["full_name"] = "owner/renamed"
    assert repository_id("push", json.dumps(body).encode()) == 186853002


def test_a_ping_names_its_hook() -> None:
    body = example("ping")
    assert parse("ping", body) == Ping(hook=body["hook_id"])


def test_a_payload_without_installation_has_none() -> None:
    body = example("pull_request", "opened")
    del body["installation"]
    assert parse("pull_request", body).repository.installation is None


def test_a_head_in_another_repository_is_a_fork() -> None:
    body = example("pull_request", "opened")
    body["pull_request"]["head"]["repo"]["full_name"] = "stranger/Hello-World"
    assert parse("pull_request", body).from_fork


def test_a_head_whose_repository_was_deleted_counts_as_a_fork() -> None:
    body = example("pull_request", "opened")
    body["pull_request"]["head"]["repo"] = None
    assert parse("pull_request", body).from_fork


def test_an_unknown_event_is_ignored_unread() -> None:
    assert parse_event("star", b"\xff not JSON") == Ignored(
        event="star", action=None, reason="not an event that is handled"
    )


@pytest.mark.parametrize(
    "body", [b"", b"payload=%7B%7D", b"\xff", b'{"action": "opened"', b"\xef\xbb\xbf{}"]
)
def test_a_body_that_is_not_json_names_the_content_type(body: bytes) -> None:
    with pytest.raises(UserError, match="application/json"):
        parse_event("pull_request", body)


@pytest.mark.parametrize(
    "path,value",
    [
        (("pull_request", "head", "sha"), "master"),
        (("pull_request", "head", "sha"), "A" * 40),
        (("pull_request", "number"), "7"),
        (("repository", "full_name"), "../../etc"),
        (("repository", "full_name"), "owner/.."),
        (("repository", "full_name"), "owner/name\n"),
        (("repository", "full_name"), "a/b/c"),
        (("pull_request", "base"), None),
        (("installation", "id"), None),
    ],
)
def test_a_field_that_is_not_what_github_documents_is_named(
    path: tuple[str, ...], value: object
) -> None:
    body = example("pull_request", "opened")
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(UserError) as refused:
        parse("pull_request", body)
    assert refused.value.where is not None
    assert refused.value.where.field == "$." + ".".join(path)


def test_a_branch_that_was_deleted_has_no_commit_after_it() -> None:
    body = example("push")
    body |= {"ref": "refs/heads/gone", "after": "0" * 40, "before": "1" * 40}
    event = parse("push", body)
    assert (event.branch, event.before, event.after) == ("gone", "1" * 40, None)


def test_a_tag_that_is_pushed_is_ignored() -> None:
    assert isinstance(parse("push", {**example("push"), "ref": "refs/tags/v1"}), Ignored)


def test_a_comment_on_an_issue_is_not_on_a_pull_request() -> None:
    body = example("issue_comment", "created")
    on_issue = parse("issue_comment", body)
    body["issue"]["pull_request"] = {"url": "https://api.github.com/pulls/1"}
    on_pull = parse("issue_comment", body)
    assert (on_issue.on_pull_request, on_pull.on_pull_request) == (False, True)


def test_a_comment_of_an_account_that_is_gone_has_no_author() -> None:
    body = example("issue_comment", "created")
    body["comment"]["user"] = None
    assert parse("issue_comment", body).author == ""


@pytest.mark.parametrize(
    "event,action,gone,names",
    [
        ("installation", "created", False, ("added",)),
        ("installation", "deleted", True, ("removed",)),
        ("installation", "suspend", True, ()),
        ("installation_repositories", "added", False, ("added",)),
        ("installation_repositories", "removed", False, ("removed",)),
    ],
)
def test_an_installation_says_which_repositories_it_has_and_which_no_more(
    event: str, action: str, gone: bool, names: tuple[str, ...]
) -> None:
    found = parse(event, example(event, action))
    named = tuple(name for name in ("added", "removed") if getattr(found, name))
    assert (found.gone, named) == (gone, names)


@pytest.mark.parametrize("installation", [None, 7])
def test_a_schedule_that_is_due_reads_back_as_it_was_written(installation: int | None) -> None:
    repository = Repository(name="o/r", installation=installation)
    body = nightly_body(repository, "2026-11-20T03:00Z")
    assert parse_event(NIGHTLY, body) == NightlyDue(
        repository=repository, due_utc="2026-11-20T03:00Z"
    )
