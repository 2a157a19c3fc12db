"""Where commands that run the user's own code run it: their repository, their interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from engine.errors import UserError, Where

GIT_TIMEOUT_S = 10
_OWN_PREFIX = "HIGHWATER_"
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
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_PREFIX)}
    path = f"{python.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, "PATH": path, "PYTHONHASHSEED": "0"}


def commit_of(root: Path) -> str | None:
    """Give the commit that is checked out; None outside git or before a first commit."""
    argv = ["git", "-C", str(root), "rev-parse", "--verify", "HEAD"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=GIT_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode().strip()


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
