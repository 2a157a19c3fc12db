"""Driver of benchmark suites: rounds of launches, base and head in turns, until all is decided."""

from __future__ import annotations

import time

from engine.configuration import FILE_NAME
from engine.errors import UserError, Where
from engine.orders import BenchmarkEvidence, TimeCap
from engine.values import Side
from worker.suites.foreign import Foreign
from worker.suites.means import Means
from worker.suites.session import Session
from worker.suites.spec_cases import SpecCases
from worker.suites.task import SideError, Task


def measure(task: Task) -> BenchmarkEvidence:
    """Launch the suite on both sides, round by round, until every case is decided.

    No pair but the first is begun that would likely end after ``max_minutes`` or the deadline:
    what is measured by then is the evidence, without a pair that the deadline ends all the
    same. Where that does not do for all cases, one part of them after the other is measured.
    A file without a benchmark is a launch that measured nothing. Where the pull request
    changes the measuring files and head does not run with the base's copy of them, head's own
    copy alone is measured.

    Raises:
        SideError: a case or command failed; or head was stopped in the first pair, though the
            merge base ended in an equal share of the time.
        TooSlowError: there is no time for a first pair.
        UserError: an output file is missing, malformed or too large.
    """
    return measure_by(task, _means(task))


def measure_by(task: Task, means: Means) -> BenchmarkEvidence:
    """Launch by *means*, whatever they launch; errors as of :func:`measure`."""
    session = Session(task, means, time.monotonic() + _allowed_s(task))
    try:
        session.run()
    except SideError as error:
        if not session.may_skip_pairs(error):
            raise
        session.run_own_copy()
    return BenchmarkEvidence(
        launches=tuple(session.launches),
        cut_short=session.cut_short,
        failed=session.means.failed,
        stopped_by=_cap(task) if session.is_stopped else None,
        listed_base=session.listed.get(Side.BASE),
        listed_head=session.listed.get(Side.HEAD),
    )


def _means(task: Task) -> Means:
    suite = task.order.suite
    if suite.spec is not None:
        return SpecCases(task, suite.spec)
    if suite.command is not None:
        return Foreign(task, suite.command)
    where = Where(FILE_NAME, field=f"suites.{task.order.suite_name}")
    problem = "a benchmark suite has neither spec nor command."
    raise UserError(problem, where, "Declare one of them.")


def _allowed_s(task: Task) -> float:
    minutes = task.order.suite.max_minutes
    return task.remaining_s() if minutes is None else min(minutes * 60, task.remaining_s())


def _cap(task: Task) -> TimeCap:
    """Tell which key of the suite ended it; with both, the larger one is the deadline."""
    return "timeout_s" if task.order.suite.max_minutes is None else "max_minutes"
