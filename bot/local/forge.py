"""The forge over git repositories on disk; what people see of it is in the database."""

from __future__ import annotations

from dataclasses import dataclass

from bot.github.limits import MAX_COMMENT, cut, within_limits
from bot.local import check_runs, comments, pull_rows
from bot.local.conversation import LocalConversation
from bot.local.proposals import LocalProposals
from bot.local.records import OWN_LOGIN, LocalCheckRun, LocalComment, LocalPullRequest
from bot.ports import CheckRun, CloneSource, PullRequest, Repository
from bot.store.engine import reading, writing
from engine.errors import UserError
from engine.values import CommitSha, RepositoryName


@dataclass(frozen=True, slots=True)
class LocalForge(LocalConversation, LocalProposals):
    """``bot.ports.Forge`` with no GitHub."""

    def default_branch(self, repository: Repository) -> str:
        """Name the default branch; UserError when there is no such repository."""
        return self.repositories.default_branch(repository.name)

    def name_of(self, repository: Repository, forge_id: int) -> RepositoryName | None:
        """Give None: a repository on disk that is renamed is another one."""

    def tip(self, repository: Repository, branch: str) -> CommitSha:
        """Give the commit at a branch's tip; UserError when there is no such branch."""
        return self.repositories.tip(repository.name, branch)

    def pull_request(self, repository: Repository, number: int) -> PullRequest:
        """Read a pull request; UserError when there is none of that number."""
        return self.local_pull_request(repository.name, number).pull_request

    def read_file(self, repository: Repository, commit: CommitSha, path: str) -> bytes | None:
        """Read a file at a commit; None when the commit has no such file."""
        return self.repositories.read_file(repository.name, commit, path)

    def forget_installation(self, installation: int) -> None:
        """Do nothing: the disk is reached without any installation."""

    def clone_source(self, repository: Repository) -> CloneSource:
        """Say where git may fetch the repository, ``refs/pull/N/head`` included."""
        return CloneSource(url=self.repositories.directory(repository.name).as_uri())

    def put_check_run(self, repository: Repository, run: CheckRun) -> int:
        """Create the check run, or bring the existing one of that name to this state."""
        wanted = within_limits(run)
        with writing(self.database) as connection:
            return check_runs.put(connection, repository.name, wanted, self.now())

    def find_comment(self, repository: Repository, number: int, marker: str) -> int | None:
        """Find our own comment that holds *marker*; the lowest id wins."""
        with reading(self.database) as connection:
            return comments.find_own(connection, repository.name, number, marker)

    def put_comment(self, repository: Repository, number: int, marker: str, body: str) -> int:
        """Create or edit our one comment whose body holds *marker*; gives its id.

        Raises:
            ValueError: the body does not hold the marker.
            UserError: there is no such pull request.
        """
        draft = comments.Draft(OWN_LOGIN, cut(body, MAX_COMMENT), self.now())
        if marker not in draft.body:
            message = f"the comment lacks its marker {marker}"
            raise ValueError(message)
        self.local_pull_request(repository.name, number)
        with writing(self.database) as connection:
            return comments.put_own(connection, repository.name, number, marker, draft)

    def add_comment(self, repository: Repository, number: int, body: str) -> int:
        """Add a further comment; gives its id; UserError when there is no such pull request."""
        return self.add_comment_as(OWN_LOGIN, repository, number, body)

    def add_comment_as(self, author: str, repository: Repository, number: int, body: str) -> int:
        """Add a comment of anybody's; gives its id."""
        draft = comments.Draft(author, cut(body, MAX_COMMENT), self.now())
        self.local_pull_request(repository.name, number)
        with writing(self.database) as connection:
            return comments.add(connection, repository.name, number, draft)

    def local_pull_request(self, name: RepositoryName, number: int) -> LocalPullRequest:
        """Read a pull request with its branch; UserError when there is none of that number."""
        return pull_rows.read(self.database, name, number)

    def comments(self, name: RepositoryName, number: int) -> tuple[LocalComment, ...]:
        """List a pull request's comments, oldest first."""
        with reading(self.database) as connection:
            return comments.list_comments(connection, name, number)

    def check_runs(self, name: RepositoryName, head: CommitSha) -> tuple[LocalCheckRun, ...]:
        """List a commit's check runs, oldest first."""
        with reading(self.database) as connection:
            return check_runs.list_of(connection, name, head)

    def check_run(self, check_run_id: int) -> LocalCheckRun:
        """Read a check run; UserError when there is none of that id."""
        with reading(self.database) as connection:
            found = check_runs.find(connection, check_run_id)
        if found is None:
            problem = f"there is no check run {check_run_id}"
            raise UserError(problem, None, "Name one that exists.")
        return found
