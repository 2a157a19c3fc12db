"""One launch of a benchmark command, and what it measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import UserError, Where
from engine.formats import FORMATS, NoBenchmarks, Parser
from engine.samples import Launch
from worker.files import read_untrusted
from worker.processes import Finished
from worker.suites.command import Step, run_step

MAX_OUTPUT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Launched:
    """How the command's process ended, and its samples; none: it held no benchmark.

    *failed* are cases that our own harness has left out, each with the end of what it said.
    """

    finished: Finished
    measured: tuple[Launch, ...]
    failed: Mapping[str, str] = field(default_factory=dict)


def launch(step: Step, out: Path, parse: Parser) -> Launched:
    """Run *step*, which writes *out*, and read that file; it is gone afterwards.

    Raises:
        CandidateError: the command failed.
        UserError: the file is missing, malformed or too large, or has a metric of a case twice.
    """
    finished = run_step(step)
    shown = f"{{out}} of {step.name}" if step.side is None else f"{step.side}'s {{out}}"
    data = read_untrusted(out, MAX_OUTPUT_BYTES, shown)
    out.unlink()
    try:
        launches = parse(data, shown)
    except NoBenchmarks:
        return Launched(finished, ())
    _refuse_doubled(launches, shown)
    return Launched(finished, launches)


def parser_of(form: str | None, where: Where) -> Parser:
    """Choose the parser of a declared format.

    Raises:
        UserError: there is no such format.
    """
    parse = FORMATS.get(form or "")
    if parse is None:
        problem = f"found {form!r}."
        raise UserError(problem, where, f"Allowed: {', '.join(FORMATS)}.")
    return parse


def _refuse_doubled(launches: Sequence[Launch], shown: str) -> None:
    seen: set[tuple[str, str]] = set()
    for measured in launches:
        if (measured.case, measured.metric) in seen:
            problem = f"{measured.metric} of case {measured.case!r} occurs twice."
            raise UserError(problem, Where(shown), "Give each case of a suite its own name.")
        seen.add((measured.case, measured.metric))
