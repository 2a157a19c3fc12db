"""What a driver gets: one order, ready to be measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import CandidateError
from engine.orders import RunOrder
from engine.plan import Runner
from engine.values import Side
from worker.build import Environment

Progress = Callable[[str, int, int], None]  # what is done, how many so far, how many in all


def silent(_what: str, _done: int, _total: int) -> None:
    """Report no progress."""


def nothing_to_lay() -> None:
    """Leave head's tree as it is: it was checked out as it is committed."""


class SideError(CandidateError):
    """The repository's own code failed on one *side*, while it was being measured."""

    def __init__(self, step: str, tail: str, side: Side, *, ending: str = "") -> None:
        """Take the step, the tail of its output, whose code it was, and how it ended."""
        super().__init__(step, tail, ending=ending)
        self.side = side


class OutOfTimeError(SideError):
    """A step was stopped because its time was up; it may have done nothing wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An order with its two work trees checked out and their environments built.

    *out* is an existing folder for whatever measuring writes, outside both trees. *deadline*
    is on the clock of ``time.monotonic``: every process started by a driver is dead by then.
    *lay_own_copy* gives head's tree its own measuring files back, for the rest of the task.
    """

    order: RunOrder
    trees: Mapping[Side, Path]
    environments: Mapping[Side, Environment]
    out: Path
    deadline: float
    runner: Runner
    progress: Progress = silent
    lay_own_copy: Callable[[], None] = nothing_to_lay

    def remaining_s(self) -> float:
        """Seconds left until the deadline, never negative."""
        return max(0.0, self.deadline - time.monotonic())
