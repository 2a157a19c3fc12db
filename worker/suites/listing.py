"""Which cases a benchmark suite has, told by its ``list`` command."""

from __future__ import annotations

from dataclasses import replace

from engine.configuration import FILE_NAME
from engine.errors import UserError, Where
from engine.formats.reading import MAX_CASES, MAX_NAME_CHARACTERS
from engine.values import Side
from worker.suites.command import run_step, step_of
from worker.suites.task import Task

MAX_LIST_BYTES = MAX_CASES * (MAX_NAME_CHARACTERS + 1)  # every name with its line's end


def list_cases(task: Task, side: Side) -> tuple[str, ...] | None:
    """List the cases of a side; None where the suite declares no ``list``.

    Raises:
        SideError: the command failed.
        UserError: it printed no case, too much, or what cannot be names of cases.
    """
    argv = task.order.suite.list
    if argv is None:
        return None
    step = replace(step_of(task, side, "list", argv), output_bytes=MAX_LIST_BYTES)
    finished = run_step(step)
    where = Where(FILE_NAME, field=f"suites.{task.order.suite_name}.list")
    if finished.stdout_cut:  # a list without its end would lack cases, and nobody would know
        problem = f"the command printed more than {MAX_LIST_BYTES} bytes on {side}."
        raise UserError(problem, where, "Let it print one case a line, and nothing else.")
    return parse_listing(finished.stdout, task.order.suite.format, where)


def parse_listing(printed: str, form: str | None, where: Where) -> tuple[str, ...]:
    r"""Read one case a line, up to the first empty line; of pytest's output, the node ids.

    >>> printed = "b.py::test_a\nb.py::test_b\n\n2 tests collected\n"
    >>> parse_listing(printed, "pytest-benchmark", Where("f"))
    ('b.py::test_a', 'b.py::test_b')

    Raises:
        UserError: no case, too many, or a name that is too long or not printable.
    """
    lines = (line.strip() for line in printed.lstrip().partition("\n\n")[0].splitlines())
    cases = dict.fromkeys(line for line in lines if form != "pytest-benchmark" or "::" in line)
    cases.pop("", None)
    if not 0 < len(cases) <= MAX_CASES:
        problem = f"the command printed {len(cases)} names of cases, 1 to {MAX_CASES} are allowed."
        raise UserError(problem, where, "Let it print one case a line, as pytest's -q does.")
    for case in cases:
        if len(case) > MAX_NAME_CHARACTERS or not case.isprintable():
            problem = f"the command printed {case[:80]!r}, which is not a name of a case."
            remedy = f"Names are printable and have at most {MAX_NAME_CHARACTERS} characters."
            raise UserError(problem, where, remedy)
    return tuple(cases)
