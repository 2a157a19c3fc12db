"""GitHub answers late, twice, wrongly or not at all; nothing is lost and nothing doubled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.github.client import GitHubApi
from bot.github.errors import LostReply
from bot.github.forge import GitHubForge
from bot.github.tokens import MemoryTokens
from bot.ports import Annotation, CheckRun, Conclusion, Repository
from bot.settings import GitHubCredentials, Secret
from engine.errors import TransientError, UserError
from engine.values import CommitSha, RepositoryName
from tests.fakes import github as fakes
from tests.fakes.git_repositories import BareRepository
from tests.fakes.github import INSTALLATION, Failure, FakeGitHub, fake_github

NAME = RepositoryName("quant/research")
REPOSITORY = Repository(name=NAME, installation=INSTALLATION)
MARKER = "<!-- highwater:verdict -->"
BODY = f"{MARKER}\nSlower."

Connect = Callable[..., GitHubForge]


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitHub]:
    disk = BareRepository.create(tmp_path, NAME)
    disk.commit("main", {"README.md": "A strategy.\n"})
    disk.commit("feature", {"README.md": "A better one.\n"}, onto="main")
    with fake_github(tmp_path) as served:
        served.open_pull_request(NAME, "feature", "main", "Faster")
        yield served


@pytest.fixture
def connect(fake: FakeGitHub) -> Iterator[Connect]:
    opened: list[GitHubForge] = []

    def make(**changes: object) -> GitHubForge:
        tokens = changes.pop("tokens", None)
        api = GitHubApi(api_url=fake.base_url, clone_url=fake.clone_url, write_spacing_s=0.0)
        credentials = GitHubCredentials(fake.app_id, Secret(fake.world.private_key))
        opened.append(GitHubForge.connect(credentials, replace(api, **changes), tokens))
        return opened[-1]

    yield make
    for forge in opened:
        forge.close()
    assert fake.violations == []


@pytest.fixture
def forge(connect: Connect) -> GitHubForge:
    return connect()


@pytest.fixture
def head(fake: FakeGitHub) -> CommitSha:
    return CommitSha(fake.world.tip(NAME, "feature"))


def queued(head: CommitSha) -> CheckRun:
    return CheckRun(
        name="highwater", head=head, external_id="check-1", status="queued", title="Q", summary="S"
    )


def failed(head: CommitSha, annotations: int = 0) -> CheckRun:
    return CheckRun(
        name="highwater",
        head=head,
        external_id="check-1",
        status="completed",
        conclusion=Conclusion.FAILURE,
        title="Slower",
        summary="12 %",
        annotations=tuple(
            Annotation(path="b.yaml", line=line, level="failure", title="T", message="over")
            for line in range(1, annotations + 1)
        ),
    )


CARRIED_OUT = [fakes.LOST_REPLY, fakes.BAD_GATEWAY_AFTERWARDS, fakes.UNAVAILABLE]
NOT_CARRIED_OUT = [fakes.LOST_REQUEST, fakes.BAD_GATEWAY]


class TestUnclearAnswers:
    @pytest.mark.parametrize("failure", CARRIED_OUT)
    def test_a_check_run_whose_creation_was_carried_out_is_not_created_again(
        self, fake: FakeGitHub, forge: GitHubForge, head: CommitSha, failure: Failure
    ) -> None:
        fake.fail("POST", "check-runs$", failure)

        made = forge.put_check_run(REPOSITORY, queued(head))

        assert [each["id"] for each in fake.check_runs(NAME, head)] == [made]
        assert len(fake.sent("POST", "check-runs$")) == 1

    @pytest.mark.parametrize("failure", NOT_CARRIED_OUT)
    def test_a_creation_that_was_not_carried_out_is_worth_another_try_which_makes_one(
        self, fake: FakeGitHub, forge: GitHubForge, head: CommitSha, failure: Failure
    ) -> None:
        fake.fail("POST", "check-runs$", failure)
        with pytest.raises(TransientError):
            forge.put_check_run(REPOSITORY, queued(head))

        forge.put_check_run(REPOSITORY, queued(head))

        assert len(fake.check_runs(NAME, head)) == 1

    @pytest.mark.parametrize("failure", CARRIED_OUT)
    def test_an_update_that_was_carried_out_is_done(
        self, fake: FakeGitHub, forge: GitHubForge, head: CommitSha, failure: Failure
    ) -> None:
        forge.put_check_run(REPOSITORY, queued(head))
        fake.fail("PATCH", "check-runs/", failure)

        forge.put_check_run(REPOSITORY, failed(head, annotations=2))

        (stored,) = fake.check_runs(NAME, head)
        assert (stored["conclusion"], len(stored["annotations"])) == ("failure", 2)

    @pytest.mark.parametrize("failure", NOT_CARRIED_OUT)
    def test_an_update_that_was_not_carried_out_is_a_transient_error(
        self, fake: FakeGitHub, forge: GitHubForge, head: CommitSha, failure: Failure
    ) -> None:
        forge.put_check_run(REPOSITORY, queued(head))
        fake.fail("PATCH", "check-runs/", failure)

        with pytest.raises(TransientError):
            forge.put_check_run(REPOSITORY, failed(head))

    @pytest.mark.parametrize("failure", CARRIED_OUT + NOT_CARRIED_OUT)
    def test_annotations_of_a_batch_whose_reply_was_lost_arrive_once(
        self, fake: FakeGitHub, forge: GitHubForge, head: CommitSha, failure: Failure
    ) -> None:
        wanted = failed(head, annotations=120)
        fake.fail("PATCH", "check-runs/", failure)
        with pytest.raises(LostReply):
            forge.put_check_run(REPOSITORY, wanted)

        forge.put_check_run(REPOSITORY, wanted)

        (stored,) = fake.check_runs(NAME, head)
        assert [each["start_line"] for each in stored["annotations"]] == list(range(1, 121))

    @pytest.mark.parametrize("failure", CARRIED_OUT)
    @pytest.mark.parametrize("sticky", [True, False])
    def test_a_comment_that_was_made_is_not_made_again(
        self, fake: FakeGitHub, forge: GitHubForge, failure: Failure, sticky: bool
    ) -> None:
        fake.fail("POST", "/comments$", failure)

        if sticky:
            made = forge.put_comment(REPOSITORY, 1, MARKER, BODY)
        else:
            made = forge.add_comment(REPOSITORY, 1, BODY)

        assert [each.id for each in fake.comments(NAME, 1)] == [made]

    @pytest.mark.parametrize("failure", NOT_CARRIED_OUT)
    def test_a_comment_that_was_not_made_is_worth_another_try_which_makes_one(
        self, fake: FakeGitHub, forge: GitHubForge, failure: Failure
    ) -> None:
        fake.fail("POST", "/comments$", failure)
        with pytest.raises(TransientError):
            forge.put_comment(REPOSITORY, 1, MARKER, BODY)

        forge.put_comment(REPOSITORY, 1, MARKER, BODY)

        assert [each.body for each in fake.comments(NAME, 1)] == [BODY]

    def test_an_edit_whose_reply_was_lost_is_done(
        self, fake: FakeGitHub, forge: GitHubForge
    ) -> None:
        made = forge.put_comment(REPOSITORY, 1, MARKER, BODY)
        fake.fail("PATCH", "comments/", fakes.LOST_REPLY)

        assert forge.put_comment(REPOSITORY, 1, MARKER, BODY + " More.") == made

    def test_a_github_that_is_away_is_a_transient_error(self, connect: Connect) -> None:
        forge = connect(api_url="http://127.0.0.1:1")

        with pytest.raises(TransientError, match="no answer"):
            forge.default_branch(REPOSITORY)


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

    def test_two_writes_of_one_installation_are_spaced(self, connect: Connect) -> None:
        forge = connect(write_spacing_s=0.4)
        forge.add_comment(REPOSITORY, 1, "one")
        begun = time.monotonic()

        forge.add_comment(REPOSITORY, 1, "two")

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
        fake.world.key = type(fake.world)(fake.world.repositories).key

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


class TestTraffic:
    def test_progress_updates_do_not_list_the_check_runs_again(
        self, fake: FakeGitHub, forge: GitHubForge, head: CommitSha
    ) -> None:
        forge.put_check_run(REPOSITORY, queued(head))
        reads = len(fake.sent("GET"))

        forge.put_check_run(REPOSITORY, failed(head))

        assert len(fake.sent("GET")) == reads

    def test_a_second_process_finds_the_check_run_of_the_first(
        self, fake: FakeGitHub, connect: Connect, head: CommitSha
    ) -> None:
        first = connect().put_check_run(REPOSITORY, queued(head))

        assert connect().put_check_run(REPOSITORY, failed(head)) == first

    def test_threads_that_put_one_check_run_and_one_comment_make_one_of_each(
        self, fake: FakeGitHub, forge: GitHubForge, head: CommitSha
    ) -> None:
        def work() -> None:
            forge.put_check_run(REPOSITORY, queued(head))
            forge.put_comment(REPOSITORY, 1, MARKER, BODY)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (len(fake.check_runs(NAME, head)), len(fake.comments(NAME, 1))) == (1, 1)

    def test_an_unchanged_comment_is_not_edited(self, fake: FakeGitHub, forge: GitHubForge) -> None:
        for _ in range(2):
            forge.put_comment(REPOSITORY, 1, MARKER, BODY)

        assert fake.sent("PATCH") == []

    def test_enterprise_server_is_reached_under_its_prefix(
        self, fake: FakeGitHub, connect: Connect
    ) -> None:
        forge = connect(api_url=f"{fake.base_url}/api/v3")
        for count in range(130):
            fake.comment_as("ada", NAME, 1, f"remark {count}")

        made = forge.put_comment(REPOSITORY, 1, MARKER, BODY)

        assert forge.find_comment(REPOSITORY, 1, MARKER) == made
