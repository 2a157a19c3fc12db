"""Source code in: a git bundle becomes two work trees, measured with one set of files.

Nothing of the repository is carried out: no hook, no filter, no configuration of this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from engine.errors import TransientError, UserError, Where
from engine.orders import RunOrder
from engine.sweep.spec import parse_sweep_spec
from engine.values import Side, SuiteKind
from worker.processes import Finished, run, scrubbed

GIT_TIMEOUT_S = 600
_LISTING_BYTES = 64 * 1024 * 1024
_CONFIGURATION = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
    "gc.auto=0",
)


def check_out(bundle: Path, order: RunOrder, into: Path) -> dict[Side, Path]:
    """Unpack *bundle* below *into* as one work tree a side, measuring files laid over both.

    The measuring files are those that the suite's ``measures`` match, for a sweep also its
    spec and the data named there, as they are at ``order.measuring_from``; what exists on a
    side alone and matches is deleted there.

    Raises:
        TransientError: the bundle is missing, damaged or lacks a commit, or the disk is full.
        UserError: the sweep's spec is broken or missing, or a measuring file's name not UTF-8.
    """
    repository = _Git(into / "repository.git", into)
    _unpack(bundle, repository)
    measuring = _Measuring(repository, order)
    trees: dict[Side, Path] = {}
    for side, commit in ((Side.BASE, order.base), (Side.HEAD, order.head)):
        trees[side] = into / side
        repository.must("worktree", "add", "--quiet", "--detach", str(trees[side]), commit)
        if commit != order.measuring_from:
            measuring.lay_over(trees[side], commit)
    return trees


@dataclass(frozen=True, slots=True)
class _Git:
    """Git on one bare repository, deaf to this machine's configuration."""

    directory: Path
    home: Path

    def run(self, *arguments: str, tree: Path | None = None) -> Finished:
        options = [part for setting in _CONFIGURATION for part in ("-c", setting)]
        place = ["-C", str(tree)] if tree else [f"--git-dir={self.directory}"]
        return run(
            ["git", *options, *place, *arguments],
            cwd=self.home,
            environ=_environ(self.home),
            timeout_s=GIT_TIMEOUT_S,
            output_bytes=_LISTING_BYTES,
        )

    def must(self, *arguments: str, tree: Path | None = None) -> str:
        """Run git, which must succeed; gives its output."""
        finished = self.run(*arguments, tree=tree)
        if not finished.succeeded:
            problem = f"git {arguments[0]} failed: {finished.tail[-2000:].strip()}"
            raise TransientError(problem, retry_after_s=0.0)
        return finished.stdout

    def files(self, commit: str) -> frozenset[str]:
        """List all files of a commit (submodules left out)."""
        listing = self.must("ls-tree", "-r", "-z", "--full-tree", commit)
        if listing and not listing.endswith("\0"):
            problem = f"the list of files of {commit} is longer than {_LISTING_BYTES} bytes"
            raise TransientError(problem, retry_after_s=0.0)
        entries = (entry.partition("\t") for entry in listing.split("\0") if entry)
        return frozenset(path for kind, _, path in entries if not kind.startswith("160000"))


class _Measuring:
    """The measuring files of an order."""

    def __init__(self, repository: _Git, order: RunOrder) -> None:
        self.repository = repository
        self.commit = order.measuring_from
        self.globs = _globs(repository, order)
        self.files = self._chosen(order.measuring_from) if self.globs else frozenset()

    def lay_over(self, tree: Path, commit: str) -> None:
        """Bring the measuring files of *tree*, which is at *commit*, to the measuring commit.

        Git writes them, which never writes or deletes through a symbolic link.
        """
        if not self.globs:
            return
        surplus = self._chosen(commit) - self.files
        self._each(surplus, tree, "rm", "--quiet", "--force")
        self._each(self.files, tree, "checkout", "--quiet", "--force", self.commit)

    def _chosen(self, commit: str) -> frozenset[str]:
        chosen = GitIgnoreSpec.from_lines(self.globs)
        files = frozenset(p for p in self.repository.files(commit) if chosen.match_file(p))
        for path in files:
            if "\ufffd" in path:
                problem = "the name of this measuring file is not UTF-8."
                raise UserError(problem, Where(path), "Rename it.")
        return files

    def _each(self, paths: frozenset[str], tree: Path, *command: str) -> None:
        if not paths:
            return
        listing = self.repository.home / "paths"
        listing.write_bytes("\0".join(sorted(paths)).encode())
        from_file = (f"--pathspec-from-file={listing}", "--pathspec-file-nul")
        self.repository.must("--literal-pathspecs", *command, *from_file, tree=tree)
        listing.unlink()


def _unpack(bundle: Path, repository: _Git) -> None:
    if not bundle.is_file():
        problem = f"the order's source is missing: {bundle.name}"
        raise TransientError(problem, retry_after_s=0.0)
    repository.must("init", "--quiet", "--bare", "--template=")
    fetch = ("fetch", "--quiet", "--no-write-fetch-head", "--update-head-ok")
    repository.must(*fetch, str(bundle), "+refs/*:refs/*")


def _globs(repository: _Git, order: RunOrder) -> tuple[str, ...]:
    declared = order.suite.measures or ()
    if order.suite.kind is not SuiteKind.SWEEP or order.suite.spec is None:
        return declared
    return (*declared, *map(_anchored, _sweep_files(repository, order, order.suite.spec)))


def _sweep_files(repository: _Git, order: RunOrder, spec: str) -> Sequence[str]:
    """Name the spec and the data that it reads."""
    shown = repository.run("cat-file", "blob", f"{order.measuring_from}:{spec}")
    if not shown.succeeded:
        problem = f"the spec does not exist at {order.measuring_from[:12]}, the merge base."
        remedy = "Add it to the target branch first: both sides are measured with its copy."
        raise UserError(problem, Where(spec), remedy)
    return (spec, *parse_sweep_spec(shown.stdout.encode(), spec).data_paths)


def _anchored(path: str) -> str:
    """Make the gitignore pattern of exactly this path (or all below this folder)."""
    escaped = "".join(f"\\{char}" if char in "\\*?[]!#" else char for char in path)
    return f"/{escaped}"


def _environ(home: Path) -> dict[str, str]:
    return scrubbed(home) | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
