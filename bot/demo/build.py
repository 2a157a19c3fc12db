"""Builds the demonstration's git repository out of the files beside this module.

``repository/`` is the project as its main branch has it, ``branches/NAME/`` what a pull request
changes. A leading ``dot_`` of a name stands for a dot, so that no tool takes the project's
hidden files for ours. Dates are fixed: the same files and baselines make the same commits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.git import git
from engine.values import CommitSha, RepositoryName

REPOSITORY = RepositoryName("demo/trading-research")
MAIN = "main"
_HERE = Path(__file__).parent
_AUTHOR = "Robin Example <robin@example.invalid>"
_DAY = "2026-01-{day:02d}T09:00:00+00:00"

Record = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch to open a pull request from: what it is for, and the files that it changes."""

    name: str
    title: str
    files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The built repository, bare, and its branches' tips."""

    directory: Path
    main: CommitSha
    heads: Mapping[str, CommitSha]


def shipped_branches() -> tuple[Branch, ...]:
    """Give the three branches that the demonstration opens."""
    return (
        _shipped("slower", "Trade only what has lasted three days, above the fast average"),
        _shipped("docs", "Say what the figures leave out"),
        _shipped("refactor", "Move the pieces of the signals into a module of their own"),
    )


def project_files() -> dict[str, bytes]:
    """Give the project's files by path, as main has them before any baseline."""
    return _files(_HERE / "repository")


def build(bare: Path, branches: Sequence[Branch], record: Record) -> Demonstration:
    """Make the bare repository at *bare*: main with baselines, and *branches* off its tip.

    *record* measures: it is given a work tree of main and writes baselines into it.

    Raises:
        UserError: git refused, or *record* could not measure.
    """
    with tempfile.TemporaryDirectory(prefix="highwater-demo-") as folder:
        tree = Path(folder) / REPOSITORY.rpartition("/")[2]
        tree.mkdir()
        git(tree, "init", "--quiet", f"--initial-branch={MAIN}")
        _write(tree, project_files())
        _commit(tree, 5, "Two strategies, their sweep and their benchmarks")
        record(tree)
        main = _commit(tree, 6, "Record baselines on this machine")
        heads = {branch.name: _branch_off(tree, branch) for branch in branches}
        bare.parent.mkdir(parents=True, exist_ok=True)
        git(tree, "clone", "--quiet", "--bare", "--no-hardlinks", ".", str(bare.absolute()))
        git(bare, "remote", "remove", "origin")
    return Demonstration(bare, main, heads)


def _shipped(name: str, title: str) -> Branch:
    return Branch(name, title, _files(_HERE / "branches" / name))


def _files(root: Path) -> dict[str, bytes]:
    found = sorted(path for path in root.rglob("*") if path.is_file())
    kept = [path for path in found if "__pycache__" not in path.parts]
    return {_name(path.relative_to(root)): path.read_bytes() for path in kept}


def _name(path: Path) -> str:
    return "/".join(
        f".{part.removeprefix('dot_')}" if part.startswith("dot_") else part for part in path.parts
    )


def _write(tree: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _branch_off(tree: Path, branch: Branch) -> CommitSha:
    git(tree, "switch", "--quiet", "--create", branch.name, MAIN)
    _write(tree, branch.files)
    head = _commit(tree, 7, branch.title)
    git(tree, "switch", "--quiet", MAIN)
    return head


def _commit(tree: Path, day: int, message: str) -> CommitSha:
    name, _, rest = _AUTHOR.partition(" <")
    environ = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", rest[:-1]), ("DATE", _DAY.format(day=day)))
    }
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--allow-empty", "--message", message, environ=environ)
    return CommitSha(git(tree, "rev-parse", "HEAD").decode().strip())
