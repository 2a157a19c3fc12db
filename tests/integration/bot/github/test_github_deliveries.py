"""GitHub's own list of the webhooks that it sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.github.forge import GitHubForge
from bot.ports import HookDelivery, Role
from engine.errors import TransientError, UserError
from tests.fakes.github import BAD_GATEWAY, LOST_REPLY, FakeGitHub
from tests.fakes.github_forge import NAME, REPOSITORY, connect, fake, forge

__all__ = ["connect", "fake", "forge"]


def sent(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "guid": f"guid-{number}",
        "event": "pull_request",
        "action": "opened",
        "delivered_at": "2026-11-20T12:00:00Z",
        "status": "OK",
        "status_code": 202,
        "redelivery": False,
        "request": {"headers": {"X-GitHub-Event": "pull_request"}, "payload": {"number": number}},
        **changes,
    }


def test_they_are_listed_newest_first_through_all_pages(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    fake.world.hook_deliveries.extend(sent(number) for number in range(1, 151))
    hooks = forge.hook_deliveries()

    first = hooks.recent()
    second = hooks.recent(first.older)

    assert [each.id for each in (*first.deliveries, *second.deliveries)] == [*range(150, 0, -1)]
    assert second.older is None


def test_one_is_read_with_what_was_answered(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.world.hook_deliveries.append(sent(7, status_code=0, redelivery=True, action=None))

    assert forge.hook_deliveries().recent().deliveries == (
        HookDelivery(
            id=7,
            guid="guid-7",
            event="pull_request",
            action=None,
            delivered_utc=datetime(2026, 11, 20, 12, tzinfo=UTC),
            status_code=0,
            redelivery=True,
        ),
    )


def test_its_payload_is_read(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.world.hook_deliveries.append(sent(7))

    read = forge.hook_deliveries().payload(7)

    assert (read.headers, read.body) == ({"X-GitHub-Event": "pull_request"}, b'{"number":7}')


def test_delivering_again_keeps_the_guid(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.world.hook_deliveries.append(sent(7))

    forge.hook_deliveries().redeliver(7)

    assert [each["guid"] for each in fake.world.hook_deliveries] == ["guid-7", "guid-7"]


def test_one_that_is_gone_is_a_user_error(forge: GitHubForge) -> None:
    with pytest.raises(UserError):
        forge.hook_deliveries().payload(7)


def test_github_that_is_away_is_tried_again_later(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.fail("GET", "deliveries", BAD_GATEWAY)

    with pytest.raises(TransientError):
        forge.hook_deliveries().recent()


def test_the_old_field_calls_a_maintainer_a_writer_and_is_not_believed(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    fake.world.permissions[NAME, "grace"] = "maintain"

    assert forge.permission(REPOSITORY, "grace") is Role.MAINTAIN


@pytest.mark.parametrize("path", ["git/commits$", "git/refs$", "pulls$"])
def test_a_lost_reply_leaves_one_branch_and_one_pull_request(
    fake: FakeGitHub, forge: GitHubForge, path: str
) -> None:
    fake.fail("POST", path, LOST_REPLY)

    base = forge.tip(REPOSITORY, "main")
    made = forge.put_commit(REPOSITORY, "ours", base, (), "M", replaces=None)
    number = forge.put_pull_request(REPOSITORY, "ours", "main", "T", "B")

    assert forge.tip(REPOSITORY, "ours") == made
    assert forge.find_pull_request(REPOSITORY, "ours") == number
    assert len(fake.world.pulls) == 2


def test_a_lost_reply_leaves_one_issue(fake: FakeGitHub, forge: GitHubForge) -> None:
    fake.fail("POST", "issues$", LOST_REPLY)

    number = forge.put_issue(REPOSITORY, "<!-- m -->", "T", "<!-- m -->", is_open=True)

    assert [each.number for each in fake.world.issues] == [number]
