"""Reproducible archives of a run's directory: same files, same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path

import msgspec

from engine.errors import UserError, Where
from worker.files import save

MODE = 0o644


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds, and the SHA-256 of its bytes."""

    files: tuple[str, ...]
    sha256: str


def pack_directory(directory: Path, out: Path) -> Packed:
    """Write *directory* as a gzipped tar to *out*, which may lie inside it.

    Files go in sorted by path, without times, owners or modes of this machine.

    Raises:
        UserError: no directory, an empty one, one with anything but plain files and folders in
            it, or a place that cannot be written to.
    """
    root = directory.resolve()
    files = [path for path in _files(directory, root) if path != out.resolve()]
    if not files:
        problem = "the directory holds no file: there is nothing to pack."
        raise UserError(problem, Where(str(directory)), "Name the directory of a finished run.")
    data = _archive(root, files, str(directory))
    save(out, data)
    names = tuple(path.relative_to(root).as_posix() for path in files)
    return Packed(files=names, sha256=hashlib.sha256(data).hexdigest())


def _files(directory: Path, root: Path) -> list[Path]:
    if not root.is_dir():
        problem = "this is no directory."
        raise UserError(problem, Where(str(directory)), "Name the directory of a finished run.")
    found: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=_unreadable):
        for name in [*folders, *names]:
            path = Path(folder, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                problem = (
                    f"{path.name} is neither a plain file nor a folder, so it cannot be packed."
                )
                raise UserError(problem, Where(str(path)), "Take it out of the directory.")
        found += [Path(folder, name) for name in names]
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())


def _unreadable(error: OSError) -> None:
    problem = f"the directory cannot be read: {error.strerror or error}."
    raise UserError(problem, Where(str(error.filename)), "Make it readable.") from error


def _archive(root: Path, files: list[Path], shown: str) -> bytes:
    buffer = io.BytesIO()
    try:
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in files:
                data = path.read_bytes()
                archive.addfile(
                    _entry(f"{root.name}/{path.relative_to(root).as_posix()}", data),
                    io.BytesIO(data),
                )
    except OSError as error:
        problem = f"the directory cannot be read: {error.strerror or error}."
        raise UserError(problem, Where(shown), "Make its files readable.") from error
    return buffer.getvalue()


def _entry(name: str, data: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mode = MODE
    entry.mtime = 0
    return entry
