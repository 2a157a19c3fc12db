"""Running one command of a suite, with ``{out}`` and ``{cases}`` filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.configuration import FILE_NAME
from engine.errors import CandidateError, UserError, Where
from engine.values import Side
from worker import processes
from worker.suites.task import SideError, Task

MAX_ARGUMENT_BYTES = 1_000_000  # what the kernel takes, with room for the environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of a command; *name* is how people know it, *side* whose code it is, if known."""

    name: str
    argv: Sequence[str]
    cwd: Path
    environ: Mapping[str, str]
    timeout_s: float
    side: Side | None = None
    output_bytes: int = processes.OUTPUT_BYTES


def step_of(task: Task, side: Side, name: str, argv: Sequence[str]) -> Step:
    """Make a step in a side's tree and environment that may last until the task's deadline."""
    return Step(
        name=f"{name} on {side}",
        argv=argv,
        cwd=task.trees[side],
        environ=task.environments[side].environ,
        timeout_s=task.remaining_s(),
        side=side,
    )


def run_step(step: Step) -> processes.Finished:
    """Run *step*.

    Raises:
        CandidateError: it ended with another status than 0, or its time was up; SideError
            where the step knows its side.
    """
    finished = processes.run(
        step.argv,
        cwd=step.cwd,
        environ=step.environ,
        timeout_s=step.timeout_s,
        output_bytes=step.output_bytes,
    )
    if finished.succeeded:
        return finished
    what = f"{step.name}: {_ending(finished)}"
    if step.side is None:
        raise CandidateError(what, finished.tail)
    raise SideError(what, finished.tail, step.side)


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


def _ending(finished: processes.Finished) -> str:
    if finished.timed_out:
        return f"stopped after {finished.wall_s:.0f} s, its time was up"
    if finished.returncode < 0:
        return f"killed by signal {-finished.returncode}"
    return f"exit status {finished.returncode}"
