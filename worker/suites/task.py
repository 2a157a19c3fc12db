"""What a driver gets: one order, ready to be measured."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from engine.errors import CandidateError
from engine.orders import RunOrder
from engine.plan import Runner
from engine.values import Side
from worker.build import Environment
from worker.processes import Measuring

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


class TooSlowError(CandidateError):
    """The time was up before one pair of launches was done, and neither side is to blame."""


@dataclass(slots=True)
class Allotment:
    """What the launch that runs now may take of its task: time, and CPUs that are reserved.

    *until* is on the clock of ``time.monotonic``; *cpus* None: none are reserved.
    """

    until: float = math.inf
    cpus: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An order with its two work trees checked out and their environments built.

    *out* is an existing folder for whatever measuring writes, outside both trees. *deadline*
    is on the clock of ``time.monotonic``: every process started by a driver is dead by then.
    *lay_own_copy* gives head's tree its own measuring files back, for the rest of the task.
    *mounts* are the paths of this machine's data by name.
    """

    order: RunOrder
    trees: Mapping[Side, Path]
    environments: Mapping[Side, Environment]
    out: Path
    deadline: float
    runner: Runner
    progress: Progress = silent
    lay_own_copy: Callable[[], None] = nothing_to_lay
    mounts: Mapping[str, Path] = field(default_factory=dict)
    allotment: Allotment = field(default_factory=Allotment)

    def remaining_s(self) -> float:
        """Seconds left until the deadline, or of the share that is set; never negative."""
        return max(0.0, min(self.deadline, self.allotment.until) - time.monotonic())

    @contextmanager
    def within(self, share_s: float) -> Iterator[None]:
        """Leave what runs meanwhile a share of the time, in seconds."""
        self.allotment.until = time.monotonic() + share_s
        try:
            yield
        finally:
            self.allotment.until = math.inf

    def placed(self, measuring: Measuring) -> Measuring:
        """Put what is measured now on the CPUs that are reserved, if any are."""
        cpus = self.allotment.cpus
        return measuring if cpus is None else msgspec.structs.replace(measuring, cpus=cpus)

    @property
    def limit(self) -> str:
        """The key of the declaration that the deadline comes from, with its value."""
        suite = self.order.suite
        if (suite.max_minutes or 0.0) * 60 > suite.timeout_s:
            return f"max_minutes: {suite.max_minutes:g}"
        return f"timeout_s: {suite.timeout_s:g}"

    @property
    def time_was_up(self) -> str:
        """Say why what runs now would be stopped: as a verb, of which it is the object."""
        share = "its share of " if self.allotment.until < self.deadline else ""
        return f"was stopped: {share}the time of the suite ({self.limit}) was up"
