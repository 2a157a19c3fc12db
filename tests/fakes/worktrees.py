"""Repositories with a work tree, as a person has them on a laptop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.git import git
from tests.fakes.git_repositories import PERSON
from tests.fakes.tasks import write_files


@dataclass(frozen=True)
class WorkTree:
    """A repository on branch ``main`` in *directory*."""

    directory: Path

    @classmethod
    def create(cls, directory: Path, files: Mapping[str, str]) -> WorkTree:
        """Make one whose first commit has *files*."""
        directory.mkdir(parents=True)
        git(directory, "init", "--quiet", "--initial-branch=main")
        made = cls(directory)
        made.commit(files)
        return made

    def write(self, files: Mapping[str, str]) -> None:
        """Change files without a commit."""
        write_files(self.directory, files)

    def commit(self, files: Mapping[str, str]) -> str:
        """Write *files* and commit all there is."""
        self.write(files)
        git(self.directory, "add", "--all")
        git(self.directory, "commit", "--quiet", "-m", "change", environ=PERSON)
        return self.tip()

    def switch(self, branch: str) -> None:
        """Go on with a new branch."""
        git(self.directory, "switch", "--quiet", "--create", branch)

    def tip(self, revision: str = "HEAD") -> str:
        """Give the commit that a revision names."""
        return git(self.directory, "rev-parse", revision).decode().strip()

    def state(self) -> tuple[bytes, ...]:
        """Give what a command must leave alone: refs, HEAD, the index and what is not committed."""
        refs = git(self.directory, "for-each-ref")
        status = git(self.directory, "status", "--porcelain")
        index, head = (self.directory / ".git" / name for name in ("index", "HEAD"))
        return refs, status, index.read_bytes(), head.read_bytes()
