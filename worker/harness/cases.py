"""The cases of a file: what is one, and what is refused because its work would not be timed.

A stand-alone file of the standard library, for any Python from 3.8 on.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, NamedTuple

PREFIX = "bench_"
SETUP_PREFIX = "setup_"


class CaseError(Exception):
    """A case is not written as one."""


class Case(NamedTuple):
    """A function to measure, and what makes its argument."""

    name: str
    call: Callable[..., Any]
    setup: Any = None

    def arguments(self) -> tuple[Any, ...]:
        """Run the setup; refuse a function that would not do its work when it is called."""
        function, shown = self.call, PREFIX + self.name
        for wrong in (
            inspect.iscoroutinefunction,
            inspect.isgeneratorfunction,
            inspect.isasyncgenfunction,
        ):
            if wrong(function):
                message = f"{shown} does nothing when it is called: it must run to its end."
                raise CaseError(message)
        given = () if self.setup is None else (self.setup(),)
        try:
            inspect.signature(function).bind(*given)
        except TypeError:
            told = f"what {SETUP_PREFIX}{self.name} returned" if given else "no argument"
            message = f"{shown} is called with {told}, and does not take it."
            raise CaseError(message) from None
        except ValueError:  # a builtin without a signature: the call itself will tell
            return given
        return given

    def finished(self, result: Any) -> Any:
        """Give back what the case returned; refuse what only promises to do the work."""
        lazy = lazy_kind(result)
        if lazy is None:
            return result
        close = getattr(result, "close", None)
        if inspect.iscoroutine(result) and close is not None:
            close()  # else Python remarks that it was never awaited
        message = (
            f"{PREFIX}{self.name} returned {lazy} ({type(result).__name__}), which does its work "
            "only when somebody asks for it, so that nobody would time it. Let the case use it up: "
            "list(…) of an iterator, asyncio.run(…) of a coroutine, result() of a future."
        )
        raise CaseError(message)


def lazy_kind(result: Any) -> str | None:
    """Name what kind of unfinished work a result is; None: none."""
    if isinstance(result, AsyncIterator):
        return "an asynchronous iterator"
    if isinstance(result, Awaitable) or inspect.isawaitable(result):
        return "an awaitable"
    if isinstance(result, Iterator):
        return "an iterator"
    futures = sys.modules.get("concurrent.futures")
    if futures is not None and isinstance(result, futures.Future):
        return "a future"
    return None


def cases_of(namespace: dict[str, Any]) -> dict[str, Case]:
    """Find the cases among a module's names; refuse a name that no function could be given."""
    cases = {}
    for key, found in list(namespace.items()):
        is_case = isinstance(key, str) and key.startswith(PREFIX) and len(key) > len(PREFIX)
        if is_case and callable(found) and not isinstance(found, type):
            if not key.isidentifier():
                message = f"{key[:80]!r} is no name of a case: use letters, digits and _ alone."
                raise CaseError(message)
            name = key[len(PREFIX) :]
            cases[name] = Case(name, found, namespace.get(SETUP_PREFIX + name))
    return cases
