"""Files that are never half-written, and files of others that are read with suspicion."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from engine.errors import UserError, Where

_REMEDY = "Name a file in a folder that you may write to, on a disk with room."
_STREAMS = frozenset({stat.S_IFIFO, stat.S_IFCHR})


def write_atomically(path: Path, data: bytes) -> None:
    """Write *data* to *path*: whole, or not at all.

    A temporary file in the same folder is written and synced, then renamed over *path*,
    whose permissions it takes over. A reader sees the old content or the new. Whatever else has
    that name is replaced too, links included: what a person names goes through ``save``.

    Raises:
        OSError: the folder is missing, not writable or full; *path* is as it was.
    """
    temporary = path.parent / f".{path.name[:100]}.{secrets.token_hex(6)}.partial"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            _keep_mode(path, descriptor)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def save(path: Path, data: bytes) -> None:
    """Write a file that a person asked for, its folder included.

    A symbolic link stays, and what it leads to is written. A pipe or a character device is
    written straight into, as a shell would; it keeps what it is.

    Raises:
        UserError: the place cannot be written to; names it and the system's reason.
    """
    try:
        kind = _kind(path)
        if kind in _STREAMS:
            _pour(path, data)
        elif kind in {None, stat.S_IFREG}:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path.resolve(), data)
        else:
            raise _no_file(path)
    except OSError as error:
        problem = f"could not be written: {error.strerror or error}"
        raise UserError(problem, Where(str(path)), _REMEDY) from error


def read_untrusted(path: Path, limit_bytes: int, shown: str | None = None) -> bytes:
    """Read a regular file that a repository's code has written.

    A symbolic link is not followed and a pipe or device is not waited for. *shown* is the
    name that errors call the file by (default: the path).

    Raises:
        UserError: the file is absent, not a regular file, unreadable, or above *limit_bytes*.
    """
    where = Where(shown or str(path))
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                problem = "is not a regular file."
                raise UserError(problem, where, "Write a plain file there.")
            data = file.read(limit_bytes + 1)
    except FileNotFoundError as error:
        problem = "the file is missing."
        remedy = "Check its path; if a command is to write it, that it does."
        raise UserError(problem, where, remedy) from error
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}."
        raise UserError(problem, where, "Write a plain, readable file there.") from error
    if len(data) > limit_bytes:
        problem = f"is larger than the allowed {limit_bytes} bytes."
        raise UserError(problem, where, "Write less: fewer samples, rows or cases.")
    return data


def _kind(path: Path) -> int | None:
    """Tell what a path leads to in the end; None: nothing yet."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _pour(path: Path, data: bytes) -> None:
    """Write into what is there already; whoever reads from it is waited for."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
    with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor, not a path
        stream.write(data)


def _no_file(path: Path) -> UserError:
    found = "a directory" if path.is_dir() else "neither a file nor a pipe"
    return UserError(f"could not be written: it is {found}.", Where(str(path)), _REMEDY)


def _keep_mode(path: Path, descriptor: int) -> None:
    try:
        os.fchmod(descriptor, stat.S_IMODE(path.stat().st_mode))
    except FileNotFoundError:
        return


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
