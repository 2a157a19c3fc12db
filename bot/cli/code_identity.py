"""Which code a sweep runs: two halves of one have to be of the same."""

from __future__ import annotations

import glob
import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.cli.workplace import GIT_TIMEOUT_S, commit_of
from engine.identity import content_hash

_ENVIRONMENT = "pyvenv.cfg"
_SKIPPED = frozenset({"__pycache__", "node_modules", "runs"})


def code_identity(root: Path, written: Path) -> str:
    """Name the files of *root* as they are: the commit, and the contents of what differs from it.

    New files count unless git ignores them; *written*, the folder ``runs`` and compiled Python do
    not. Outside git the Python files count, those of environments and hidden folders do not.
    """
    commit = commit_of(root)
    excluded = _excluded(root, written)
    changed = _changed(root, excluded, since=commit)
    if changed is None:
        return content_hash(_contents(root, _python_files(root, written)))
    return content_hash({"commit": commit, "changed": _contents(root, changed)})


def digest_of(paths: Iterable[Path], root: Path) -> str:
    """Give the SHA-256 of all files at or below *paths*, by their names below *root*."""
    files = [file for path in paths for file in _files(path)]
    return content_hash(_contents(root, [os.path.relpath(file, root) for file in files]))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for folder, _, names in os.walk(path):
            yield from (Path(folder, name) for name in names)
    else:
        yield path


def _excluded(root: Path, written: Path) -> list[str]:
    spared = ["runs", "**/__pycache__/**"]
    if written.resolve().is_relative_to(root):
        spared.append(glob.escape(str(written.resolve().relative_to(root))))
    return [f":(top,exclude,glob){one}" for path in spared for one in (path, f"{path}/**")]


def _changed(root: Path, excluded: list[str], *, since: str | None) -> list[str] | None:
    """List the files that differ from the commit; of none, all files; None: outside git."""
    new = _listed(root, "ls-files", "-o", "--exclude-standard", "-z", "--", ".", *excluded)
    if since is None:
        old = _listed(root, "ls-files", "-z", "--", ".", *excluded)
    else:
        old = _listed(root, "diff", since, "--relative", "--name-only", "-z", "--", ".", *excluded)
    return None if new is None or old is None else [*old, *new]


def _listed(root: Path, *arguments: str) -> list[str] | None:
    argv = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=GIT_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _python_files(root: Path, written: Path) -> list[str]:
    found: list[str] = []
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if _counts(Path(folder, name), written)]
        found += [os.path.relpath(Path(folder, one), root) for one in names if one.endswith(".py")]
    return found


def _counts(folder: Path, written: Path) -> bool:
    skipped = folder.name in _SKIPPED or folder.name.startswith(".")
    return not skipped and folder != written.resolve() and not (folder / _ENVIRONMENT).exists()


def _contents(root: Path, names: Iterable[str]) -> dict[str, str | None]:
    return {os.fsencode(name).hex(): _digest(root / name) for name in sorted(names)}


def _digest(path: Path) -> str | None:
    """Give the SHA-256 of a file's content; None: it is gone, or no file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
