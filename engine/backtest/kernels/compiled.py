"""The kernels compiled from the very functions that Python runs, on first use.

A compiled function freezes the globals that it reads. So each function is rebound to a namespace
in which the names of other functions mean their compiled forms, and in which the flags of
``narrow`` say what is armed: LLVM leaves out what is not.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from engine.backtest.kernels import closing, entries, fills, layout, levels, narrow, orders, wide
from engine.backtest.kernels.state import Armed

_MODULES = (layout, fills, levels, orders, closing, narrow, wide, entries)
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False}
# Functions that are seldom called stand for themselves: else each of their callers holds a copy.
_APART = {"fill_queue", "leave_within", "read_signal", "fill_found", "read_found"}


class Compiled:
    """Compiled entry points by name and by what is armed; made when first asked for."""

    def __init__(self, njit: Callable[..., Any], raw: dict[str, Any]) -> None:
        """Take numba's decorator, and what makes arrays raw."""
        self._raw = raw
        self._njit = njit
        self._digest = _digest()
        self._namespaces: dict[Armed, dict[str, Any]] = {}

    @functools.lru_cache(maxsize=None)  # noqa: B019 - one object lives as long as the process
    def entry(self, name: str, armed: Armed) -> Callable[..., Any]:
        """Give the function *name* of ``entries``, compiled for what is *armed*."""
        if armed not in self._namespaces:
            self._namespaces[armed] = self._namespace(armed)
        namespace = self._namespaces[armed]
        function = _rebound(getattr(entries, name), namespace)
        flags = "".join(str(int(flag)) for flag in _flags(armed).values())
        function.__qualname__ = f"{name}_{flags}_{self._digest}"
        try:
            return self._njit(cache=True, **_OPTIONS)(function)  # type: ignore[no-any-return]
        except RuntimeError:  # no place can be written for the cache
            return self._njit(**_OPTIONS)(function)  # type: ignore[no-any-return]

    def _namespace(self, armed: Armed) -> dict[str, Any]:
        namespace: dict[str, Any] = {"math": math}
        for module in _MODULES:
            namespace.update(_constants(module))
        namespace.update(_flags(armed))
        for name, function in _functions().items():
            rebound = _rebound(function, namespace)
            namespace[name] = self._njit(forceinline=name not in _APART, **_OPTIONS)(rebound)
        namespace.update(self._raw)
        return namespace


@functools.cache
def load_compiled() -> Compiled:
    """Import the compiler: a second or less, once a process."""
    from numba import njit  # noqa: PLC0415 - small jobs never pay for it

    from engine.backtest.kernels.raw_arrays import book_at  # noqa: PLC0415

    return Compiled(njit, {"book_at": book_at})


def _flags(armed: Armed) -> dict[str, bool]:
    return {
        "LEVELS": armed.levels,
        "TIMED": armed.timed,
        "TRAILS": armed.trails,
        "MOVING": armed.moving,
    }


def _functions() -> dict[str, FunctionType]:
    """Give every function of the kernels by its name."""
    return {
        name: value
        for module in _MODULES
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__
    }


def _constants(module: Any) -> dict[str, Any]:
    plain = (int, float, bool, type)
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
    for name, function in sorted(_functions().items()):
        content.update(f"{name}{_code(function.__code__)}".encode())
    for module in _MODULES:
        constants = {k: v for k, v in _constants(module).items() if not isinstance(v, type)}
        content.update(repr(sorted(constants.items())).encode())
    return content.hexdigest()[:16]


def _code(code: CodeType) -> str:
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    constants = [one for one in code.co_consts if not isinstance(one, CodeType)]
    return f"{code.co_code.hex()}{code.co_names}{constants}{[_code(one) for one in inner]}"
