"""What the bot proposes itself on the local forge: branches of its own, and pull requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.github.limits import MAX_COMMENT, cut, one_line
from bot.local import branches, pull_rows
from bot.local.places import LocalPlaces
from bot.local.records import OWN_LOGIN
from bot.local.repositories import Source
from bot.ports import Branch, FileChange, Repository
from engine.errors import UserError
from engine.values import CommitSha


@dataclass(frozen=True, slots=True)
class LocalProposals(LocalPlaces):
    """Branches and pull requests that are written."""

    def pull_requests_of(self, repository: Repository, head: CommitSha) -> tuple[int, ...]:
        """Name the open pull requests whose head is this commit, forks' too, lowest first."""
        found = pull_rows.open_of_head(self.database, repository.name, head)
        return tuple(each.pull_request.number for each in found)

    def branch(self, repository: Repository, name: str) -> Branch | None:
        """Read a branch; None when there is none of that name."""
        return branches.read(self.repositories.directory(repository.name), name)

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
        self.repositories.require_commit(repository.name, parent)
        wanted = branches.WantedCommit(
            branch=branch, parent=parent, changes=changes, message=message, replaces=replaces
        )
        directory = self.repositories.directory(repository.name)
        made = branches.put(directory, wanted, self.now())
        for pull in pull_rows.open_of_branch(self.database, repository.name, branch):
            self._take_head(repository, pull.pull_request.number, branch)
        return made

    def find_pull_request(self, repository: Repository, head_branch: str) -> int | None:
        """Find the open pull request of a branch of the repository itself; the lowest number."""
        found = pull_rows.open_of_branch(self.database, repository.name, head_branch)
        return found[0].pull_request.number if found else None

    def put_pull_request(
        self, repository: Repository, head_branch: str, base_ref: str, title: str, body: str
    ) -> int:
        """Open a pull request of a branch, or bring the open one to this; gives its number.

        Raises:
            UserError: no such branch, or the two branches stand on one commit.
        """
        values = {
            "title": one_line(title),
            "body": cut(body, MAX_COMMENT),
            "base_ref": base_ref,
        }
        present = self.find_pull_request(repository, head_branch)
        if present is not None:
            pull_rows.change(self.database, repository.name, present, values)
            return present
        head = self.repositories.tip(repository.name, head_branch)
        if head == self.repositories.tip(repository.name, base_ref):
            problem = f"there is nothing between {base_ref} and {head_branch}"
            raise UserError(problem, None, "Commit to the branch first.")
        row = {
            **values,
            "head": head,
            "head_branch": head_branch,
            "state": "open",
            "from_fork": False,
            "author": OWN_LOGIN,
        }
        number = pull_rows.add(self.database, repository.name, row)
        self._take_head(repository, number, head_branch)
        return number

    def _take_head(self, repository: Repository, number: int, branch: str) -> None:
        source = Source(repository.name, branch)
        head = self.repositories.take_head(repository.name, number, source)
        pull_rows.change(self.database, repository.name, number, {"head": head})
