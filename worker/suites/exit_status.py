"""Driver of command suites: the same command on base and on head, of which only the end counts."""

from __future__ import annotations

from dataclasses import replace

from engine.configuration import FILE_NAME, Argv
from engine.errors import UserError, Where
from engine.orders import CommandEvidence, CommandResult
from engine.values import Side
from worker.suites.command import filled, finish_step, step_of
from worker.suites.task import SideError, Task

MAX_TAIL = 16_384  # characters of the output that travel in a report
_KILLED = -9


def measure(task: Task) -> CommandEvidence:
    """Run the suite's command once on both sides, base first.

    Base may take half of the time that is left, head the rest. A command that fails, hangs or
    kills its guard has ended so: that is evidence.

    Raises:
        UserError: the suite has no command.
    """
    command = task.order.suite.command
    if command is None:
        where = Where(FILE_NAME, field=f"suites.{task.order.suite_name}")
        problem = "a command suite has no command."
        raise UserError(problem, where, "Declare its command.")
    return CommandEvidence(
        base=_ended(task, command, Side.BASE, task.remaining_s() / 2),
        head=_ended(task, command, Side.HEAD, task.remaining_s()),
    )


def _ended(task: Task, command: Argv, side: Side, timeout_s: float) -> CommandResult:
    task.progress(f"command on {side}", int(side is Side.HEAD), len(Side))
    argv = filled(command, task.out / f"command-{side}", None)
    step = step_of(task, side, "command", argv)
    try:
        finished = finish_step(replace(step, timeout_s=timeout_s))
    except SideError as error:  # with its guard it died, too; nobody could time it
        tail = error.tail[-MAX_TAIL:]
        return CommandResult(exit_status=_KILLED, timed_out=False, wall_s=None, tail=tail)
    return CommandResult(
        exit_status=finished.returncode,
        timed_out=finished.timed_out,
        wall_s=finished.wall_s,
        tail=finished.tail[-MAX_TAIL:],
    )
