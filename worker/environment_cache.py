"""Built environments that are kept: by what went into them, safe for several runners at once."""

from __future__ import annotations

import logging
import math
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from engine.configuration import Argv
from engine.errors import CandidateError, TransientError
from engine.identity import content_hash
from engine.values import RepositoryName
from worker.files import write_atomically
from worker.leftovers import remove_tree
from worker.locks import locked
from worker.requirements_files import Requirements
from worker.sealed import MARK, Sealed, noted, seal
from worker.settings import PIP_CONFIGURATION

UNUSED_S = 14 * 24 * 3600  # after this long without use an environment is removed
FORMAT = 2  # raised when what is built changes
MAX_NAMED = 5  # of the changes in an environment, in a message

_LOCK = ".lock"

_log = logging.getLogger("highwater.worker")


def cache_key(
    repository: RepositoryName,
    setup: Sequence[Argv],
    requirements: Requirements,
    variables: Mapping[str, str],
    base_python: Path,
) -> str:
    """Name an environment by all that it depends on.

    It serves one repository alone, whose code could write into it. *variables* are those that
    ``setup`` sees: another index may have other packages of the same names.
    """
    interpreter = base_python.resolve()
    parts = {
        "format": FORMAT,
        "repository": repository,
        "setup": [list(argv) for argv in setup],
        "requirements": {path: list(lines) for path, lines in requirements.texts.items()},
        "variables": content_hash(dict(variables)),
        "pip": _configuration(variables),
        "python": [str(interpreter), interpreter.stat().st_mtime_ns, platform.platform()],
    }
    return content_hash(parts)[:32]


def cached(folder: Path, key: str, make: Callable[[Path], None]) -> Sealed:
    """Give the environment *key* of *folder*, made by *make* when it is not there yet.

    An environment cannot be moved, so it is made in its place under a lock and marked when it
    is complete; one without the mark, or with other contents than when it was made, is made
    again. A place whose *make* raised is removed.

    Raises:
        OSError: the disk is full or may not be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / key
    with locked(folder / f"{key}{_LOCK}"):
        known = _known(place) or _made(place, make)
        os.utime(place / MARK)  # the time of the last use
    _sweep(folder)
    return known


def refuse_changed(shared: Sealed) -> None:
    """Make sure that a shared environment is as it was; any other is never used again.

    Raises:
        CandidateError: it was changed by what was measured in it.
        TransientError: it is another one now: somebody found it changed, or its mark was forged.
    """
    if _digest(shared.place) != shared.digest:
        _discard(shared.place)
        problem = f"the environment {shared.place.name} was replaced while it was in use"
        raise TransientError(problem, retry_after_s=0.0)
    changes = shared.changes()
    if not changes:
        return
    _discard(shared.place)
    more = (f"and {len(changes) - MAX_NAMED} more",) if len(changes) > MAX_NAMED else ()
    tail = "\n".join(("Changed there:", *changes[:MAX_NAMED], *more))
    step, ending = "the code", "changed its environment while it was measured"
    raise CandidateError(step, tail, ending=ending)


def _known(place: Path) -> Sealed | None:
    """Give what is there, if it is complete and as it was made."""
    digest = _digest(place)
    if digest is None:
        return None
    found = noted(place)
    return found if found.digest == digest else None


def _digest(place: Path) -> str | None:
    """Read the mark; None where there is none."""
    try:
        return (place / MARK).read_bytes().decode(errors="replace")
    except OSError:
        return None


def _made(place: Path, make: Callable[[Path], None]) -> Sealed:
    _remove(place)
    try:
        make(place)
        made = seal(place)
        write_atomically(place / MARK, made.digest.encode())
        place.chmod(0o555)
    except BaseException:
        with suppress(OSError):  # what is left of it is swept later
            _remove(place)
        raise
    return made


def _discard(place: Path) -> None:
    _log.warning("environment_discarded", extra={"place": place.name})
    try:
        _remove(place)
    except OSError as error:  # without its mark, or unlike it, it is no environment any more
        _log.warning("environment_not_removed", extra={"error": str(error)})


def _sweep(folder: Path) -> None:
    """Remove what nobody used for long, what a killed runner left half made, and their locks."""
    oldest = time.time() - UNUSED_S
    for name in {path.name.removesuffix(_LOCK) for path in folder.iterdir()}:
        place, lock = folder / name, folder / f"{name}{_LOCK}"
        if _used_last(place) >= oldest:
            continue
        with locked(lock, wait=False) as alone:
            if alone and _used_last(place) < oldest:  # nobody uses or makes it just now
                with suppress(OSError):  # an order does not fail for what another one left
                    _remove(place)
                    lock.unlink()


def _remove(place: Path) -> None:
    if place.is_symlink():
        place.unlink()
    elif place.is_dir():
        place.chmod(0o700)
        (place / MARK).unlink(missing_ok=True)  # first: what a killed removal leaves is none
        remove_tree(place)


def _used_last(place: Path) -> float:
    try:
        return (place / MARK).stat().st_mtime
    except OSError:  # half made, or gone
        return -math.inf


def _configuration(variables: Mapping[str, str]) -> str:
    """Give the digest of pip's configuration file that ``setup`` sees; "" for none."""
    try:
        return content_hash(Path(variables[PIP_CONFIGURATION]).read_bytes().hex())
    except (KeyError, OSError):
        return ""
