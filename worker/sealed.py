"""Folders that several work trees share: read-only, and looked at again after each use.

Nothing yet keeps a repository's code from writing where its runner can write; so what it
changed in a shared environment is found out, and never used again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.identity import content_hash

MARK = ".complete"  # holds the digest of a kept folder; its time is that of the last use
_WRITING = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

Entry = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A folder that nobody may write to from now on, and what is in it."""

    place: Path
    entries: Mapping[str, Entry]

    @property
    def digest(self) -> str:
        """One text for all entries."""
        return content_hash({name: list(entry) for name, entry in self.entries.items()})

    def changes(self) -> tuple[str, ...]:
        """Name what was added, changed or removed since, sorted."""
        now = dict(_entries(self.place)) if self.place.is_dir() else {}
        names = self.entries.keys() | now.keys()
        return tuple(sorted(one for one in names if self.entries.get(one) != now.get(one)))


def seal(place: Path) -> Sealed:
    """Take the right to write from everything below *place*, and note all that is there.

    Raises:
        OSError: something cannot be read.
    """
    for path, status in _walk(place):
        if not stat.S_ISLNK(status.st_mode):  # what it leads to is not ours
            path.chmod(stat.S_IMODE(status.st_mode) & ~_WRITING)
    return noted(place)


def noted(place: Path) -> Sealed:
    """Note all that is below *place* as it is.

    Raises:
        OSError: something cannot be read.
    """
    return Sealed(place, dict(_entries(place)))


def _entries(place: Path) -> Iterator[tuple[str, Entry]]:
    for path, status in _walk(place):
        name = os.fsencode(path.relative_to(place)).decode(errors="backslashreplace")
        yield name, _entry(status)


def _entry(status: os.stat_result) -> Entry:
    """Note what every change of a file changes; of a folder, whose files are noted, its mode.

    The time of the last change of a file's status is the kernel's own: nobody can put it back.
    """
    if stat.S_ISDIR(status.st_mode):
        return (status.st_mode,)
    return (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Give all below *folder*, save the mark, which changes with each use."""
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                path = Path(entry.path)
                if path == folder / MARK:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(path)
                yield path, entry.stat(follow_symlinks=False)
