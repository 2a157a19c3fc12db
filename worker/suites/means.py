"""What the driver of benchmark suites drives: a command of the repository's, or our harness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.orders import CaseFailure
from engine.plan import Pair
from engine.values import Side
from worker.suites.launch import Launched


class Means(Protocol):
    """Launches one side at a time; what it raises is what ``worker.suites.launch`` raises."""

    @property
    def failed(self) -> tuple[CaseFailure, ...]:
        """Give the single cases that failed so far; they are not measured any more."""

    def prepare(self) -> Mapping[Side, tuple[str, ...]]:
        """List the cases of both sides, by side, and make ready to measure.

        Empty: nobody can tell before they are measured.
        """

    def cases(self, wanted: Sequence[str] | None) -> tuple[str, ...] | None:
        """Choose which of the *wanted* cases (None: all) to measure on both sides; None: all."""

    @property
    def may_choose(self) -> bool:
        """Whether a launch can be of some cases alone."""

    def launch(self, pair: Pair, side: Side, cases: Sequence[str] | None) -> Launched:
        """Launch *cases* (None: all) on a side."""

    def prepare_own_copy(self) -> None:
        """Make ready for head with its own measuring files, which are in place now."""
