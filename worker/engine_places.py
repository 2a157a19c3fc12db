"""Where our own packages are, for the processes of repositories that import ``highwater``."""

from __future__ import annotations

import sys
import sysconfig


def own_places() -> tuple[str, tuple[str, ...]]:
    """Give the version of Python that our packages are for, and the folders that they are in."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return version, tuple(
        dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    )
