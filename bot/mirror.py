"""Mirrors of guarded repositories: what the bot reads, and what it bundles for runners."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.git import RETRY_AFTER_S, git, git_answer, read_blob
from bot.ports import CloneSource
from engine.errors import TransientError, UserError
from engine.values import CommitSha, RepositoryName

_REFS = "refs/highwater/"
_FAR = 50_000


@dataclass(frozen=True, slots=True)
class Mirror:
    """One bare repository on disk that holds the commits asked for."""

    directory: Path

    def read(self, commit: CommitSha, path: str) -> bytes | None:
        """Read a file at a commit; None when the commit has no such file.

        Raises:
            TransientError: the commit itself is not here (any more), or git failed.
        """
        content = read_blob(self.directory, commit, path)
        if content is None and not _holds(self.directory, commit):
            problem = f"commit {commit[:7]} is not in the mirror"
            raise TransientError(problem, RETRY_AFTER_S)
        return content

    def kind_of(self, commit: CommitSha, path: str) -> str | None:
        """Tell whether *path* is a ``blob`` or a ``tree`` at *commit*; None when it is absent."""
        listed = git(self.directory, "ls-tree", "-d", "--", commit, path.rstrip("/"))
        if listed:
            return "tree"
        return "blob" if git(self.directory, "ls-tree", "--", commit, path) else None

    def merge_base(self, target: CommitSha, head: CommitSha) -> CommitSha:
        """Find the commit that *head* was made from.

        Raises:
            UserError: the two commits share no history.
            TransientError: git failed; they may well share it.
        """
        found = git_answer(self.directory, "merge-base", target, head)
        if found is None:
            problem = f"{head[:7]} shares no history with {target[:7]}"
            raise UserError(problem, None, "Rebase the branch on its target.")
        return CommitSha(found.split()[0])

    def changed_paths(self, base: CommitSha, head: CommitSha) -> tuple[str, ...]:
        """List the paths that differ between two commits; a rename counts as both paths."""
        return self._differing(base, head)

    def rewritten_paths(self, base: CommitSha, head: CommitSha) -> tuple[str, ...]:
        """List the files of *base* that *head* modifies, deletes or renames; what it adds is none.

        Raises:
            TransientError: git failed.
        """
        return self._differing(base, head, "--diff-filter=a")

    def _differing(self, base: CommitSha, head: CommitSha, *filters: str) -> tuple[str, ...]:
        arguments = ("diff", "--name-only", "--no-renames", "-z", *filters, base, head)
        listed = git(self.directory, *arguments)
        return tuple(os.fsdecode(path) for path in listed.split(b"\0") if path)

    def distances(self, tip: CommitSha) -> dict[str, int]:
        """Number *tip* and the commits before it, from 0: a commit's parents come after it.

        Of a long history the first 50,000.

        Raises:
            TransientError: git failed.
        """
        arguments = ("rev-list", "--topo-order", f"--max-count={_FAR}", tip)
        listed = git(self.directory, *arguments).decode().split()
        return {commit: distance for distance, commit in enumerate(listed)}

    def bundle(self, commits: Iterable[str], path: Path) -> None:
        """Write a git bundle of *commits* with their history, whole or not at all."""
        wanted = sorted(set(commits))
        for commit in wanted:
            git(self.directory, "update-ref", _ref(commit), commit)
        names = [_ref(commit) for commit in wanted]
        partial = path.with_suffix(".partial")
        git(self.directory, "bundle", "create", "--quiet", str(partial), *names)
        _sync(partial)
        partial.replace(path)


@dataclass(frozen=True, slots=True)
class Mirrors:
    """The folder of all mirrors."""

    root: Path

    def fetch(
        self, name: RepositoryName, source: CloneSource, commits: Sequence[CommitSha]
    ) -> Mirror:
        """Bring *commits* with their history into the repository's mirror, and keep them.

        Raises:
            TransientError: git cannot fetch now; a commit may be gone, or the forge away.
        """
        directory = self.root / f"{name}.git"
        with _locked(directory):
            if not (directory / "HEAD").exists():
                git(directory, "init", "--quiet", "--bare")
            missing = [commit for commit in commits if not _has(directory, commit)]
            if missing:
                _fetch(directory, source, missing)
        return Mirror(directory)

    def names(self) -> tuple[RepositoryName, ...]:
        """List the repositories that have a mirror."""
        found = sorted(self.root.glob("*/*.git"))
        return tuple(RepositoryName(f"{one.parent.name}/{one.stem}") for one in found)

    def tidy(self, name: RepositoryName, needed: Collection[str]) -> int:
        """Let go of the commits that are not *needed*, and repack; gives how many were let go.

        Their objects stay for a day: who was about to use one either still finds it, or is told
        to try again and fetches it anew.

        Raises:
            TransientError: git failed; nothing that is needed is gone.
        """
        directory = self.root / f"{name}.git"
        with _locked(directory):
            listed = git(directory, "for-each-ref", "--format=%(refname)", _REFS).decode().split()
            spare = sorted(set(listed) - {_ref(commit) for commit in needed})
            deletions = "".join(f"delete {ref}\n" for ref in spare)
            git(directory, "update-ref", "--stdin", stdin=deletions.encode())
            git(directory, "gc", "--quiet", "--prune=1.day.ago")
        return len(spare)


def _fetch(directory: Path, source: CloneSource, commits: Sequence[CommitSha]) -> None:
    wanted = [f"+{commit}:{_ref(commit)}" for commit in commits]
    git(
        directory,
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        source.url,
        *wanted,
        header=source.header,
    )


def _ref(commit: str) -> str:
    return f"{_REFS}{commit}"


def _has(directory: Path, commit: CommitSha) -> bool:
    return _holds(directory, _ref(commit))


def _holds(directory: Path, name: str) -> bool:
    asked = ("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
    return git_answer(directory, *asked) is not None


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "highwater.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
