"""The kernels compiled from the very functions that Python runs, on first use.

A compiled function freezes the globals that it reads. So each function is rebound to a namespace
in which the names of other functions mean their compiled forms, and in which the flags of
``narrow`` say what is armed: LLVM leaves out what is not.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from engine.backtest.kernels import closing, entries, fills, layout, levels, narrow, orders, wide
from engine.backtest.kernels import lanes as lanes_instead
from engine.backtest.kernels.state import Armed

_MODULES = (layout, fills, levels, orders, closing, narrow, wide, entries)
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False}
# Functions that are seldom called stand for themselves: else each of their callers holds a copy.
_APART = {"fill_queue", "leave_within", "read_signal", "fill_found", "read_found"}


class Compiled:
    """Compiled entry points by name and by what is armed; made when first asked for."""

    def __init__(self, njit: Callable[..., Any], raw: ModuleType) -> None:
        """Take numba's decorator, and ``raw_arrays``."""
        self._njit = njit
        self._raw = raw
        self._digest = _digest()
        self._namespaces: dict[tuple[Armed, bool], dict[str, Any]] = {}
        self._entries: dict[tuple[str, Armed, bool], Callable[..., Any]] = {}

    def entry(self, name: str, armed: Armed, *, lanes: bool = False) -> Callable[..., Any]:
        """Give the function *name* of ``entries``, compiled for what is *armed*.

        *lanes*: assets are runs over one asset's bars, each with an account of its own.
        """
        key = name, armed, lanes
        if key not in self._entries:
            if (armed, lanes) not in self._namespaces:
                self._namespaces[armed, lanes] = self._namespace(armed, lanes=lanes)
            self._entries[key] = self._compile(*key)
        return self._entries[key]

    def _compile(self, name: str, armed: Armed, lanes: bool) -> Callable[..., Any]:  # noqa: FBT001
        function = _rebound(getattr(entries, name), self._namespaces[armed, lanes])
        flags = "".join(str(int(flag)) for flag in (*_flags(armed).values(), lanes))
        function.__qualname__ = f"{name}_{flags}_{self._digest}"
        try:
            return self._njit(cache=True, **_OPTIONS)(function)  # type: ignore[no-any-return]
        except RuntimeError:  # no place can be written for the cache
            return self._njit(**_OPTIONS)(function)  # type: ignore[no-any-return]

    def _namespace(self, armed: Armed, *, lanes: bool) -> dict[str, Any]:
        namespace: dict[str, Any] = {"math": math}
        for module in _MODULES:
            namespace.update(_constants(module))
        namespace.update(_flags(armed))
        functions = _functions(_MODULES)
        if lanes:
            functions.update(_functions((lanes_instead,)))
        for name, function in functions.items():
            rebound = _rebound(function, namespace)
            inlined = name not in _APART
            namespace[name] = self._njit(forceinline=inlined, **_OPTIONS)(rebound)
        namespace["book_at"] = self._raw.lanes_book_at if lanes else self._raw.panel_book_at
        namespace["bits_of"], namespace["lowest_bit"] = self._raw.bits_of, self._raw.lowest_bit
        return namespace


@functools.cache
def load_compiled() -> Compiled:
    """Import the compiler: a second or less, once a process."""
    from numba import njit  # noqa: PLC0415 - small jobs never pay for it

    from engine.backtest.kernels import raw_arrays  # noqa: PLC0415

    return Compiled(njit, raw_arrays)


def _flags(armed: Armed) -> dict[str, bool]:
    return {"RESTS": armed.rests, "TRAILS": armed.trails, "MOVES": armed.moves}


def _functions(modules: Iterable[ModuleType]) -> dict[str, FunctionType]:
    """Give every function of *modules* by its name."""
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__
    }


def _constants(module: Any) -> dict[str, Any]:
    plain = (int, float, bool, type, np.uint64)
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, plain) and not name.startswith("__")
    }


def _rebound(function: FunctionType, namespace: dict[str, Any]) -> FunctionType:
    made = FunctionType(function.__code__, namespace, function.__name__, function.__defaults__)
    made.__module__ = function.__module__
    made.__qualname__ = function.__qualname__
    return made


def _digest() -> str:
    """Name all that is compiled: numba's cache looks at one file alone, ours are many."""
    content = hashlib.sha256(repr((_OPTIONS, sorted(_APART))).encode())
    for module in (*_MODULES, lanes_instead):
        for name, function in sorted(_functions((module,)).items()):
            content.update(f"{name}{_code(function.__code__)}".encode())
    for module in _MODULES:
        constants = {k: v for k, v in _constants(module).items() if not isinstance(v, type)}
        content.update(repr(sorted(constants.items())).encode())
    return content.hexdigest()[:16]


def _code(code: CodeType) -> str:
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    constants = [one for one in code.co_consts if not isinstance(one, CodeType)]
    return f"{code.co_code.hex()}{code.co_names}{constants}{[_code(one) for one in inner]}"
