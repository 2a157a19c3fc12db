"""What the bot proposes itself: branches of its own, and their pull requests."""

from __future__ import annotations

from collections.abc import Sequence

from bot.github import branches, pull_requests
from bot.github.branches import WantedCommit
from bot.github.errors import LostReply
from bot.github.installed import Installed
from bot.github.limits import MAX_COMMENT, cut, one_line
from bot.github.pull_requests import WantedPullRequest
from bot.ports import Branch, FileChange, Repository
from engine.values import CommitSha


class GitHubProposals(Installed):
    """Branches and pull requests that are written."""

    def pull_requests_of(self, repository: Repository, head: CommitSha) -> tuple[int, ...]:
        """Name the open pull requests whose head is this commit, forks' too, lowest first."""
        with self._clients.opened(repository, f"finding {head[:7]}") as opened:
            return pull_requests.of_head(opened, head)

    def branch(self, repository: Repository, name: str) -> Branch | None:
        """Read a branch; None when there is none of that name."""
        login = self._login()
        with self._clients.opened(repository, f"reading the branch {name!r}") as opened:
            return branches.read(opened, name, login)

    def put_commit(  # noqa: PLR0913 - a commit has so many parts
        self,
        repository: Repository,
        branch: str,
        parent: CommitSha,
        changes: Sequence[FileChange],
        message: str,
        *,
        replaces: CommitSha | None,
    ) -> CommitSha:
        """Make *branch* one commit of ours on top of *parent*; gives it.

        Raises:
            BranchMovedError: the branch is neither at *replaces* nor this very commit.
        """
        wanted = WantedCommit(
            branch=branch, parent=parent, changes=changes, message=message, replaces=replaces
        )
        try:
            return self._write_commit(repository, wanted)
        except LostReply:
            return self._write_commit(repository, wanted)  # which reads first

    def find_pull_request(self, repository: Repository, head_branch: str) -> int | None:
        """Find the open pull request of a branch of the repository itself; the lowest number."""
        doing = f"finding the pull request of {head_branch!r}"
        with self._clients.opened(repository, doing) as opened:
            found = pull_requests.find(opened, repository.name, head_branch)
            return None if found is None else found.number

    def put_pull_request(
        self, repository: Repository, head_branch: str, base_ref: str, title: str, body: str
    ) -> int:
        """Open a pull request of a branch, or bring the open one to this; gives its number."""
        wanted = WantedPullRequest(
            head_branch=head_branch,
            base_ref=base_ref,
            title=one_line(title),
            body=cut(body, MAX_COMMENT),
        )
        try:
            return self._write_pull_request(repository, wanted)
        except LostReply:
            return self._write_pull_request(repository, wanted)  # which reads first

    def _write_commit(self, repository: Repository, wanted: WantedCommit) -> CommitSha:
        login = self._login()
        with self._clients.opened(repository, f"writing the branch {wanted.branch!r}") as opened:
            return branches.put(opened, wanted, login)

    def _write_pull_request(self, repository: Repository, wanted: WantedPullRequest) -> int:
        doing = f"writing the pull request of {wanted.head_branch!r}"
        with self._clients.opened(repository, doing) as opened:
            return pull_requests.put(opened, repository.name, wanted)
