"""Driver of sweep suites: the same sweep on base and on head, by spec or by command."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.configuration import FILE_NAME, Argv
from engine.errors import IntegrityError, UserError, Where
from engine.orders import Ranking, SweepEvidence
from engine.sweep.grid import Point, points
from engine.sweep.rows import SweepRow
from engine.sweep.spec import SweepSpec
from engine.values import Side
from worker.executors.local import executor, usable_cpus
from worker.executors.points import Work
from worker.suites.command import filled, run_step, step_of
from worker.suites.spec import load_spec
from worker.suites.strategies import is_class
from worker.suites.strategy_sweep import sweep_strategy
from worker.suites.swept import Swept, evidence_of, selected_in
from worker.suites.task import Task
from worker.sweep_files import read_rows

RERUN = "rerun"


def measure(task: Task) -> SweepEvidence:
    """Run the suite's sweep on both sides, base first, with the base tree's spec on both.

    A spec's point that fails or crashes is a failure row, one that its side's time was up for
    has the status ``timeout``. Base may take half of the time that is left (a command that runs
    there twice, a third each time), head the rest. What base's sweep selects is run a second time,
    to see whether the same seed gives the same numbers: of a spec always, within base's time.

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
        return _by_command(task, suite.command)
    where = Where(FILE_NAME, field=f"suites.{task.order.suite_name}")
    problem = "a sweep suite has neither spec nor command."
    raise UserError(problem, where, "Declare one of them.")


def _by_spec(task: Task, spec: SweepSpec) -> SweepEvidence:
    """Evaluate the grid on both sides; in base's half of the time, its selected point twice."""
    half = time.monotonic() + task.remaining_s() / 2
    grid = points(spec)
    ranking = Ranking(metric=spec.metric, mode=spec.mode.value)
    base = _evaluate(task, spec, Side.BASE, grid, half)
    again = tuple(point for point in grid if point.id == selected_in(base, ranking))
    rerun = _evaluate(task, spec, Side.BASE, again, half) if again else ()
    head = _evaluate(task, spec, Side.HEAD, grid, task.deadline)
    return evidence_of(Swept(ranking, base, head, rerun))


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


def _by_command(task: Task, command: Argv) -> SweepEvidence:
    """Run the command once a side; a second time on base where it is declared deterministic."""
    ranking = task.order.ranking
    if ranking is None:
        what = "order: ranking of a sweep by command"
        raise IntegrityError(what, "metric and mode of the budget", "nothing")
    again = bool(task.order.suite.measure.deterministic)
    base = _written(task, command, Side.BASE, task.remaining_s() / (3 if again else 2))
    rerun: tuple[SweepRow, ...] = ()
    if again:
        selected = selected_in(base, ranking)
        second = _written(task, command, Side.BASE, task.remaining_s() / 2, name=RERUN)
        rerun = tuple(row for row in second if row.id == selected)
    head = _written(task, command, Side.HEAD, task.remaining_s())
    return evidence_of(Swept(ranking, base, head, rerun))


def _written(
    task: Task, command: Argv, side: Side, timeout_s: float, *, name: str | None = None
) -> tuple[SweepRow, ...]:
    out = task.out / f"sweep-{name or side}"
    out.mkdir()
    task.progress(f"sweep on {side}", int(side is Side.HEAD), len(Side))
    step = step_of(task, side, "command", filled(command, out, None))
    run_step(replace(step, timeout_s=timeout_s))
    shown = f"{side}'s {{out}}"
    if out.is_symlink():
        problem = "is a symbolic link now."
        raise UserError(problem, Where(shown), "Write into the folder that is there.")
    with _shown_as(out, shown):
        return read_rows(out)


@contextmanager
def _shown_as(path: Path, shown: str) -> Iterator[None]:
    """Let errors name a file by what its repository calls it, not by where it lies here."""
    try:
        yield
    except UserError as error:
        where = error.where
        if where is None or not where.file.startswith(str(path)):
            raise
        place = Where(shown + where.file[len(str(path)) :], where.line, where.field)
        raise UserError(error.problem, place, error.remedy) from error
