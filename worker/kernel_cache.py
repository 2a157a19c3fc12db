"""Where compiled kernels are kept: a folder named by what they were compiled from.

The compiler tells by a file's time whether what it kept of that file is of today, and does not
look at the files which that one imports. A folder for each state of our sources needs neither.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import engine.backtest

_KEPT = 4  # folders of former sources


def kernel_cache(base: Path | None = None) -> Path | None:
    """Give the folder below *base* for the kernels of these sources, made; None: not writable.

    *base* is the user's own cache folder by default. It is for code that the user trusts: whoever
    may write to it decides what is run from it.
    """
    home = base or _user_cache() / "highwater" / "kernels"
    folder = home / _sources_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        _forget_former(home, folder)
    except OSError:
        return None
    return folder


def copied_cache(into: Path) -> Path:
    """Copy the user's kernels *into* a folder of code that is not trusted, and give the copy."""
    copy = into / "kernels"
    kept = kernel_cache()
    if kept is None:
        copy.mkdir(parents=True, exist_ok=True)
    else:
        _copy(kept, copy)
    return copy


def _copy(kept: Path, copy: Path) -> None:
    """Copy what is there; other processes write and remove files meanwhile, which are done without.

    The compiler looks for what its index names, and compiles what it does not find.
    """
    with suppress(shutil.Error):
        shutil.copytree(kept, copy, dirs_exist_ok=True)


def _user_cache() -> Path:
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given) if Path(given).is_absolute() else Path.home() / ".cache"


@cache
def _sources_hash() -> str:
    """Hash the sources of the package that the kernels are in, by name and content."""
    whole = hashlib.sha256()
    root = Path(engine.backtest.__path__[0])
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(root)} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()[:16]


def _forget_former(home: Path, folder: Path) -> None:
    """Remove the oldest folders of other sources."""
    former = [one for one in home.iterdir() if one.is_dir() and one != folder]
    former.sort(key=lambda one: one.stat().st_mtime)
    for one in former[:-_KEPT]:
        shutil.rmtree(one, ignore_errors=True)
