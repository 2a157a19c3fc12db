"""Bare git repositories on disk, built commit by commit without a work tree."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.git import git

PERSON = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "Ada"),
        ("EMAIL", "ada@example.org"),
        ("DATE", "2026-11-20T12:00:00Z"),
    )
}


@dataclass(frozen=True)
class BareRepository:
    """``owner/name`` in a folder of repositories."""

    directory: Path

    @classmethod
    def create(cls, root: Path, name: str) -> BareRepository:
        directory = root / f"{name}.git"
        directory.mkdir(parents=True)
        git(directory, "init", "--quiet", "--bare", "--initial-branch=main")
        return cls(directory)

    def fork(self, root: Path, name: str) -> BareRepository:
        """Copy this repository to another name."""
        shutil.copytree(self.directory, root / f"{name}.git")
        return BareRepository(root / f"{name}.git")

    def commit(
        self,
        branch: str,
        files: Mapping[str, str | bytes],
        *,
        onto: str | None = None,
        links: Mapping[str, str] | None = None,
    ) -> str:
        """Add a commit that writes *files* and symbolic *links* to *branch*.

        *onto* names the parent of a new branch's first commit.
        """
        parent = self._parent(branch, onto)
        tree = self._tree(parent, files, links or {})
        parents = ("-p", parent) if parent else ()
        made = self._run("commit-tree", tree, *parents, "-m", f"change {branch}")
        self._run("update-ref", f"refs/heads/{branch}", made)
        return made

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        self._run("update-ref", "-d", f"refs/heads/{branch}")

    def _parent(self, branch: str, onto: str | None) -> str | None:
        listed = self._run("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        if listed or onto is None:
            return listed or None
        return self._run("rev-parse", onto)

    def _tree(
        self, parent: str | None, files: Mapping[str, str | bytes], links: Mapping[str, str]
    ) -> str:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            index = {"GIT_INDEX_FILE": str(folder / "index")}
            if parent:
                git(self.directory, "read-tree", parent, environ=index)
            entries = [("100644", *each) for each in files.items()]
            entries += [("120000", *each) for each in links.items()]
            for mode, path, content in entries:
                entry = f"{mode},{self._blob(folder, content)},{path}"
                git(self.directory, "update-index", "--add", "--cacheinfo", entry, environ=index)
            return git(self.directory, "write-tree", environ=index).decode().strip()

    def _blob(self, folder: Path, content: str | bytes) -> str:
        file = folder / "blob"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self._run("hash-object", "-w", str(file))

    def _run(self, *arguments: str) -> str:
        return git(self.directory, *arguments, environ=PERSON).decode().strip()
