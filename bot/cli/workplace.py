"""Where commands that run the user's own code run it: their repository, their interpreter."""

from __future__ import annotations

import glob
import json
import os
import subprocess
import sys
from pathlib import Path

from engine.errors import UserError, Where
from worker.settings import is_ours

GIT_TIMEOUT_S = 10
_SHOWN_PACKAGES = ("numpy", "scipy", "pandas", "polars", "numba", "pyarrow")
_VERSIONS = """
import importlib.metadata as metadata, json, platform, sys
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def repository_root(start: Path) -> Path:
    """Find the repository that holds the folder *start*; outside any, that folder itself."""
    folder = start.resolve()
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def user_python() -> Path:
    """Find the interpreter of the user's active environment; else the one running this."""
    active = os.environ.get("VIRTUAL_ENV")
    found = Path(active) / "bin" / "python" if active else Path(sys.executable)
    return found if found.exists() else Path(sys.executable)


def user_environ(python: Path) -> dict[str, str]:
    """Give the user's own environment, with *python* first on the path and no setting of ours.

    Its hash seed is fixed, so that runs can be repeated.
    """
    kept = {name: value for name, value in os.environ.items() if not is_ours(name)}
    path = f"{python.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, "PATH": path, "PYTHONHASHSEED": "0"}


def commit_of(root: Path) -> str | None:
    """Give the commit that is checked out; None outside git or before a first commit."""
    return _asked(root, "rev-parse", "--verify", "HEAD")


def is_dirty(root: Path, written: Path) -> bool:
    """Whether the files of *root* are others than those of the commit that is checked out.

    New files count unless git ignores them; what sweeps write does not: *written*, the folder
    ``runs`` and compiled Python. Outside git nothing is dirty.
    """
    spared = ["runs", "**/__pycache__/**"]
    if written.resolve().is_relative_to(root):
        spared.append(glob.escape(str(written.resolve().relative_to(root))))
    excluded = [f":(top,exclude,glob){one}" for path in spared for one in (path, f"{path}/**")]
    return bool(_asked(root, "status", "--porcelain", "--", ".", *excluded))


def require_writable(file: Path) -> None:
    """See before a long measurement that *file* can be written at its end.

    Raises:
        UserError: it is a directory, or no file can be made there.
    """
    place = file.absolute()
    existing = next(one for one in (place, *place.parents) if one.exists())
    if existing == place:
        fits = place.is_file() and os.access(place.parent, os.W_OK | os.X_OK)
    else:
        fits = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    if not fits:
        problem = f"no file can be written there: {existing} is in the way or not yours."
        raise UserError(problem, Where(str(file)), "Name a file in a folder that you may write to.")


def versions_of(python: Path) -> dict[str, str]:
    """Give the versions of an interpreter and of what its numbers may depend on.

    Raises:
        UserError: the interpreter cannot be run.
    """
    argv = [str(python), "-c", _VERSIONS, *_SHOWN_PACKAGES]
    try:
        done = subprocess.run(argv, capture_output=True, check=True, env=user_environ(python))
    except (OSError, subprocess.SubprocessError) as error:
        problem = f"the interpreter cannot be run: {error}."
        remedy = "Activate a working environment."
        raise UserError(problem, Where(str(python)), remedy) from error
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _asked(root: Path, *arguments: str) -> str | None:
    argv = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=GIT_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return os.fsdecode(done.stdout).strip()
