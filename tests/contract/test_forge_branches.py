"""One contract for both forges: branches and pull requests of our own."""

from __future__ import annotations

import pytest

from bot.git import git
from bot.ports import BranchMovedError, FileChange
from engine.errors import UserError
from engine.values import CommitSha
from tests.fakes.forge_stage import NOWHERE, Stage, head_of, stage

__all__ = ["stage"]

BRANCH = "highwater/baseline/core-linux+x86_64"
FILE = "benchmarks/baselines/linux.json"


def put(
    stage: Stage, content: bytes = b"{}\n", *, replaces: CommitSha | None = None, message: str = "M"
) -> CommitSha:
    return stage.forge.put_commit(
        stage.repository,
        BRANCH,
        head_of(stage, "main"),
        (FileChange(path=FILE, content=content),),
        message,
        replaces=replaces,
    )


class TestPutCommit:
    def test_a_branch_that_is_not_there_is_none(self, stage: Stage) -> None:
        assert stage.forge.branch(stage.repository, BRANCH) is None

    def test_a_persons_branch_is_not_ours(self, stage: Stage) -> None:
        read = stage.forge.branch(stage.repository, "feature")

        assert read is not None
        assert (read.tip, read.ours) == (head_of(stage), False)

    def test_the_first_time_the_branch_is_one_commit_of_ours(self, stage: Stage) -> None:
        made = put(stage, bytes(range(256)))

        read = stage.forge.branch(stage.repository, BRANCH)
        assert read is not None
        assert (read.tip, read.ours) == (made, True)
        assert stage.forge.read_file(stage.repository, made, FILE) == bytes(range(256))
        assert stage.forge.read_file(stage.repository, made, "README.md") == b"A strategy.\n"
        parents = git(stage.disk.directory, "log", "-1", "--format=%P %B", made).decode().split()
        assert parents == [head_of(stage, "main"), "M"]

    def test_a_file_is_removed(self, stage: Stage) -> None:
        made = stage.forge.put_commit(
            stage.repository,
            BRANCH,
            head_of(stage, "main"),
            (FileChange(path="README.md", content=None),),
            "M",
            replaces=None,
        )

        assert stage.forge.read_file(stage.repository, made, "README.md") is None

    def test_the_second_time_it_is_another_commit_in_place_of_the_first(self, stage: Stage) -> None:
        first = put(stage)
        second = put(stage, b"{1}\n", replaces=first)

        assert second != first
        assert head_of(stage, BRANCH) == second

    @pytest.mark.parametrize("knows", [False, True])
    def test_the_very_same_commit_is_left_alone(self, stage: Stage, knows: bool) -> None:
        first = put(stage)

        assert put(stage, replaces=first if knows else None) == first

    def test_a_branch_that_a_person_pushed_to_is_refused_and_left_alone(self, stage: Stage) -> None:
        first = put(stage)
        pushed = stage.disk.commit(BRANCH, {"note": "mine"})

        with pytest.raises(BranchMovedError, match="highwater/baseline"):
            put(stage, b"{1}\n", replaces=first)
        assert head_of(stage, BRANCH) == pushed

    @pytest.mark.parametrize("replaces", [None, NOWHERE])
    def test_a_branch_of_ours_that_is_elsewhere_is_refused(
        self, stage: Stage, replaces: CommitSha | None
    ) -> None:
        first = put(stage)

        with pytest.raises(BranchMovedError):
            put(stage, b"{1}\n", replaces=replaces)
        assert head_of(stage, BRANCH) == first

    def test_a_branch_that_is_gone_is_refused(self, stage: Stage) -> None:
        first = put(stage)
        git(stage.disk.directory, "update-ref", "-d", f"refs/heads/{BRANCH}")

        with pytest.raises(BranchMovedError, match="gone"):
            put(stage, replaces=first)

    def test_a_parent_that_is_not_there_is_a_user_error(self, stage: Stage) -> None:
        with pytest.raises(UserError):
            stage.forge.put_commit(stage.repository, BRANCH, NOWHERE, (), "M", replaces=None)


class TestPutPullRequest:
    def test_it_is_opened_as_ours(self, stage: Stage) -> None:
        made = put(stage)

        number = stage.forge.put_pull_request(stage.repository, BRANCH, "main", "Raise", "Why.")

        read = stage.forge.pull_request(stage.repository, number)
        assert (read.head, read.head_ref, read.base_ref, read.title, read.ours) == (
            made,
            BRANCH,
            "main",
            "Raise",
            True,
        )

    def test_a_persons_is_not_ours(self, stage: Stage) -> None:
        opened = stage.open_pull_request("feature", "main", "Faster")

        assert not stage.forge.pull_request(stage.repository, opened.pull_request or 0).ours

    def test_a_second_time_the_same_one_is_edited(self, stage: Stage) -> None:
        put(stage)
        first = stage.forge.put_pull_request(stage.repository, BRANCH, "main", "Raise", "Why.")

        second = stage.forge.put_pull_request(stage.repository, BRANCH, "main", "Raise it", "So.")

        assert second == first
        assert stage.forge.pull_request(stage.repository, first).title == "Raise it"

    def test_it_follows_its_branch(self, stage: Stage) -> None:
        first = put(stage)
        number = stage.forge.put_pull_request(stage.repository, BRANCH, "main", "Raise", "Why.")
        second = put(stage, b"{1}\n", replaces=first)

        assert stage.forge.pull_request(stage.repository, number).head == second
        assert stage.forge.pull_requests_of(stage.repository, second) == (number,)

    def test_it_is_found_by_its_branch_while_it_is_open(self, stage: Stage) -> None:
        put(stage)
        number = stage.forge.put_pull_request(stage.repository, BRANCH, "main", "Raise", "Why.")
        found = stage.forge.find_pull_request(stage.repository, BRANCH)
        stage.close(number)

        gone = stage.forge.find_pull_request(stage.repository, BRANCH)
        assert (found, gone) == (number, None)

    def test_a_forks_branch_of_that_name_is_another(self, stage: Stage) -> None:
        stage.disk.fork(stage.root, "stranger/research").commit("fast", {"a": "1"}, onto="main")
        stage.open_pull_request("stranger:fast", "main", "From outside")

        assert stage.forge.find_pull_request(stage.repository, "fast") is None

    def test_nothing_between_the_branches_is_a_user_error(self, stage: Stage) -> None:
        stage.disk.commit("same", {}, onto="main")
        git(stage.disk.directory, "update-ref", "refs/heads/same", head_of(stage, "main"))

        with pytest.raises(UserError):
            stage.forge.put_pull_request(stage.repository, "same", "main", "T", "B")

    def test_the_open_ones_of_a_head_are_found_forks_too(self, stage: Stage) -> None:
        fork = stage.disk.fork(stage.root, "stranger/research")
        head = CommitSha(fork.commit("fast", {"a": "1"}, onto="main"))
        opened = stage.open_pull_request("stranger:fast", "main", "From outside").pull_request or 0
        found = stage.forge.pull_requests_of(stage.repository, head)
        stage.close(opened)

        assert (found, stage.forge.pull_requests_of(stage.repository, head)) == ((opened,), ())

    def test_the_webhook_of_its_opening_parses(self, stage: Stage) -> None:
        put(stage)
        number = stage.forge.put_pull_request(stage.repository, BRANCH, "main", "Raise", "Why.")

        assert stage.announce(number).pull_request == number
