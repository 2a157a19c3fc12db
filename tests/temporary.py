"""Where tests keep their temporary files: in memory, where the machine has enough of it.

Thousands of databases and repositories are written and synced; on a slow disk the whole suite
takes three times as long. What a test leaves is removed as usual.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
LEAST_FREE = 4 << 30
LEAST_AVAILABLE = 8 << 30


def keep_in_memory(folder: Path = MEMORY) -> bool:
    """Let this process and what it starts have its temporary files in *folder*; False: it is unfit.

    A person's own ``TMPDIR`` stands.
    """
    if "TMPDIR" in os.environ or not is_fit(folder):
        return False
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None  # else the place that was found before stands
    return True


def is_fit(folder: Path, available: int | None = None) -> bool:
    """Whether files may be written and executed in *folder*, and it and the memory have room."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    told = os.statvfs(folder)
    if told.f_flag & os.ST_NOEXEC or told.f_bavail * told.f_frsize < LEAST_FREE:
        return False
    return (psutil.virtual_memory().available if available is None else available) > LEAST_AVAILABLE
