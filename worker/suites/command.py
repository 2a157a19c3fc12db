"""Running one command of a suite, with ``{out}`` and ``{cases}`` filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.command_verdicts import ending
from engine.configuration import FILE_NAME
from engine.errors import CandidateError, UserError, Where
from engine.values import Side
from worker import processes
from worker.suites.task import OutOfTimeError, SideError, Task

MAX_ARGUMENT_BYTES = 1_000_000  # what the kernel takes, with room for the environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of a command; *name* is how people know it, *side* whose code it is, if known.

    Where the suite and the side are said beside it, the name is its key in the declaration.
    *time_was_up* is the verb to say where it was stopped; without one, after how many seconds.
    """

    name: str
    argv: Sequence[str]
    cwd: Path
    environ: Mapping[str, str]
    timeout_s: float
    side: Side | None = None
    output_bytes: int = processes.OUTPUT_BYTES
    measuring: processes.Measuring | None = None
    time_was_up: str = ""


def step_of(task: Task, side: Side, name: str, argv: Sequence[str]) -> Step:
    """Make a step in a side's tree and environment that may last until the task's deadline."""
    return Step(
        name=name,
        argv=argv,
        cwd=task.trees[side],
        environ=task.environments[side].environ,
        timeout_s=task.remaining_s(),
        side=side,
        time_was_up=task.time_was_up,
    )


def run_step(step: Step) -> processes.Finished:
    """Run *step*.

    Raises:
        CandidateError: it ended with another status than 0, its time was up, or it killed its
            guard; where the step knows its side, SideError, for a time-out OutOfTimeError.
    """
    finished = finish_step(step)
    if finished.succeeded:
        return finished
    raise unfinished(step, finished)


def unfinished(step: Step, finished: processes.Finished) -> CandidateError:
    """Make the error of a *step* that did not succeed: a SideError where it knows its side."""
    said = ending(finished.returncode, finished.wall_s, timed_out=finished.timed_out)
    if finished.timed_out and step.time_was_up:
        said = step.time_was_up
    if step.side is None:
        return CandidateError(step.name, finished.tail, ending=said)
    error = OutOfTimeError if finished.timed_out else SideError
    return error(step.name, finished.tail, step.side, ending=said)


def finish_step(step: Step) -> processes.Finished:
    """Run *step* to its end, whichever that is.

    Raises:
        CandidateError: it killed its guard, or memory ran out; SideError where the step knows
            its side.
    """
    try:
        return processes.run(
            step.argv,
            cwd=step.cwd,
            environ=step.environ,
            timeout_s=step.timeout_s,
            output_bytes=step.output_bytes,
            measuring=step.measuring,
        )
    except CandidateError as error:  # it knows neither the step's name nor whose code it was
        said = "was killed with its guard"
        if step.side is None:
            raise CandidateError(step.name, error.tail, ending=said) from error
        raise SideError(step.name, error.tail, step.side, ending=said) from error


def filled(argv: Sequence[str], out: Path, cases: Sequence[str] | None) -> tuple[str, ...]:
    """Fill ``{out}`` in, and put one argument a case in the place of a lone ``{cases}``.

    *cases* None: all, so that ``{cases}`` is left away.

    >>> filled(["run", "{cases}", "--json={out}"], Path("o.json"), ["a", "b"])
    ('run', 'a', 'b', '--json=o.json')

    Raises:
        UserError: more cases than a command line can hold.
    """
    arguments: list[str] = []
    for argument in argv:
        if argument == "{cases}":
            arguments += cases or ()
        else:
            arguments.append(argument.replace("{out}", str(out)))
    if sum(len(argument.encode()) + 1 for argument in arguments) > MAX_ARGUMENT_BYTES:
        problem = f"{len(cases or ())} cases do not fit on one command line."
        remedy = "Leave {cases} out of the command, or split the suite."
        raise UserError(problem, Where(FILE_NAME, field="command"), remedy)
    return tuple(arguments)
