"""Git repositories in one folder, named as on GitHub: ``owner/name``."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from bot.git import git, git_answer, git_succeeds, read_blob
from engine.errors import UserError
from engine.values import CommitSha, RepositoryName

_PART = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_NAME = re.compile(rf"{_PART}/{_PART}")
_SYMBOLIC_LINK = b"120000"


@dataclass(frozen=True, slots=True)
class LocalRepositories:
    """The folder; ``owner/name`` lies in ``owner/name.git`` (bare) or ``owner/name``."""

    root: Path

    def directory(self, name: RepositoryName) -> Path:
        """Find a repository's folder.

        Raises:
            UserError: the name is not ``owner/name``, or no such repository is there.
        """
        if not _NAME.fullmatch(name):
            problem = f"{name!r} is no repository name"
            raise UserError(problem, None, "A repository is named owner/name.")
        for candidate in (self.root / f"{name}.git", self.root / name):
            if (candidate / "HEAD").is_file() or (candidate / ".git").exists():
                return candidate.absolute()
        problem = f"there is no repository {name} in {self.root}"
        raise UserError(problem, None, f"Put a bare clone at {self.root / name}.git.")

    def default_branch(self, name: RepositoryName) -> str:
        """Name the branch that HEAD stands on.

        Raises:
            UserError: no such repository, or HEAD stands on no branch.
        """
        directory = self.directory(name)
        branch = git_answer(directory, "symbolic-ref", "--quiet", "--short", "HEAD")
        if branch is None:
            problem = f"the HEAD of {name} stands on no branch"
            raise UserError(problem, None, "Check its default branch out.")
        return branch

    def tip(self, name: RepositoryName, branch: str) -> CommitSha:
        """Give the commit at a branch's tip.

        Raises:
            UserError: no such repository or branch.
        """
        directory = self.directory(name)
        ref = f"refs/heads/{branch}"
        if git_answer(directory, "show-ref", "--verify", "--quiet", ref) is None:
            problem = f"{name} has no branch {branch!r}"
            raise UserError(problem, None, "Name a branch that exists.")
        shown = git(directory, "show-ref", "--verify", "--hash", ref)
        return CommitSha(shown.decode().strip())

    def read_file(self, name: RepositoryName, commit: CommitSha, path: str) -> bytes | None:
        """Read a file at a commit; a symbolic link to a file is followed once, as on GitHub.

        Raises:
            UserError: no such repository or commit.
        """
        directory = self.directory(name)
        content = read_blob(directory, commit, path)
        if content is None:
            self.require_commit(name, commit)
            return None
        if not git(directory, "ls-tree", commit, "--", path).startswith(_SYMBOLIC_LINK):
            return content
        target = posixpath.join(posixpath.dirname(path), content.decode(errors="replace"))
        return read_blob(directory, commit, posixpath.normpath(target))

    def require_commit(self, name: RepositoryName, commit: CommitSha) -> None:
        """Refuse a commit that is not there.

        Raises:
            UserError: no such repository or commit.
        """
        if not git_succeeds(self.directory(name), "cat-file", "-e", f"{commit}^{{commit}}"):
            problem = f"{name} has no commit {commit}"
            raise UserError(problem, None, "Push the commit, or name one that exists.")

    def take_head(self, name: RepositoryName, number: int, source: Source) -> CommitSha:
        """Point ``refs/pull/NUMBER/head`` at the tip of the pull request's branch.

        Raises:
            UserError: no such repository or branch.
        """
        head = self.tip(source.repository, source.branch)
        directory = self.directory(name)
        ref = f"refs/pull/{number}/head"
        if source.repository != name:
            fork = str(self.directory(source.repository))
            git(directory, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", fork, head)
        git(directory, "update-ref", ref, head)
        return head


@dataclass(frozen=True, slots=True)
class Source:
    """Where a pull request's commits come from."""

    repository: RepositoryName
    branch: str

    @classmethod
    def of(cls, repository: RepositoryName, head_branch: str) -> Source:
        """Read ``branch`` or ``owner:branch`` (a fork), as GitHub names a head.

        >>> Source.of(RepositoryName("quant/research"), "stranger:faster").repository
        'stranger/research'
        """
        owner, colon, branch = head_branch.partition(":")
        if not colon:
            return cls(repository, head_branch)
        name = repository.partition("/")[2]
        return cls(RepositoryName(f"{owner}/{name}"), branch)
