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
from types import ModuleType
from typing import Any, BinaryIO

import point

HERE = Path(__file__).resolve().parent
OWN_ROOT = HERE.parents[1]
PUBLIC = "highwater"
HIDDEN = ("bot", "engine", "worker")
OWN = (*HIDDEN, PUBLIC)
OWN_PLACES = tuple(f"{OWN_ROOT / name}{os.sep}" for name in OWN)
MIN_NUMPY = (2, 0)


class UnfitError(Exception):
    """The environment cannot run our packages; the message says why and what to do."""


class Ours:
    """Within it our packages go by their names; outside the repository's do, but ``highwater``.

    What our modules hold of each other they hold by reference, so all that they need is imported
    within; and whatever looks a module up by its name does so within (``compile_within``).
    """

    def __init__(self) -> None:
        self._mine = {}  # type: dict[str, ModuleType]
        self._theirs = {}  # type: dict[str, ModuleType]
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self._theirs = taken_out()
            sys.modules.update(self._mine)
            sys.meta_path.insert(0, self)  # type: ignore[arg-type]

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            sys.meta_path.remove(self)  # type: ignore[arg-type]
            self._mine = taken_out()
            sys.modules.update(self._theirs)
            if PUBLIC in self._mine:
                sys.modules[PUBLIC] = self._mine[PUBLIC]

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """Find one of our packages where this file is; others are no concern of it."""
        if name not in OWN:
            return None
        return importlib.machinery.PathFinder.find_spec(name, [str(OWN_ROOT)])


class OursHidden:
    """An import finder that finds the repository's packages of our names, and never ours."""

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Ask every other finder for one of our names, or refuse the import."""
        if name not in HIDDEN:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else self._asked(finder, name, path, target)
            if spec is not None and not str(spec.origin).startswith(OWN_PLACES):
                return spec
        message = f"No module named {name!r}"
        raise ModuleNotFoundError(message, name=name)

    @staticmethod
    def _asked(
        finder: Any, name: str, path: Any, target: Any
    ) -> importlib.machinery.ModuleSpec | None:
        if finder is importlib.machinery.PathFinder:
            path = [entry for entry in sys.path if Path(entry or os.curdir).resolve() != OWN_ROOT]
        spec: importlib.machinery.ModuleSpec | None = finder.find_spec(name, path, target)
        return spec


def main(root: str, file: str, name: str, wanted: str, *folders: str) -> None:
    """Take up the job, load the strategy, then answer chunks until the input ends."""
    requests, replies = point.take_channels()
    base = Path(root).resolve()
    shown = f"{base}{os.sep}"
    job = requests.readline()
    try:
        check_python(wanted)
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


def check_python(wanted: str) -> None:
    """Refuse an interpreter that cannot load what is compiled for *wanted*."""
    found = "{}.{}".format(*sys.version_info[:2])
    if found != wanted:
        message = (
            f"the environment's Python is {found} ({sys.executable}), and Highwater runs on "
            f"{wanted} here. Build the environment with Python {wanted}, or install Highwater "
            f"for Python {found}."
        )
        raise UnfitError(message)


def taken_up(job: bytes, root: Path, strategy: tuple[str, str], folders: tuple[str, ...]) -> Any:
    """Import ours behind the environment's packages, then the strategy, which sees none of them."""
    del sys.modules["point"]
    sys.path[:] = [entry for entry in sys.path if Path(entry or os.curdir).resolve() != HERE]
    sys.path += [folder for folder in folders if folder not in sys.path]
    check_numpy()
    mine, shown = Ours(), f"{root}{os.sep}"
    with mine:
        session = imported(job, lambda error: described(error, shown))
    if "numba" in sys.modules:
        compile_within(mine)
    session.adopt(*loaded(root, *strategy))
    return session


def check_numpy() -> None:
    """Refuse a numpy that is older than what we are written for."""
    try:
        numpy = importlib.import_module("numpy")
        version = str(numpy.__version__)
        release = tuple(int(part) for part in version.split(".")[:2])
    except BaseException as error:  # a broken one may raise anything
        message = f"the environment's numpy cannot be imported: {error!r}. Install it anew."
        raise UnfitError(message) from error
    if release < MIN_NUMPY:
        least = ".".join(map(str, MIN_NUMPY))
        message = (
            f"the environment's numpy is {version} ({numpy.__file__}), and Highwater needs {least} "
            f"or newer. Raise it in the repository's requirements."
        )
        raise UnfitError(message)


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
        raise UnfitError(message) from error
    return session(job, point.seed_generators, failure)


def compile_within(mine: Ours) -> None:
    """Let numba compile our functions, and load what it keeps of them, by our modules' names."""
    dispatcher = importlib.import_module("numba.core.dispatcher").Dispatcher
    usual = dispatcher.compile

    def compiled(self: Any, signature: Any) -> Any:
        if not self.py_func.__code__.co_filename.startswith(OWN_PLACES):
            return usual(self, signature)
        with mine:
            return usual(self, signature)

    dispatcher.compile = compiled


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
    if root != OWN_ROOT:
        sys.meta_path.insert(0, OursHidden())  # type: ignore[arg-type]
    return getattr(point.imported(root, path), name, None), f"{file}:{name}"


def described(error: BaseException, shown: str) -> str:
    """Render an exception from where it left our code; of our own refusals the text alone."""
    if type(error).__name__ in {"UnfitError", "UserError"}:
        return str(error).replace(shown, "")[: point.MAX_ERROR_CHARACTERS]
    frames = theirs = error.__traceback__
    while theirs is not None and theirs.tb_frame.f_code.co_filename.startswith(OWN_PLACES):
        theirs = theirs.tb_next
    error.__traceback__ = theirs or frames
    return point.described(error, shown)


def taken_out() -> dict[str, ModuleType]:
    """Take every module of our names from those that are imported, and give them."""
    names = [name for name in sys.modules if name.partition(".")[0] in OWN]
    return {name: sys.modules.pop(name) for name in names}


if __name__ == "__main__":
    main(*sys.argv[1:])
