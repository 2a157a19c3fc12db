"""Data mounts of this machine: what is in them, and that nobody changed it while it was measured.

A mount's fingerprint is of its files' paths and contents alone. A file's content is read again
only where its size, its times or its place on the disk are others than when it was last read.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.errors import CandidateError, TransientError, UserError
from engine.identity import content_hash
from engine.mounts import variable_of
from engine.orders import RunOrder
from engine.spec_files import mounts_of_spec
from worker.files import read_untrusted, write_atomically
from worker.missing_mounts import MissingMountError, missing_mount

MAX_FILES = 200_000
MAX_SPEC_BYTES = 1024 * 1024
_SETTLED_NS = 2 * 10**9  # a file touched later than this ago may change within its times' ticks
_MAX_NAMED = 5


class _Seen(msgspec.Struct, frozen=True, array_like=True):
    """What a file was like when its content was read."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int


class _Known(msgspec.Struct, frozen=True, array_like=True):
    seen: _Seen
    sha256: str


_Cache = dict[str, _Known]


@dataclass(frozen=True, slots=True)
class Mounted:
    """A mount as it was when its fingerprint was taken."""

    name: str
    path: Path
    fingerprint: str
    listing: Mapping[str, _Seen]

    def refuse_changed(self) -> None:
        """Make sure that nothing in it is another than it was.

        Raises:
            CandidateError: a file was changed, added or taken away.
        """
        now = dict(_listed(self.name, self.path))
        if now != self.listing:
            places = sorted(
                place
                for place in {**now, **self.listing}
                if now.get(place) != self.listing.get(place)
            )
            step, ending = f"the data mount {self.name}", "changed while it was measured on"
            raise CandidateError(step, "\n".join(places[:_MAX_NAMED]), ending=ending)


def mounted(names: tuple[str, ...], mounts: Mapping[str, Path], cache: Path) -> tuple[Mounted, ...]:
    """Take the fingerprint of each mount named; *cache* is a folder for what is known of files.

    Raises:
        MissingMountError: a mount has no path here, or nothing readable is at it.
        TransientError: a file vanished while it was read.
    """
    return tuple(_mounted(name, mounts, cache) for name in sorted(set(names)))


def needed(order: RunOrder, tree: Path) -> tuple[str, ...]:
    """Name the mounts of an order: its suite's, and those that its spec names.

    *tree* has the spec as it is measured. Of one that is broken the suite's own run will tell.
    """
    suite = order.suite
    named = tuple(one.mount for one in suite.data.values())
    if suite.spec is None:
        return named
    try:
        content = read_untrusted(tree / suite.spec, MAX_SPEC_BYTES)
        return (*named, *mounts_of_spec(suite.kind, content, suite.spec))
    except UserError:
        return named


def data_variables(order: RunOrder, mounts: Mapping[str, Path]) -> dict[str, str]:
    """Give the variables in which what the suite runs finds the paths of its data."""
    return {variable_of(name): str(mounts[one.mount]) for name, one in order.suite.data.items()}


def _mounted(name: str, mounts: Mapping[str, Path], cache: Path) -> Mounted:
    path = mounts.get(name)
    if path is None or not path.exists():
        raise missing_mount(name, mounts)
    listing = dict(_listed(name, path))
    place = cache / f"{hashlib.sha256(str(path).encode()).hexdigest()[:32]}.json"
    known = _read_cache(place)
    found = {file: _content(path, file, seen, known) for file, seen in listing.items()}
    _write_cache(place, {file: one for file, one in found.items() if _is_settled(one.seen)})
    entries = [[file, one.seen.size, one.sha256] for file, one in sorted(found.items())]
    return Mounted(name, path, content_hash(entries), listing)


def _listed(name: str, path: Path) -> Iterator[tuple[str, _Seen]]:
    """Give what each file of a mount is like, by its path in it; a mount that is a file has one."""
    try:
        if not path.is_dir():
            yield "", _seen(path)
            return
        for count, file in enumerate(_walked(path), start=1):
            if count > MAX_FILES:
                problem = f"the data mount {name} has more than {MAX_FILES} files."
                raise MissingMountError(problem, None, "Name the folder that is meant alone.")
            yield file.relative_to(path).as_posix(), _seen(file)
    except OSError as error:
        problem = f"the data mount {name} cannot be read: {error.strerror or error}."
        raise MissingMountError(problem, None, "Let the runner's user read all of it.") from error


def _walked(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        links = [Path(parent, one) for one in folders if Path(parent, one).is_symlink()]
        if links:
            problem = f"the data mount holds {links[0].name}, a link to a folder."
            raise MissingMountError(problem, None, "Mount that folder, or put its files there.")
        yield from (Path(parent, file) for file in files)


def _seen(file: Path) -> _Seen:
    found = file.stat()
    if not stat.S_ISREG(found.st_mode):
        problem = f"the data mount holds {file.name}, which is no file."
        raise MissingMountError(problem, None, "Leave plain files there alone.")
    return _Seen(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _content(path: Path, file: str, seen: _Seen, known: _Cache) -> _Known:
    before = known.get(file)
    if before is not None and before.seen == seen:
        return before
    try:
        with (path / file if file else path).open("rb") as content:
            return _Known(seen, hashlib.file_digest(content, "sha256").hexdigest())
    except OSError as error:
        problem = f"a file of a data mount could not be read: {error.strerror or error}"
        raise TransientError(problem, retry_after_s=60.0) from error


def _is_settled(seen: _Seen) -> bool:
    return max(seen.modified_ns, seen.changed_ns) < time.time_ns() - _SETTLED_NS


def _read_cache(place: Path) -> _Cache:
    try:
        return msgspec.json.decode(place.read_bytes(), type=_Cache)
    except (OSError, msgspec.DecodeError):
        return {}  # then all is read


def _write_cache(place: Path, known: _Cache) -> None:
    with suppress(OSError):  # it only saves reading
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(place, msgspec.json.encode(known))


__all__ = [
    "Mounted",
    "data_variables",
    "mounted",
    "needed",
]
