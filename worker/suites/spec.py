"""Reading a sweep spec from a work tree."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UserError, Where
from engine.sweep.spec import SweepSpec, parse_sweep_spec
from worker.files import read_untrusted

MAX_SPEC_BYTES = 1024 * 1024


def load_spec(root: Path, path: Path, shown: str) -> SweepSpec:
    """Read a spec of the tree *root*, and see that the data it names is there.

    *shown* is what errors call the file. No symbolic link below *root* is followed to it: what
    lies outside the tree is not the repository's to show.

    Raises:
        UserError: the spec is missing, wrong or behind a link, or a file of its ``data`` is
            missing.
    """
    if any(place.is_symlink() for place in _within(root, path)):
        problem = "lies behind a symbolic link."
        raise UserError(problem, Where(shown), "Commit the file itself.")
    spec = parse_sweep_spec(read_untrusted(path, MAX_SPEC_BYTES, shown), shown)
    for name in spec.data_paths:
        if not (root / name).exists():
            problem = f"names {name!r}, and there is no such file."
            remedy = "Commit the data, or correct the path; it is from the repository's root."
            raise UserError(problem, Where(shown, field="data"), remedy)
    return spec


def _within(root: Path, path: Path) -> tuple[Path, ...]:
    return tuple(place for place in (path, *path.parents) if root in place.parents)
