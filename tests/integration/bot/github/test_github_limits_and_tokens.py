"""GitHub says wait, says no, or wants to know who we are."""

from __future__ import annotations

import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.github.forge import GitHubForge
from bot.github.spacing import BURST, RESERVED
from bot.github.tokens import MemoryTokens
from bot.ports import Repository
from engine.errors import TransientError, UserError
from engine.values import CommitSha
from tests.fakes import github as fakes
from tests.fakes.github import Failure, FakeGitHub
from tests.fakes.github_forge import (
    NAME,
    REPOSITORY,
    Connect,
    connect,
    failed,
    fake,
    forge,
    head,
    queued,
)

__all__ = ["connect", "fake", "forge", "head"]


class TestRateLimits:
    @pytest.mark.parametrize("times", [1, 3])
    def test_too_many_requests_is_tried_again_whatever_the_method(
        self, fake: FakeGitHub, forge: GitHubForge, head: CommitSha, times: int
    ) -> None:
        for method in ("GET", "POST", "PATCH"):
            fake.fail(method, "check-runs", fakes.too_many_requests(0), times)

        forge.put_check_run(REPOSITORY, queued(head))
        forge.put_check_run(REPOSITORY, failed(head))

        (stored,) = fake.check_runs(NAME, head)
        assert stored["conclusion"] == "failure"

    def test_after_three_tries_it_is_a_transient_error(
        self, fake: FakeGitHub, forge: GitHubForge
    ) -> None:
        fake.fail("GET", "/branches/", fakes.too_many_requests(0), times=9)

        with pytest.raises(TransientError):
            forge.tip(REPOSITORY, "main")

        assert len(fake.sent("GET", "/branches/")) == 4

    @pytest.mark.parametrize(
        "failure",
        [
            fakes.SECONDARY_LIMIT,
            fakes.too_many_requests(60),
            Failure(403, "slow down", (("Retry-After", "60"),)),
        ],
    )
    def test_a_long_wait_is_left_to_the_queue(
        self, fake: FakeGitHub, forge: GitHubForge, failure: Failure
    ) -> None:
        fake.fail("GET", "/branches/", failure)
        begun = time.monotonic()

        with pytest.raises(TransientError) as raised:
            forge.tip(REPOSITORY, "main")

        assert raised.value.retry_after_s == pytest.approx(60)
        assert time.monotonic() - begun < 10

    def test_the_primary_limits_reset_is_the_wait(
        self, fake: FakeGitHub, forge: GitHubForge
    ) -> None:
        reset = (("X-RateLimit-Reset", str(int(time.time()) + 3000)),)
        fake.fail("GET", "/branches/", Failure(403, "API rate limit exceeded for you", reset))

        with pytest.raises(TransientError) as raised:
            forge.tip(REPOSITORY, "main")

        assert 2900 < raised.value.retry_after_s <= 3001

    def test_more_writes_than_may_follow_each_other_are_spaced(self, connect: Connect) -> None:
        forge = connect(write_spacing_s=0.4)
        for number in range(BURST - RESERVED):
            forge.add_comment(REPOSITORY, 1, f"number {number}")
        begun = time.monotonic()

        forge.add_comment(REPOSITORY, 1, "one more")
        forge.add_comment(REPOSITORY, 1, "and another")

        assert time.monotonic() - begun >= 0.35


class TestRefusals:
    def test_a_missing_permission_is_a_user_error_at_once(
        self, fake: FakeGitHub, forge: GitHubForge
    ) -> None:
        fake.fail("POST", "/comments$", fakes.FORBIDDEN)

        with pytest.raises(UserError) as raised:
            forge.add_comment(REPOSITORY, 1, "Hello.")

        assert "permission" in raised.value.remedy
        assert len(fake.sent("POST", "/comments$")) == 1

    def test_a_check_run_on_a_commit_that_is_gone_is_a_user_error(self, forge: GitHubForge) -> None:
        with pytest.raises(UserError, match="No commit found"):
            forge.put_check_run(REPOSITORY, queued(CommitSha("0" * 40)))

    def test_the_wrong_key_is_a_user_error_that_names_the_credentials(
        self, fake: FakeGitHub, connect: Connect
    ) -> None:
        forge = connect()
        fake.world.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

        with pytest.raises(UserError) as raised:
            forge.default_branch(REPOSITORY)

        assert "private key" in raised.value.remedy

    def test_an_installation_that_is_not_there_is_a_user_error(self, forge: GitHubForge) -> None:
        with pytest.raises(UserError, match="installation 7"):
            forge.default_branch(Repository(name=NAME, installation=7))


class TestTokens:
    def test_one_token_serves_many_calls(self, fake: FakeGitHub, forge: GitHubForge) -> None:
        for _ in range(3):
            forge.default_branch(REPOSITORY)

        assert len(fake.sent("POST", "access_tokens")) == 1

    def test_two_forges_share_a_token_through_their_store(
        self, fake: FakeGitHub, connect: Connect
    ) -> None:
        tokens = MemoryTokens()
        for _ in range(2):
            connect(tokens=tokens).default_branch(REPOSITORY)

        assert len(fake.sent("POST", "access_tokens")) == 1

    def test_a_token_that_github_refuses_is_replaced_at_the_next_try(
        self, fake: FakeGitHub, forge: GitHubForge
    ) -> None:
        forge.default_branch(REPOSITORY)
        fake.expire_tokens()
        with pytest.raises(TransientError):
            forge.default_branch(REPOSITORY)

        assert forge.default_branch(REPOSITORY) == "main"

    def test_without_an_installation_it_is_looked_up_once(
        self, fake: FakeGitHub, forge: GitHubForge
    ) -> None:
        for _ in range(2):
            assert forge.default_branch(Repository(name=NAME)) == "main"

        assert len(fake.sent("GET", "/installation$")) == 1


class TestCloneSource:
    def test_over_tls_git_gets_the_token_in_a_header_that_no_repr_shows(
        self, connect: Connect
    ) -> None:
        forge = connect(clone_url="https://github.example.org/{repository}.git")

        source = forge.clone_source(REPOSITORY)

        assert source.url == "https://github.example.org/quant/research.git"
        assert (source.header or "").startswith("Authorization: Basic ")
        assert "Basic" not in repr(source)

    @pytest.mark.parametrize("scheme", ["http://github.example.org", "file:///srv", "git://host"])
    def test_nobody_else_gets_the_token(self, connect: Connect, scheme: str) -> None:
        source = connect(clone_url=scheme + "/{repository}.git").clone_source(REPOSITORY)

        assert source.header is None
