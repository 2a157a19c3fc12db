"""A repository's present name, by the id that stays."""

from __future__ import annotations

import pytest
from msgspec import structs

from bot.github.forge import GitHubForge
from engine.errors import UserError
from engine.values import CommitSha
from tests.fakes.github import Failure, FakeGitHub
from tests.fakes.github_forge import NAME, REPOSITORY, connect, fake, forge, head, queued

__all__ = ["connect", "fake", "forge", "head"]

FORMER = structs.replace(REPOSITORY, name="quant/former")


def moved(to: str) -> Failure:
    """Answer a write as GitHub does for a repository that was renamed."""
    return Failure(status=307, message="Temporary Redirect", headers=(("Location", to),))


def test_a_repository_is_found_by_its_id_under_its_present_name(
    fake: FakeGitHub, forge: GitHubForge
) -> None:
    fake.world.renamed[7] = NAME

    assert forge.name_of(FORMER, 7) == NAME


def test_an_id_that_the_app_does_not_reach_has_no_name(forge: GitHubForge) -> None:
    assert forge.name_of(REPOSITORY, 8) is None


def test_what_is_written_under_a_former_name_arrives(
    fake: FakeGitHub, forge: GitHubForge, head: CommitSha
) -> None:
    made = forge.put_check_run(REPOSITORY, queued(head))
    fake.fail("PATCH", "check-runs", moved(f"{fake.base_url}/repos/{NAME}/check-runs/{made}"))

    again = structs.replace(queued(head), status="in_progress")
    assert forge.put_check_run(REPOSITORY, again) == made
    (shown,) = fake.check_runs(NAME, head)
    assert shown["status"] == "in_progress"


def test_a_token_is_not_sent_to_another_host(
    fake: FakeGitHub, forge: GitHubForge, head: CommitSha
) -> None:
    fake.fail("POST", "check-runs", moved("http://127.0.0.1:1/repos/quant/research/check-runs"))

    with pytest.raises(UserError, match="moved to"):
        forge.put_check_run(REPOSITORY, queued(head))
