"""Errors, sorted by who must act on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a problem: a file, and where known its line (from 1) and field path."""

    file: str
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        """Render as ``file:line: field``, leaving out what is not known."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return place if self.field is None else f"{place}: {self.field}"


class HighwaterError(Exception):
    """Anything that this program raises on purpose."""


class UserError(HighwaterError):
    """Wrong input by a person, who must act: never retried, shown as its three fields."""

    def __init__(self, problem: str, where: Where | None, remedy: str) -> None:
        """Take what is wrong, the place of it (None: no file), and what to do about it."""
        super().__init__(problem, where, remedy)
        self.problem = problem
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """Render as one line: place, problem, remedy."""
        head = self.problem if self.where is None else f"{self.where}: {self.problem}"
        return f"{head} {self.remedy}".strip()


class CandidateError(HighwaterError):
    """The guarded repository's own code failed at *step*; *tail* is the end of its output.

    *ending* says how the step ended, as a verb: "ended with status 2".
    """

    def __init__(self, step: str, tail: str, *, ending: str = "") -> None:
        """Take the failing step's name, the tail of its output, and how it ended."""
        super().__init__(step, tail)
        self.step = step
        self.tail = tail
        self.ending = ending

    def __str__(self) -> str:
        """Render the step and its ending, then the output."""
        return f"{f'{self.step} {self.ending}'.rstrip()}\n{self.tail}".rstrip()


class TransientError(HighwaterError):
    """A service is away or says wait; worth another try after *retry_after_s* seconds."""

    def __init__(self, problem: str, retry_after_s: float) -> None:
        """Take what failed and how long to wait before another try."""
        super().__init__(problem, retry_after_s)
        self.problem = problem
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        """Render the problem alone."""
        return self.problem


class IntegrityError(HighwaterError):
    """Stored or received content is not what it must be; there is no fallback."""

    def __init__(self, what: str, expected: str, found: str) -> None:
        """Take the thing checked, the value it must have and the one that it has."""
        super().__init__(what, expected, found)
        self.what = what
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        """Render as one line."""
        return f"{self.what}: expected {self.expected}, found {self.found}"
