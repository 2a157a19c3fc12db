"""Launching the benchmark suites of one work tree: no pairs, no second commit."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.configuration import FILE_NAME, Suite
from engine.errors import UserError, Where
from engine.samples import Launch
from worker.suites.command import Step, filled
from worker.suites.launch import launch, parser_of
from worker.suites.task import Progress, silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Suites by name, the tree and environment to run them in, and how many launches of each."""

    suites: Mapping[str, Suite]
    root: Path
    environ: Mapping[str, str]
    launches: int
    progress: Progress = silent


def run_bench(bench: Bench) -> tuple[Launch, ...]:
    """Launch each suite's command for all its cases; suites take turns.

    Raises:
        CandidateError: a command failed, or did not end within its suite's ``timeout_s``.
        UserError: an output file is missing or malformed, or two suites have a case of one name.
    """
    found: list[Launch] = []
    owners: dict[str, str] = {}
    total = bench.launches * len(bench.suites)
    with tempfile.TemporaryDirectory(prefix="highwater-bench-") as folder:
        for number in range(bench.launches):
            for place, name in enumerate(bench.suites):
                done = number * len(bench.suites) + place
                bench.progress(f"launches of {name}", done, total)
                measured = _launched(bench, name, Path(folder))
                _refuse_shared(owners, name, measured)
                found += measured
        bench.progress("launches", total, total)
    return tuple(found)


def _launched(bench: Bench, name: str, folder: Path) -> tuple[Launch, ...]:
    suite = bench.suites[name]
    place = f"suites.{name}"
    parse = parser_of(suite.format, Where(FILE_NAME, field=f"{place}.format"))
    if suite.command is None:
        problem = "a benchmark suite has no command."
        raise UserError(problem, Where(FILE_NAME, field=place), "Declare its command.")
    out = folder / "launch.json"
    step = Step(
        name=f"benchmark {name}",
        argv=filled(suite.command, out, None),
        cwd=bench.root,
        environ=bench.environ,
        timeout_s=suite.timeout_s,
    )
    return launch(step, out, parse).measured


def _refuse_shared(owners: dict[str, str], suite: str, measured: Sequence[Launch]) -> None:
    for one in measured:
        owner = owners.setdefault(one.case, suite)
        if owner != suite:
            problem = f"suites {owner} and {suite} both have a case {one.case!r}."
            remedy = "Rename one: a baseline file knows cases by name alone."
            raise UserError(problem, Where(FILE_NAME, field="suites"), remedy)
