"""Drivers: one a kind of suite, each turning a task into evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.orders import Evidence
from engine.values import SuiteKind
from worker.suites.benchmark import measure as measure_benchmark
from worker.suites.exit_status import measure as measure_command
from worker.suites.overhead import measure as measure_overhead
from worker.suites.sweep import measure as measure_sweep
from worker.suites.task import Task

Driver = Callable[[Task], Evidence]

DRIVERS: Mapping[SuiteKind, Driver] = {
    SuiteKind.BENCHMARK: measure_benchmark,
    SuiteKind.SWEEP: measure_sweep,
    SuiteKind.OVERHEAD: measure_overhead,
    SuiteKind.COMMAND: measure_command,
}
"""``DRIVERS[suite.kind](task)`` measures.

Raises CandidateError (its subclass SideError names the side) where the repository's code fails,
and UserError where a file that it declared or wrote is wrong.
"""

__all__ = ["DRIVERS", "Driver", "Task"]
