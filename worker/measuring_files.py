"""The measuring files of an order: one set for both sides, laid over and looked at again.

They are written as git has them, for a tree's own ``.gitattributes`` could change them; and they
are compared by content after measuring, for a tree's own code could.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from engine.errors import CandidateError, UserError, Where
from engine.orders import RunOrder
from engine.spec_files import files_of_spec
from worker.bare_repository import LINK, BareRepository, Blob, Blobs
from worker.leftovers import remove_tree

_BYTECODE = "__pycache__"
_COMPILED = (".pyc", ".pyo")
_EXECUTABLE = "100755"
_FORBIDDEN = frozenset({"", ".", "..", ".git"})


class MeasuringFiles:
    """The files that the suite's ``measures`` match at one commit.

    Its spec is among them, and for a sweep the data that the measuring commit's spec names.
    """

    def __init__(self, repository: BareRepository, order: RunOrder, commit: str) -> None:
        """Find them.

        Raises:
            TransientError: the commit is missing.
            UserError: the sweep's spec is broken or missing, or a name is no good.
        """
        self._repository = repository
        self._globs = _globs(repository, order)
        self._files = self._matching(commit)
        self._digests: dict[str, str] = {}  # as first written: no code had run by then

    def surplus(self, commit: str) -> frozenset[str]:
        """Name what *commit* has beyond them and ``measures`` match: it must go there."""
        return frozenset(self._matching(commit).keys() - self._files.keys())

    def lay_over(self, tree: Path, surplus: Iterable[str]) -> None:
        """Bring them to *tree* as they are at their commit, and *surplus* away.

        Nothing is written or deleted through a symbolic link. What Python compiled beside them
        goes too: it might be of other source code.

        Raises:
            CandidateError: what git has of them is another content than before.
            TransientError: the repository is damaged.
            OSError: the disk is full.
        """
        for path in surplus:
            place = tree / path
            if _has_real_parents(tree, path) and (place.is_symlink() or not place.is_dir()):
                place.unlink(missing_ok=True)
        for folder in {str(PurePosixPath(path).parent) for path in self._files}:
            _cleared(tree, f"{folder}/{_BYTECODE}")
        stale = [path for path in self._files if not self._is_as_written(tree, path)]
        if stale:
            with self._repository.blobs() as blobs:
                for path in stale:
                    self._write(tree, path, blobs)

    def changed(self, tree: Path) -> tuple[str, ...]:
        """Name those that are not any more what was laid over *tree*, sorted."""
        return tuple(sorted(p for p in self._files if not self._is_as_written(tree, p)))

    def _matching(self, commit: str) -> dict[str, Blob]:
        if not self._globs:
            return {}
        chosen = GitIgnoreSpec.from_lines(self._globs)
        files = self._repository.files(commit).items()
        found = {p: blob for p, blob in files if chosen.match_file(p) and not _is_compiled(p)}
        for path in found:
            if "\ufffd" in path:
                problem = "the name of this measuring file is not UTF-8."
                raise UserError(problem, Where(path), "Rename it.")
            if _FORBIDDEN & set(path.split("/")):
                problem = "is not a name that a file in a repository may have."
                raise UserError(problem, Where(path), "Rename it.")
        return found

    def _is_as_written(self, tree: Path, path: str) -> bool:
        return path in self._digests and _digest(tree, path) == self._digests[path]

    def _write(self, tree: Path, path: str, blobs: Blobs) -> None:
        blob, place = self._files[path], _cleared(tree, path)
        if blob.mode == LINK:
            target = io.BytesIO()
            content = blobs.copy(blob, target)
            place.symlink_to(os.fsdecode(target.getvalue()))
        else:
            with place.open("xb") as file:
                content = blobs.copy(blob, file)
            place.chmod(0o755 if blob.mode == _EXECUTABLE else 0o644)
        written = f"{_kind(place.lstat().st_mode)}{content}"
        if self._digests.setdefault(path, written) != written:
            step, ending = "the code", "changed the repository that it was checked out from"
            raise CandidateError(step, path, ending=ending)


def without_bytecode(tree: Path) -> None:
    """Delete what Python compiled: Python would believe it, whatever the source code says."""
    pending = [tree]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if is_folder and entry.name == _BYTECODE:
                    remove_tree(Path(entry.path))
                elif is_folder:
                    pending.append(Path(entry.path))
                elif entry.name == _BYTECODE or entry.name.endswith(_COMPILED):
                    Path(entry.path).unlink()


def _is_compiled(path: str) -> bool:
    return path.endswith(_COMPILED) or _BYTECODE in path.split("/")


def _globs(repository: BareRepository, order: RunOrder) -> tuple[str, ...]:
    declared = order.suite.measures or ()
    if order.suite.spec is None:
        return declared
    return (*declared, *map(_anchored, _spec_files(repository, order, order.suite.spec)))


def _spec_files(repository: BareRepository, order: RunOrder, spec: str) -> Sequence[str]:
    """Name the spec, and the data that it reads."""
    shown = repository.run("cat-file", "blob", f"{order.measuring_from}:{spec}")
    if not shown.succeeded:
        problem = f"the spec does not exist at {order.measuring_from[:12]}, the merge base."
        remedy = "Add it to the target branch first: both sides are measured with its copy."
        raise UserError(problem, Where(spec), remedy)
    return files_of_spec(order.suite.kind, shown.stdout.encode(), spec)


def _anchored(path: str) -> str:
    """Make the gitignore pattern of exactly this path (or all below this folder)."""
    escaped = "".join(f"\\{char}" if char in "\\*?[]!#" else char for char in path)
    return f"/{escaped}"


def _parents(tree: Path, path: str) -> Iterator[Path]:
    """Give the folders from the top of *tree* down to *path*, which is not among them."""
    folder = tree
    for part in PurePosixPath(path).parts[:-1]:
        folder = folder / part
        yield folder


def _has_real_parents(tree: Path, path: str) -> bool:
    return all(one.is_dir() and not one.is_symlink() for one in _parents(tree, path))


def _cleared(tree: Path, path: str) -> Path:
    """Make the folders of *path* real ones, with nothing at *path* itself."""
    for folder in _parents(tree, path):
        if folder.is_symlink() or not folder.is_dir():
            folder.unlink(missing_ok=True)
        folder.mkdir(exist_ok=True)
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IRWXU)
    place = tree / path
    if place.is_dir() and not place.is_symlink():
        remove_tree(place)
    else:
        place.unlink(missing_ok=True)
    return place


def _digest(tree: Path, path: str) -> str | None:
    """Tell kind and content of a file or link; None for anything else and for what is not there."""
    if not _has_real_parents(tree, path):
        return None
    place = tree / path
    try:
        mode = place.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = hashlib.sha256(os.fsencode(place.readlink())).hexdigest()
        elif stat.S_ISREG(mode):
            with place.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            return None
    except OSError:
        return None
    return f"{_kind(mode)}{content}"


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "link "
    return "program " if mode & stat.S_IXUSR else "file "


__all__ = ["MeasuringFiles", "without_bytecode"]
