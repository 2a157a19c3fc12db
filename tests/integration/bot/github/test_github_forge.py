"""GitHub answers late, twice, wrongly or not at all; nothing is lost and nothing doubled."""

from __future__ import annotations

import threading

import pytest
from msgspec import structs

from bot.github.errors import LostReply
from bot.github.forge import GitHubForge
from engine.errors import TransientError
from engine.values import CommitSha
from tests.fakes import github as fakes
from tests.fakes.github import Failure, FakeGitHub
from tests.fakes.github_forge import (
    BODY,
    MARKER,
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

    def test_a_second_process_concludes_a_check_run_that_a_newer_one_hides(
        self, fake: FakeGitHub, connect: Connect, head: CommitSha
    ) -> None:
        first = connect().put_check_run(REPOSITORY, queued(head))
        newer = structs.replace(queued(head), external_id="check-2")
        connect().put_check_run(REPOSITORY, newer)

        assert connect().put_check_run(REPOSITORY, failed(head)) == first

    def test_another_apps_check_run_of_the_same_name_is_left_alone(
        self, fake: FakeGitHub, forge: GitHubForge, connect: Connect, head: CommitSha
    ) -> None:
        other = connect().put_check_run(REPOSITORY, queued(head))
        fake.world.check_runs[0]["app"] = {"id": 1, "slug": "somebody-else"}

        assert forge.put_check_run(REPOSITORY, queued(head)) != other

    def test_comments_are_read_a_hundred_at_a_time(
        self, fake: FakeGitHub, forge: GitHubForge
    ) -> None:
        for count in range(130):
            fake.comment_as("ada", NAME, 1, f"remark {count}")

        forge.find_comment(REPOSITORY, 1, MARKER)

        assert len(fake.sent("GET", "/comments$")) == 2

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
