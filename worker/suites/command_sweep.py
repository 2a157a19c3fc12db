"""A sweep that a command of the repository's runs, on both sides; and its look-ahead canary."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from engine.backtest.leaks import Canary
from engine.configuration import Argv
from engine.errors import IntegrityError, UserError, Where
from engine.orders import SweepEvidence
from engine.sweep.rows import SweepRow
from engine.sweep.truncated import cuts_of, leak_before
from engine.values import Side
from worker.suites.command import filled, run_step, step_of
from worker.suites.swept import Swept, evidence_of, selected_in
from worker.suites.task import Task
from worker.sweep_files import read_rows

RERUN = "rerun"
UNTIL = "{until}"
ALL_DAYS = "9999-12-31"
MARGIN = 1.5  # of what head's whole sweep took, for one of fewer bars


def sweep_by_command(task: Task, command: Argv) -> SweepEvidence:
    """Run the command once a side; a second time on base where it is declared deterministic.

    Where it takes ``{until}``, head is run on bars up to a few days too, as far as time is left:
    what it did before them has to be the same to the bit.

    Raises:
        SideError: the command failed, or was stopped when its side's time was up.
        UserError: the rows that it wrote are missing or wrong.
        IntegrityError: the order does not say what rows are ranked by.
    """
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
    began = time.monotonic()
    head = _written(task, command, Side.HEAD, task.remaining_s())
    swept = Swept(ranking, base, head, rerun)
    if not _takes_until(command):
        return evidence_of(swept)
    canary = _canary(task, command, head, time.monotonic() - began)
    return msgspec.structs.replace(evidence_of(swept), canary=canary)


def _takes_until(command: Argv) -> bool:
    return any(UNTIL in part for part in command)


def _canary(task: Task, command: Argv, head: tuple[SweepRow, ...], takes_s: float) -> Canary | None:
    """Run head up to a few days; None: there was no time for one of them."""
    cuts = cuts_of(head, task.order.seed)
    done = 0
    for cut in cuts:
        if task.remaining_s() < MARGIN * takes_s:
            break
        rows = _written(
            task, command, Side.HEAD, task.remaining_s(), name=f"until-{cut}", until=cut
        )
        done += 1
        leak = leak_before(head, rows, cut)
        if leak is not None:
            return Canary(cuts=done, leak=leak, means="left_out")
    return Canary(cuts=done, means="left_out") if done or not cuts else None


def _written(  # noqa: PLR0913 - one run of a command, and what tells it from the others
    task: Task,
    command: Argv,
    side: Side,
    timeout_s: float,
    *,
    name: str | None = None,
    until: str = ALL_DAYS,
) -> tuple[SweepRow, ...]:
    command = tuple(part.replace(UNTIL, until) for part in command)
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
