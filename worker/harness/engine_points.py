"""Run a repository's strategy over bars, in a process of the repository's own interpreter.

Run by path: ``engine_points.py ROOT FILE NAME PYTHON FOLDER…``. *PYTHON* is the version that our
packages are for, as ``3.11``; *FOLDER* are the site-packages in which they are, appended behind
the repository's own: its versions win. Our packages are imported first and then hidden, all but
``highwater``: the repository may have packages of the same names and sees its own. What is said
on standard input and output is in ``worker.engine_protocol``; prints go to standard error.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import ours
import point


def main(root: str, file: str, name: str, wanted: str, *folders: str) -> None:
    """Take up the job, load the strategy, then answer chunks until the input ends."""
    requests, replies = point.take_channels()
    base = Path(root).resolve()
    shown = f"{base}{os.sep}"
    job = requests.readline()
    try:
        ours.check_python(wanted)
        session = taken_up(job, base, (file, name), folders)
    except BaseException as error:  # noqa: BLE001 - whatever loading does, it is reported
        say(replies, json.dumps({"failed": described(error, shown)}).encode() + b"\n")
        return
    say(replies, b'{"ready": true}\n')
    for line in requests:
        for answer in session.answers(line):
            say(replies, answer)


def say(replies: BinaryIO, line: bytes) -> None:
    """Write one line."""
    replies.write(line)
    replies.flush()


def taken_up(job: bytes, root: Path, strategy: tuple[str, str], folders: tuple[str, ...]) -> Any:
    """Import ours behind the environment's packages, then the strategy, which sees none of them."""
    for module in (ours, point):
        sys.modules.pop(module.__name__, None)
    sys.path[:] = [entry for entry in sys.path if Path(entry or os.curdir).resolve() != ours.HERE]
    mine, shown = ours.behind(folders), f"{root}{os.sep}"
    with mine:
        session = imported(job, lambda error: described(error, shown))
    session.adopt(*loaded(root, *strategy))
    return session


def imported(job: bytes, failure: Callable[[BaseException], str]) -> Any:
    """Import what the job needs, and take it up."""
    try:
        importlib.import_module("highwater")
        session = importlib.import_module("worker.engine_job").session
    except BaseException as error:  # as may one that is not like any known one
        numpy = sys.modules["numpy"]
        message = (
            f"Highwater cannot be imported in this environment, whose numpy is "
            f"{numpy.__version__} ({numpy.__file__}): {error!r}"
        )
        raise ours.UnfitError(message) from error
    return session(job, point.seed_generators, failure)


def loaded(root: Path, file: str, name: str) -> tuple[object, str]:
    """Import *file* as the repository would; give what it calls *name*, and that place."""
    path = (root / file).resolve()
    if root not in path.parents:
        message = f"{file} leads out of the repository"
        raise ImportError(message)
    if not path.is_file():
        message = f"no such file: {file}"
        raise FileNotFoundError(message)
    sys.path[:0] = [str(root), str(path.parent)]
    if root != ours.OWN_ROOT:
        sys.meta_path.insert(0, ours.OursHidden())  # type: ignore[arg-type]
    return getattr(point.imported(root, path), name, None), f"{file}:{name}"


def described(error: BaseException, shown: str) -> str:
    """Render an exception from where it left our code; of our own refusals the text alone."""
    if type(error).__name__ in ours.REFUSALS:
        return str(error).replace(shown, "")[: point.MAX_ERROR_CHARACTERS]
    frames = theirs = error.__traceback__
    while theirs is not None and theirs.tb_frame.f_code.co_filename.startswith(ours.OWN_PLACES):
        theirs = theirs.tb_next
    error.__traceback__ = theirs or frames
    return point.described(error, shown)


if __name__ == "__main__":
    main(*sys.argv[1:])
