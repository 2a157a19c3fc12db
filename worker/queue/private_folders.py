"""Folders and files of ours: for their owner alone, since they hold others' code and secrets.

What is there already stays as its owner made it; ``highwater doctor`` says who else may read it.
"""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import UserError, Where

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
_WRITE = os.W_OK | os.X_OK


def private_folder(folder: Path, variable: str) -> Path:
    """Make *folder*, with the parents that it lacks, and see that it can be written to.

    *variable* is the setting that the folder comes from.

    Raises:
        UserError: it cannot be made or written to; names the setting.
    """
    try:
        for missing in _missing(folder):
            missing.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, variable, error.strerror or str(error)) from error
    if not folder.is_dir():
        raise _unusable(folder, variable, "it is no folder")
    if not os.access(folder, _WRITE):
        raise _unusable(folder, variable, "it may not be written to")
    return folder


def private_file(file: Path, variable: str) -> Path:
    """Make an empty *file* where there is none, and its folder as ``private_folder`` does.

    Raises:
        UserError: it cannot be made; names the setting.
    """
    private_folder(file.parent, variable)
    if file.is_file() and os.access(file, os.R_OK):
        return file  # not opened: to close it would give up the locks that SQLite holds on it here
    try:
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE))
    except OSError as error:
        raise _unusable(file, variable, error.strerror or str(error)) from error
    return file


def _missing(folder: Path) -> list[Path]:
    """Name the folders that are not there, the outermost first."""
    return [one for one in (*reversed(folder.parents), folder) if not one.exists()]


def _unusable(place: Path, variable: str, reason: str) -> UserError:
    problem = f"This place cannot be used: {reason}."
    remedy = f"Name another with {variable}, or see that you may write there."
    return UserError(problem, Where(str(place), field=variable), remedy)
