"""Where errors end: each becomes one clear message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import click

from bot.cli.output import message
from engine.errors import CandidateError, HighwaterError, IntegrityError, TransientError, UserError
from engine.values import ExitCode
from worker.queue.settings import DEBUG_VARIABLE

INTERRUPTED = 130
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FAILURES_EXIT_1 = (("compare",), ("bench", "compare"))  # what scripts expect of these two


class ReaderLeftError(Exception):
    """Whoever read our standard output has gone: there is nobody to tell."""


class Boundary:
    """Catches what a command raised, says it, and holds the exit code.

    >>> with Boundary(["doctor"]) as boundary:
    ...     raise SystemExit(3)
    >>> boundary.code
    3
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._failure = failure_code(arguments)
        self.code = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Turn *error*, if there is one, into a message and a code."""
        if error is not None:
            self.code = self._told(error)
        return error is not None

    def _told(self, error: BaseException) -> int:
        if isinstance(error, SystemExit):
            return _code_of(error)
        if isinstance(error, KeyboardInterrupt | click.Abort):
            message("Interrupted.")
            return INTERRUPTED
        if isinstance(error, click.ClickException):
            error.show()
            return error.exit_code if isinstance(error, click.UsageError) else self._failure
        if isinstance(error, ReaderLeftError):
            return _reader_left(self._failure)
        return _told_in_words(error, self._failure)


def failure_code(arguments: Sequence[str]) -> int:
    """Give the code of "could not run" for a command line.

    >>> failure_code(["doctor"]), failure_code(["compare", "--current", "x"])
    (5, 1)
    """
    for path in FAILURES_EXIT_1:
        if tuple(arguments[: len(path)]) == path:
            return ExitCode.REGRESSION
    return ExitCode.COULD_NOT_RUN


def expected_text(error: HighwaterError) -> str:
    """Word an error that was raised on purpose, its three fields on their own lines."""
    if isinstance(error, UserError):
        lines = [f"Error: {error.problem}"]
        lines += [] if error.where is None else [f"  where: {error.where}"]
        lines += [f"  remedy: {error.remedy}"] if error.remedy else []
        return "\n".join(lines)
    if isinstance(error, TransientError):
        return f"Error: {error}\n  remedy: Try again in {error.retry_after_s:.0f} s."
    if isinstance(error, IntegrityError):
        return f"Error: {error}\n  remedy: Do not trust this content; tell the operator."
    return f"Error: {error}"


def _told_in_words(error: BaseException, code: int) -> int:
    if isinstance(error, HighwaterError):
        message(expected_text(error))
        return ExitCode.REGRESSION if isinstance(error, CandidateError) else code
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        message(_disk_full_text(error))
        return code
    _tell_bug(error)
    return code


def _code_of(error: SystemExit) -> int:
    if isinstance(error.code, str):
        message(error.code)
        return ExitCode.COULD_NOT_RUN
    return int(error.code or 0)


def _reader_left(code: int) -> int:
    # What is still buffered goes nowhere, also at the interpreter's end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _disk_full_text(error: OSError) -> str:
    return (
        f"Error: {error.strerror}.\n"
        f"  where: {error.filename or 'standard output, or the disk that was written to'}\n"
        "  remedy: Make room, or write to another place."
    )


def _tell_bug(error: BaseException) -> None:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    text = f"internal error: {type(error).__name__}. This is our fault, not your input's."
    hint = f"Run it again with {DEBUG_VARIABLE}=1 to see the traceback, and report it."
    message(f"{text}\n  remedy: {hint}")
