"""Branches of our own in a git repository on disk, one commit each."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from bot.git import git, git_answer
from bot.local.records import OWN_LOGIN
from bot.ports import Branch, BranchMovedError, FileChange
from engine.errors import TransientError
from engine.values import CommitSha

_PLAIN_FILE = "100644"
_NOWHERE = "0" * 40


class WantedCommit(msgspec.Struct, frozen=True, kw_only=True):
    """A branch that is one commit on top of *parent*, instead of *replaces* (None: a new one)."""

    branch: str
    parent: CommitSha
    changes: Sequence[FileChange]
    message: str
    replaces: CommitSha | None


def read(directory: Path, name: str) -> Branch | None:
    """Read a branch; None when there is none of that name."""
    ref = f"refs/heads/{name}"
    if git_answer(directory, "show-ref", "--verify", "--quiet", ref) is None:
        return None
    tip = git(directory, "show-ref", "--verify", "--hash", ref).decode().strip()
    by = git(directory, "log", "-1", "--format=%an%n%cn", tip).decode().splitlines()
    return Branch(tip=CommitSha(tip), ours=by == [OWN_LOGIN, OWN_LOGIN])


def put(directory: Path, wanted: WantedCommit, now: datetime) -> CommitSha:
    """Bring the branch to the wanted commit; gives it.

    Raises:
        BranchMovedError: it is not where it was expected.
        TransientError: git fails.
    """
    present = read(directory, wanted.branch)
    tip = None if present is None else present.tip
    tree = _tree(directory, wanted)
    if present is not None and present.ours and _is_wanted(directory, present.tip, wanted, tree):
        return present.tip
    if tip != wanted.replaces:
        raise _moved(wanted, tip)
    made = _commit(directory, wanted, tree, now)
    expected = wanted.replaces or _NOWHERE
    try:
        git(directory, "update-ref", f"refs/heads/{wanted.branch}", made, expected)
    except TransientError:
        present = read(directory, wanted.branch)
        tip = None if present is None else present.tip
        if tip == wanted.replaces:
            raise
        raise _moved(wanted, tip) from None
    return made


def _tree(directory: Path, wanted: WantedCommit) -> str:
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(directory, "read-tree", wanted.parent, environ=index)
        for change in wanted.changes:
            _stage(directory, change, index)
        return git(directory, "write-tree", environ=index).decode().strip()


def _stage(directory: Path, change: FileChange, index: dict[str, str]) -> None:
    blob, mode = _NOWHERE, "0"  # mode 0 takes the path out of the index
    if change.content is not None:
        stored = git(directory, "hash-object", "-w", "--stdin", stdin=change.content)
        blob, mode = stored.decode().strip(), _PLAIN_FILE
    entry = f"{mode} {blob}\t{change.path}\0".encode()
    git(directory, "update-index", "-z", "--index-info", environ=index, stdin=entry)


def _commit(directory: Path, wanted: WantedCommit, tree: str, now: datetime) -> CommitSha:
    person = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", OWN_LOGIN),
            ("EMAIL", "highwater@localhost"),
            ("DATE", now.isoformat(timespec="seconds")),
        )
    }
    message = wanted.message.encode()
    arguments = ("commit-tree", tree, "-p", wanted.parent, "-F", "-")
    made = git(directory, *arguments, environ=person, stdin=message)
    return CommitSha(made.decode().strip())


def _is_wanted(directory: Path, tip: CommitSha, wanted: WantedCommit, tree: str) -> bool:
    shown = git(directory, "log", "-1", "--format=%T%n%P%n%B", tip).decode()
    found_tree, parents, message = shown.split("\n", 2)
    is_same = (found_tree, parents) == (tree, wanted.parent)
    return is_same and message.strip() == wanted.message.strip()


def _moved(wanted: WantedCommit, tip: CommitSha | None) -> BranchMovedError:
    is_at = "is gone" if tip is None else f"is at {tip[:7]}"
    expected = "not there" if wanted.replaces is None else f"at {wanted.replaces[:7]}"
    problem = f"the branch {wanted.branch} {is_at}, and was expected {expected}"
    return BranchMovedError(problem, None, "Merge or delete the branch first.")
