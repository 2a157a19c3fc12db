"""A branch of ours is replaced by GitHub itself, and only where it is what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from github.Auth import Token
from github.Repository import Repository as GitHubRepository

from bot.github import branches
from bot.github.client import GitHubApi, open_requester
from bot.github.forge import GitHubForge
from bot.ports import BranchMovedError, FileChange
from engine.values import CommitSha
from tests.fakes.git_repositories import BareRepository
from tests.fakes.github import BAD_GATEWAY, LOST_REPLY, Failure, FakeGitHub
from tests.fakes.github_forge import NAME, REPOSITORY, connect, fake, forge

__all__ = ["connect", "fake", "forge"]

BRANCH = "highwater/baseline/core-linux"
UNKNOWN = Failure(404, "Not Found")


def proposed(forge: GitHubForge, content: str, replaces: CommitSha | None = None) -> CommitSha:
    change = FileChange(path="level.json", content=content.encode())
    parent = forge.tip(REPOSITORY, "main")
    return forge.put_commit(REPOSITORY, BRANCH, parent, [change], "M", replaces=replaces)


@contextmanager
def opened(fake: FakeGitHub, before_write: Callable[[], None]) -> Iterator[GitHubRepository]:
    token, _ = fake.world.issue_token()

    def waiting(*, first: bool) -> None:
        del first
        before_write()

    requester = open_requester(GitHubApi(api_url=fake.base_url), Token(token), waiting)
    yield GitHubRepository(requester, url=f"/repos/{NAME}")
    requester.close()


@pytest.mark.parametrize("answered", ["by GraphQL", "by an older server"])
def test_what_is_pushed_while_the_last_write_waits_for_its_turn_is_not_overwritten(
    fake: FakeGitHub, forge: GitHubForge, answered: str
) -> None:
    first = proposed(forge, "1")
    if answered == "by an older server":
        fake.fail("POST", "graphql$", UNKNOWN)
    disk = BareRepository(fake.world.directory(NAME))
    writes, pushed = [0], list[str]()

    def count() -> None:
        writes[0] += 1
        if writes[0] == 4:  # after a blob, a tree and a commit: the branch
            pushed.append(disk.commit(BRANCH, {"note": "mine"}))

    wanted = branches.WantedCommit(
        branch=BRANCH,
        parent=forge.tip(REPOSITORY, "main"),
        changes=[FileChange(path="level.json", content=b"2")],
        message="M",
        replaces=first,
    )

    with (
        opened(fake, count) as repository,
        pytest.raises(BranchMovedError, match=f"was expected at {first[:7]}"),
    ):
        branches.put(repository, wanted, fake.world.login)

    assert [forge.tip(REPOSITORY, BRANCH)] == pushed


def test_a_server_without_the_comparison_is_written_to_as_before(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    first = proposed(forge, "1")
    fake.fail("POST", "graphql$", UNKNOWN)

    second = proposed(forge, "2", first)

    assert forge.tip(REPOSITORY, BRANCH) == second
    assert len(fake.sent("PATCH", "git/refs/")) == 1


def test_an_enterprise_server_is_asked_where_its_graphql_is(
    fake: FakeGitHub, connect: Callable[..., GitHubForge]
) -> None:
    forge = connect(api_url=f"{fake.base_url}/api/v3")
    first = proposed(forge, "1")

    second = proposed(forge, "2", first)

    assert forge.tip(REPOSITORY, BRANCH) == second
    assert [each.path for each in fake.sent("POST", "graphql$")] == ["/api/graphql"]
    assert fake.sent("PATCH", "git/refs/") == []


@pytest.mark.parametrize("failure", [LOST_REPLY, BAD_GATEWAY])
def test_an_unclear_answer_is_read_before_it_is_asked_again(
    fake: FakeGitHub, forge: GitHubForge, failure: Failure
) -> None:
    first = proposed(forge, "1")
    fake.fail("POST", "graphql$", failure)

    second = proposed(forge, "2", first)

    assert forge.tip(REPOSITORY, BRANCH) == second
    assert fake.sent("PATCH", "git/refs/") == []
