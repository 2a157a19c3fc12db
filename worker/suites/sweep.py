"""Driver of sweep suites: the same sweep on base and on head, by spec or by command."""

from __future__ import annotations

import time
from collections.abc import Sequence

from engine.configuration import FILE_NAME
from engine.errors import UserError, Where
from engine.orders import Ranking, SweepEvidence
from engine.sweep.grid import Point, points
from engine.sweep.rows import SweepRow
from engine.sweep.spec import SweepSpec
from engine.values import Side
from worker.executors.local import executor, usable_cpus
from worker.executors.points import Work
from worker.suites.command_sweep import sweep_by_command
from worker.suites.spec import load_spec
from worker.suites.strategies import is_class
from worker.suites.strategy_sweep import sweep_strategy
from worker.suites.swept import Swept, evidence_of, selected_in
from worker.suites.task import Task


def measure(task: Task) -> SweepEvidence:
    """Run the suite's sweep on both sides, base first, with the base tree's spec on both.

    A spec's point that fails or crashes is a failure row, one that its side's time was up for
    has the status ``timeout``. Base may take half of the time that is left (a command that runs
    there twice, a third each time), head the rest. What base's sweep selects is run a second time,
    to see whether the same seed gives the same numbers: of a spec always, and on both sides,
    each within its time.

    Raises:
        SideError: a sweep's command failed, or was stopped when its side's time was up.
        UserError: the spec, or the rows that a command wrote, are missing or wrong.
        IntegrityError: a command is ordered without saying what its rows are ranked by.
    """
    suite = task.order.suite
    if suite.spec is not None:
        root = task.trees[Side.BASE]
        spec = load_spec(root, root / suite.spec, suite.spec)
        if is_class(root, spec, suite.spec):
            return evidence_of(sweep_strategy(task, spec, suite.spec))
        return _by_spec(task, spec)
    if suite.command is not None:
        return sweep_by_command(task, suite.command)
    where = Where(FILE_NAME, field=f"suites.{task.order.suite_name}")
    problem = "a sweep suite has neither spec nor command."
    raise UserError(problem, where, "Declare one of them.")


def _by_spec(task: Task, spec: SweepSpec) -> SweepEvidence:
    """Evaluate the grid on both sides, base in half of the time; selected points twice.

    On head a second time are what base selects and what head itself selects: a function that
    keeps what it saw from point to point gives other numbers in a process that begins afresh.
    """
    half = time.monotonic() + task.remaining_s() / 2
    grid = points(spec)
    ranking = Ranking(metric=spec.metric, mode=spec.mode.value)
    base = _evaluate(task, spec, Side.BASE, grid, half)
    selected = selected_in(base, ranking)
    rerun = _again(task, spec, Side.BASE, _named(grid, {selected}), half)
    head = _evaluate(task, spec, Side.HEAD, grid, task.deadline)
    chosen = _named(grid, {selected, selected_in(head, ranking)})
    rerun_head = _again(task, spec, Side.HEAD, chosen, task.deadline)
    return evidence_of(Swept(ranking, base, head, rerun, rerun_head=rerun_head))


def _named(grid: Sequence[Point], names: set[str | None]) -> tuple[Point, ...]:
    return tuple(point for point in grid if point.id in names)


def _again(
    task: Task, spec: SweepSpec, side: Side, chosen: Sequence[Point], deadline: float
) -> tuple[SweepRow, ...]:
    """Evaluate each of *chosen* in a process of its own."""
    rows = (_evaluate(task, spec, side, (point,), deadline) for point in chosen)
    return tuple(row for found in rows for row in found)


def _evaluate(
    task: Task, spec: SweepSpec, side: Side, chosen: Sequence[Point], deadline: float
) -> tuple[SweepRow, ...]:
    environment = task.environments[side]
    work = Work(
        root=task.trees[side],
        file=spec.strategy_path,
        name=spec.strategy_name,
        points=chosen,
        python=environment.python,
        environ=environment.environ,
        deadline=deadline,
        progress=lambda done, total: task.progress(f"points on {side}", done, total),
    )
    jobs = min(spec.jobs or usable_cpus(), usable_cpus())  # a runner is not to be overrun
    return executor(jobs)(work)
