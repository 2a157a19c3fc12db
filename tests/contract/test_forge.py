"""One contract for both forges: what is read of them, and the webhooks they send."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bot.event_parsing import parse_event
from bot.events import CheckRunRerequested, PullRequestUpdated
from bot.git import git
from bot.ports import PullRequest
from engine.errors import UserError
from engine.values import CommitSha
from tests.fakes.forge_stage import NOWHERE, Stage, check_run, head_of, stage

__all__ = ["stage"]


class TestRepository:
    def test_the_default_branch_is_the_one_that_head_stands_on(self, stage: Stage) -> None:
        assert stage.forge.default_branch(stage.repository) == "main"

    def test_a_tip_is_the_last_commit_of_its_branch(self, stage: Stage) -> None:
        made = stage.disk.commit("main", {"a": "1"})

        assert stage.forge.tip(stage.repository, "main") == made

    def test_a_branch_with_a_slash_has_a_tip(self, stage: Stage) -> None:
        made = stage.disk.commit("fix/rounding", {"a": "1"}, onto="main")

        assert stage.forge.tip(stage.repository, "fix/rounding") == made

    def test_a_branch_that_is_not_there_is_a_user_error(self, stage: Stage) -> None:
        with pytest.raises(UserError, match="gone"):
            stage.forge.tip(stage.repository, "gone")

    def test_a_repository_that_is_not_there_is_a_user_error(self, stage: Stage) -> None:
        other = msgspec.structs.replace(stage.repository, name="quant/none")

        with pytest.raises(UserError):
            stage.forge.default_branch(other)

    @pytest.mark.parametrize("content", [b"", b"plain\n", bytes(range(256)), b"x" * 1_200_000])
    def test_a_file_is_read_byte_for_byte_at_its_commit(self, stage: Stage, content: bytes) -> None:
        commit = CommitSha(stage.disk.commit("main", {"deep/er/file.bin": content}))
        stage.disk.commit("main", {"deep/er/file.bin": b"later"})

        read = stage.forge.read_file(stage.repository, commit, "deep/er/file.bin")

        assert read == content

    def test_a_path_with_spaces_and_marks_is_read(self, stage: Stage) -> None:
        commit = CommitSha(stage.disk.commit("main", {"a b/ü#?%.txt": "found"}))

        assert stage.forge.read_file(stage.repository, commit, "a b/ü#?%.txt") == b"found"

    @pytest.mark.parametrize("path", [".highwater.yml", "sweeps", "README.md/x", "sweeps/none"])
    def test_what_is_no_file_at_the_commit_is_none(self, stage: Stage, path: str) -> None:
        assert stage.forge.read_file(stage.repository, head_of(stage), path) is None

    def test_a_symbolic_link_to_a_file_reads_as_the_file(self, stage: Stage) -> None:
        links = {"sweeps/link.yaml": "../README.md"}
        commit = CommitSha(stage.disk.commit("main", {}, links=links))

        read = stage.forge.read_file(stage.repository, commit, "sweeps/link.yaml")

        assert read == b"A strategy.\n"

    @pytest.mark.parametrize("target", ["gone.md", "../../outside", "/etc/hostname"])
    def test_a_symbolic_link_to_anything_else_is_no_file(self, stage: Stage, target: str) -> None:
        commit = CommitSha(stage.disk.commit("main", {}, links={"link": target}))

        assert stage.forge.read_file(stage.repository, commit, "link") is None

    def test_a_commit_that_is_not_there_is_a_user_error(self, stage: Stage) -> None:
        with pytest.raises(UserError, match="commit"):
            stage.forge.read_file(stage.repository, NOWHERE, "README.md")

    def test_git_fetches_a_pull_requests_head_from_the_clone_source(
        self, stage: Stage, tmp_path: Path
    ) -> None:
        opened = stage.open_pull_request("feature", "main", "Faster")
        source = stage.forge.clone_source(stage.repository)
        git(tmp_path, "init", "--quiet", "--bare", "mirror")

        ref = f"refs/pull/{opened.pull_request}/head"
        git(tmp_path / "mirror", "fetch", "--quiet", source.url, f"{ref}:{ref}")

        fetched = git(tmp_path / "mirror", "rev-parse", ref).decode().strip()
        assert fetched == head_of(stage)


class TestPullRequest:
    def test_it_is_read_as_it_was_opened(self, stage: Stage) -> None:
        opened = stage.open_pull_request("feature", "main", "Faster")

        read = stage.forge.pull_request(stage.repository, opened.pull_request or 0)

        assert read == PullRequest(
            number=1,
            state="open",
            head=head_of(stage),
            base_ref="main",
            from_fork=False,
            title="Faster",
            author="quant",
            head_ref="feature",
        )

    def test_one_of_another_repository_is_from_a_fork(self, stage: Stage) -> None:
        fork = stage.disk.fork(stage.root, "stranger/research")
        made = fork.commit("fast", {"a": "1"}, onto="main")
        opened = stage.open_pull_request("stranger:fast", "main", "From outside")

        read = stage.forge.pull_request(stage.repository, opened.pull_request or 0)

        assert (read.from_fork, read.head) == (True, made)

    def test_a_push_moves_its_head(self, stage: Stage) -> None:
        opened = stage.open_pull_request("feature", "main", "Faster")
        made = stage.disk.commit("feature", {"a": "1"})
        stage.push(opened)

        assert stage.forge.pull_request(stage.repository, opened.pull_request or 0).head == made

    def test_a_closed_one_reads_as_closed(self, stage: Stage) -> None:
        opened = stage.open_pull_request("feature", "main", "Faster")
        stage.close(opened.pull_request or 0)

        read = stage.forge.pull_request(stage.repository, opened.pull_request or 0)

        assert read.state == "closed"

    def test_a_number_that_was_not_given_is_a_user_error(self, stage: Stage) -> None:
        with pytest.raises(UserError, match="#7"):
            stage.forge.pull_request(stage.repository, 7)


class TestWebhook:
    def test_opening_parses_to_a_pull_request_that_was_updated(self, stage: Stage) -> None:
        opened = stage.open_pull_request("feature", "main", "Faster")

        assert parse_event(opened.event, opened.body) == PullRequestUpdated(
            repository=stage.repository,
            number=1,
            action="opened",
            head=head_of(stage),
            base_ref="main",
            from_fork=False,
        )

    def test_a_push_parses_to_the_new_head(self, stage: Stage) -> None:
        opened = stage.open_pull_request("feature", "main", "Faster")
        made = stage.disk.commit("feature", {"a": "1"})

        pushed = stage.push(opened)

        event = parse_event(pushed.event, pushed.body)
        assert isinstance(event, PullRequestUpdated)
        assert (event.action, event.head) == ("synchronize", made)

    def test_reopening_parses_to_a_pull_request_that_was_updated(self, stage: Stage) -> None:
        opened = stage.open_pull_request("feature", "main", "Faster")
        stage.close(opened.pull_request or 0)

        reopened = stage.reopen(opened.pull_request or 0)

        event = parse_event(reopened.event, reopened.body)
        assert isinstance(event, PullRequestUpdated)
        assert event.action == "reopened"

    def test_opening_from_a_fork_says_so(self, stage: Stage) -> None:
        stage.disk.fork(stage.root, "stranger/research").commit("fast", {"a": "1"}, onto="main")

        opened = stage.open_pull_request("stranger:fast", "main", "From outside")

        event = parse_event(opened.event, opened.body)
        assert isinstance(event, PullRequestUpdated)
        assert event.from_fork

    def test_asking_for_a_check_run_again_names_it_and_its_pull_request(self, stage: Stage) -> None:
        stage.open_pull_request("feature", "main", "Faster")
        head = head_of(stage)
        made = stage.forge.put_check_run(stage.repository, check_run(head))

        asked = stage.rerequest(made)

        assert parse_event(asked.event, asked.body) == CheckRunRerequested(
            repository=stage.repository,
            check_run=made,
            name="highwater",
            external_id="check-1",
            head=head,
            pull_requests=(1,),
            sender="octocat" if stage.repository.installation else "quant",
        )
