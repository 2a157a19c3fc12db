"""Driver of benchmark suites: pairs of launches of any command, base and head interleaved."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.configuration import FILE_NAME, Argv
from engine.errors import UserError, Where
from engine.formats import Parser
from engine.orders import BenchmarkEvidence
from engine.plan import Pair, next_pairs
from engine.samples import PairLaunch
from engine.values import Side
from worker.suites.command import filled, step_of
from worker.suites.launch import launch, parser_of
from worker.suites.listing import list_cases
from worker.suites.task import OutOfTimeError, Task
from worker.suites.thinning import thinned

SEED_VARIABLE = "HIGHWATER_SEED"
_MARGIN = 1.25  # of the slowest pair so far, for one that is slower still


def measure(task: Task) -> BenchmarkEvidence:
    """Launch the suite's command on both sides, pair by pair, until there is enough.

    No pair but the first is begun that would likely end after ``max_minutes`` or the deadline:
    what is measured by then is the evidence, without a pair that the deadline ends all the
    same. A file without a benchmark is a launch that measured nothing.

    Raises:
        SideError: a command failed, or was stopped at the deadline in the first pair.
        UserError: an output file is missing, malformed or too large.
    """
    listed = list_cases(task)
    launches, cut_short = _all_pairs(_suite(task, listed))
    return BenchmarkEvidence(
        launches=launches,
        cut_short=cut_short,
        listed_base=listed.get(Side.BASE),
        listed_head=listed.get(Side.HEAD),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suite:
    task: Task
    listed: Mapping[Side, tuple[str, ...]]
    command: Argv
    parse: Parser
    stop_at: float  # on the clock of time.monotonic


def _suite(task: Task, listed: Mapping[Side, tuple[str, ...]]) -> _Suite:
    suite = task.order.suite
    field = f"suites.{task.order.suite_name}"
    parse = parser_of(suite.format, Where(FILE_NAME, field=f"{field}.format"))
    if suite.command is None:
        problem = "a benchmark suite has no command."
        raise UserError(problem, Where(FILE_NAME, field=field), "Declare its command.")
    minutes = suite.max_minutes
    allowed_s = task.remaining_s() if minutes is None else min(minutes * 60, task.remaining_s())
    stop_at = time.monotonic() + allowed_s
    return _Suite(task=task, listed=listed, command=suite.command, parse=parse, stop_at=stop_at)


def _all_pairs(suite: _Suite) -> tuple[tuple[PairLaunch, ...], bool]:
    """Measure pairs; tells also whether the deadline cut one short, which is left out."""
    launches: list[PairLaunch] = []
    slowest_s = 0.0
    while pairs := next_pairs(suite.task.order, launches):
        for position, pair in enumerate(pairs):
            if launches and time.monotonic() + slowest_s * _MARGIN > suite.stop_at:
                return tuple(launches), False
            done = len(launches) // 2
            suite.task.progress("pairs of launches", done, done + len(pairs) - position)
            started = time.monotonic()
            measured = _measure_pair(suite, pair, first=not launches)
            if measured is None:
                return tuple(launches), True
            launches += measured
            slowest_s = max(slowest_s, time.monotonic() - started)
            if not any(one.measured for one in measured):
                return tuple(launches), False  # no benchmark on either side: more tells nothing
    done = len(launches) // 2
    suite.task.progress("pairs of launches", done, done)
    return tuple(launches), False


def _measure_pair(suite: _Suite, pair: Pair, *, first: bool) -> tuple[PairLaunch, ...] | None:
    """Launch both sides; None: the time was up before both had ended, and it is not the first."""
    try:
        return tuple(_launch(suite, pair, side) for side in pair.sides)
    except OutOfTimeError:
        if first:
            raise
        return None


def _launch(suite: _Suite, pair: Pair, side: Side) -> PairLaunch:
    out = suite.task.out / f"launch-{pair.pair}-{side}.json"
    argv = filled(suite.command, out, suite.listed.get(side))
    step = step_of(suite.task, side, "command", argv)
    seeds = {SEED_VARIABLE: str(pair.seed), "PYTHONHASHSEED": str(pair.seed % 2**32)}
    launched = launch(replace(step, environ={**step.environ, **seeds}), out, suite.parse)
    return PairLaunch(
        pair=pair.pair,
        side=side,
        first=side is pair.first,
        wall_s=launched.finished.wall_s,
        cpu_s=launched.finished.cpu_s,
        measured=thinned(launched.measured),
    )
