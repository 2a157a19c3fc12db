"""Our packages behind a repository's own: it sees none of them but ``highwater``.

The repository may have packages of our names, which go by these names outside of :class:`Ours`.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
OWN_ROOT = HERE.parents[1]
PUBLIC = "highwater"
HIDDEN = ("bot", "engine", "worker")
OWN = (*HIDDEN, PUBLIC)
OWN_PLACES = tuple(f"{OWN_ROOT / name}{os.sep}" for name in OWN)
MIN_NUMPY = (2, 0)
REFUSALS = ("UnfitError", "UserError")  # whose text says all that there is to say


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
    """An import finder that finds the repository's packages of our names, and never ours.

    Where ours are installed beside the repository's, ``highwater`` is thus left to ``Behind``.
    """

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Ask every other finder for one of our names, or refuse the import."""
        if name not in OWN:
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


class Behind:
    """The last import finder: gives ``highwater`` to a repository that has none of its own."""

    def __init__(self, wanted: str, folders: tuple[str, ...]) -> None:
        """Take the version of Python and the folders of our packages."""
        self._wanted = wanted
        self._folders = folders

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """Import ours now, when it is asked for: most code never does."""
        if name != PUBLIC:
            return None
        check_python(self._wanted)
        with behind(self._folders):
            module = importlib.import_module(PUBLIC)
        return importlib.util.spec_from_loader(name, _Given(module), is_package=True)


class _Given(importlib.abc.Loader):
    """A loader of what is loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: object) -> ModuleType:
        """Give the module."""
        del spec
        return self._module

    def exec_module(self, module: object) -> None:
        """Do nothing: it was executed."""


def behind(folders: tuple[str, ...]) -> Ours:
    """Put our packages behind the environment's, and give what they are imported within.

    What one of our functions imports later is imported within, too.
    """
    sys.path += [folder for folder in folders if folder not in sys.path]
    check_numpy()
    mine = Ours()
    lend(mine)
    return mine


def lend(mine: Ours) -> None:
    """Let import statements of ours, wherever they are executed, see our packages."""
    usual = builtins.__import__

    def imported(name: str, globals: Any = None, *rest: Any, **named: Any) -> Any:  # noqa: A002
        if globals is None or not str(globals.get("__file__")).startswith(OWN_PLACES):
            return usual(name, globals, *rest, **named)
        with mine:
            found = usual(name, globals, *rest, **named)
        if "numba.core.dispatcher" in sys.modules:
            compile_within(mine)
        return found

    builtins.__import__ = imported


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


def compile_within(mine: Ours) -> None:
    """Let numba compile our functions, and load what it keeps of them, by our modules' names."""
    dispatcher = importlib.import_module("numba.core.dispatcher").Dispatcher
    usual = dispatcher.compile
    if getattr(usual, "within", None) is mine:
        return

    def compiled(self: Any, signature: Any) -> Any:
        if not self.py_func.__code__.co_filename.startswith(OWN_PLACES):
            return usual(self, signature)
        with mine:
            return usual(self, signature)

    compiled.within = mine  # type: ignore[attr-defined]
    dispatcher.compile = compiled


def taken_out() -> dict[str, ModuleType]:
    """Take every module of our names from those that are imported, and give them."""
    names = [name for name in sys.modules if name.partition(".")[0] in OWN]
    return {name: sys.modules.pop(name) for name in names}
