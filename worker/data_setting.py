"""The setting of a runner's data mounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.mounts import MOUNT_PATTERN
from engine.precedence import Setting
from worker.queue.settings import parse_path

_MOUNT = re.compile(MOUNT_PATTERN)


@dataclass(frozen=True, slots=True)
class DataMount:
    """A folder or file of this machine that suites may name as their data."""

    name: str
    path: Path

    def __str__(self) -> str:
        """Write it as the setting has it."""
        return f"{self.name}={self.path}"


def parse_mounts(text: str) -> tuple[DataMount, ...]:
    """Read mounts as ``NAME=PATH``, separated by commas; paths as ``parse_path`` reads them.

    Raises:
        ValueError: a name is none or is given twice, or a path is missing.
    """
    mounts = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, path = part.partition("=")
        if not _MOUNT.match(name) or not path:
            raise ValueError(text)
        mounts.append(DataMount(name, parse_path(path)))
    if len({mount.name for mount in mounts}) < len(mounts) or not mounts:
        raise ValueError(text)
    return tuple(mounts)


DATA = Setting(
    field="data",
    variable="HIGHWATER_DATA",
    meaning="Data mounts, each `NAME=PATH`: folders or files of this machine that suites name as "
    "their data, and that nobody may write to while they are measured on.",
    parse=parse_mounts,
    allowed="NAME=PATH, several separated by commas; names of a-z, 0-9 and `_`",
    default="none",
    repeatable=True,
)
