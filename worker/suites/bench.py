"""Launching the benchmark suites of one work tree: no pairs, no second commit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.configuration import FILE_NAME, Suite
from engine.errors import CandidateError, UserError, Where
from engine.samples import Launch
from worker.cpus import reserved
from worker.suites import harness
from worker.suites.command import Step, filled
from worker.suites.control import conditions, shuffled, variables
from worker.suites.launch import launch, parser_of
from worker.suites.task import Progress, silent


class _Turn(NamedTuple):
    """How many launches there were before, and the CPUs that this one has."""

    number: int
    cpus: tuple[int, ...]


_Launch = Callable[[_Turn], tuple[Launch, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Suites by name, the tree and environment to run them in, and how many launches of each."""

    suites: Mapping[str, Suite]
    root: Path
    environ: Mapping[str, str]
    launches: int
    progress: Progress = silent


def run_bench(bench: Bench) -> tuple[Launch, ...]:
    """Launch each suite for all its cases; suites take turns.

    Each is pinned and seeded as for a pull request, on CPUs that no other measurement has; what
    is not permitted is left out.

    Raises:
        CandidateError: a command failed, or did not end within its suite's ``timeout_s``.
        UserError: an output file is missing or malformed, or two suites have a case of one name.
    """
    found: list[Launch] = []
    owners: dict[str, str] = {}
    total = bench.launches * len(bench.suites)
    with tempfile.TemporaryDirectory(prefix="highwater-bench-") as folder:
        launchers = {name: _launcher(bench, name, Path(folder)) for name in bench.suites}
        for number in range(bench.launches):
            for place, name in enumerate(bench.suites):
                done = number * len(bench.suites) + place
                bench.progress(f"launches of {name}", done, total)
                with reserved(bench.suites[name].measure.threads) as got:
                    measured = launchers[name](_Turn(number, got.cpus))
                _refuse_shared(owners, name, measured)
                found += measured
        bench.progress("launches", total, total)
    return tuple(found)


def _launcher(bench: Bench, name: str, folder: Path) -> _Launch:
    """Make what launches a suite once a turn."""
    suite, place = bench.suites[name], f"suites.{name}"
    if suite.spec is not None:
        return _by_spec(bench, name, suite.spec, folder)
    parse = parser_of(suite.format, Where(FILE_NAME, field=f"{place}.format"))
    if suite.command is None:
        problem = "a benchmark suite has neither spec nor command."
        raise UserError(problem, Where(FILE_NAME, field=place), "Declare one of them.")
    out = folder / "launch.json"
    argv = filled(suite.command, out, None)
    return lambda turn: launch(_step(bench, name, turn, argv), out, parse).measured


def _by_spec(bench: Bench, name: str, file: str, folder: Path) -> _Launch:
    out = folder / "launch.json"
    measure = bench.suites[name].measure
    inner: dict[str, int] = {}

    def launch_cases(turn: _Turn) -> tuple[Launch, ...]:
        step = _step(bench, name, turn, ("python",))
        if not inner:
            cases = harness.listed(step, harness.Request(file, "list", measure), out)
            request = harness.Request(file, "calibrate", measure, cases)
            found, lost = harness.calibrated(step, request, out)
            _refuse_failed(lost)
            inner.update(found)
        cases = shuffled(inner, turn.number)
        request = harness.Request(file, "measure", measure, cases, turn.number, inner)
        launched = harness.launched(step, request, out)
        _refuse_failed(launched.failed)
        return launched.measured

    return launch_cases


def _refuse_failed(lost: Mapping[str, str]) -> None:
    for case, tail in lost.items():
        raise CandidateError(harness.step_name(case), tail)


def _step(bench: Bench, name: str, turn: _Turn, argv: Sequence[str]) -> Step:
    suite = bench.suites[name]
    threads = suite.measure.threads
    measuring = conditions(threads, own_harness=suite.spec is not None)
    return Step(
        name=f"benchmark {name}",
        argv=argv,
        cwd=bench.root,
        environ={**bench.environ, **variables(turn.number, threads)},
        timeout_s=suite.timeout_s,
        measuring=msgspec.structs.replace(measuring, cpus=turn.cpus),
    )


def _refuse_shared(owners: dict[str, str], suite: str, measured: Sequence[Launch]) -> None:
    for one in measured:
        owner = owners.setdefault(one.case, suite)
        if owner != suite:
            problem = f"suites {owner} and {suite} both have a case {one.case!r}."
            remedy = "Rename one: a baseline file knows cases by name alone."
            raise UserError(problem, Where(FILE_NAME, field="suites"), remedy)
