"""``.highwater.yml`` read into a value: types first, then what one kind of suite needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, assert_never

from engine.budgets import BenchmarkBudget
from engine.configuration import FILE_NAME, Configuration, Suite
from engine.decoding import decode
from engine.document import Document, Path
from engine.errors import UserError
from engine.formats import FORMATS
from engine.nightly_schedule import require_schedule
from engine.paths import is_glob, path_problem
from engine.values import SuiteKind
from engine.yaml12 import parse_yaml

FORMAT_NAMES = tuple(FORMATS)
LATER_KINDS = ("tournament",)
MEASURE_BY_SPEC = ("warmup", "samples", "max_pairs", "threads", "metrics")
MEASURE_OVERHEAD = ("warmup", "samples", "max_pairs")
MEASURE_BY_COMMAND = ("max_pairs", "threads")
MEASURE_SWEEP = ("deterministic", "max_pairs")
_SUITE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True)
class ParsedConfiguration:
    """A configuration, and the lines of its file."""

    configuration: Configuration
    document: Document


def parse_configuration(data: bytes, file: str = FILE_NAME) -> ParsedConfiguration:
    """Read a guarded repository's configuration.

    Raises:
        UserError: broken YAML, a wrong, missing or unknown key, a path outside the repository,
            or a kind or key that this version cannot do; names file, line and field.
    """
    document = parse_yaml(data, file)
    _refuse_later(document)
    configuration = decode(document, Configuration)
    if not configuration.suites:
        problem = "the file declares no suite: nothing would ever be measured."
        raise UserError(problem, document.where(("suites",)), "Declare at least one suite.")
    for name, suite in configuration.suites.items():
        _SuiteCheck(document, name, suite).run()
    if configuration.nightly is not None:
        require_schedule(document, configuration.nightly.cron)
    return ParsedConfiguration(configuration, document)


def _refuse_later(document: Document) -> None:
    suites = document.at(("suites",))
    for name, suite in suites.items() if isinstance(suites, dict) else ():
        if not isinstance(suite, dict):
            continue
        path = ("suites", name)
        if suite.get("kind") in LATER_KINDS:
            kinds = ", ".join(SuiteKind)
            problem = f"the kind {suite['kind']} is not supported by this version."
            raise UserError(problem, document.where((*path, "kind")), f"Allowed here: {kinds}.")


@dataclass(frozen=True, slots=True)
class _SuiteCheck:
    """What types alone cannot say of one suite; every problem names its line and field."""

    document: Document
    name: str
    suite: Suite

    def run(self) -> None:
        if not _SUITE_NAME.fullmatch(self.name):
            problem = f"{self.name!r} is no suite name."
            raise self._error(problem, "Use letters, digits, `_`, `.`, `-`.")
        self._paths()
        match self.suite.kind:
            case SuiteKind.SWEEP:
                self._sweep()
            case SuiteKind.BENCHMARK:
                self._benchmark()
            case SuiteKind.OVERHEAD:
                self._overhead()
            case SuiteKind.COMMAND:
                self._command()
            case _:
                assert_never(self.suite.kind)

    def _sweep(self) -> None:
        suite = self.suite
        self._unfit("list", "format")
        self._measure(MEASURE_SWEEP)
        if (suite.spec is None) == (suite.command is None):
            found = "both" if suite.spec is not None else "neither"
            problem = f"a sweep needs exactly one of spec and command, found {found}."
            raise self._error(problem, "Keep the one that runs the sweep.")
        self._fills_out()
        if suite.budget is None:
            remedy = "Name the budget file, such as budget: sweeps/perf_budget.yaml."
            problem = "missing key `budget`: without it nothing is judged."
            raise self._error(problem, remedy, "budget")
        if not isinstance(suite.budget, str):
            problem = "the budget of a sweep is the path of a budget file."
            raise self._error(problem, "Move the budget into a file of its own.", "budget")

    def _benchmark(self) -> None:
        suite = self.suite
        self._unfit("baseline")
        if suite.spec is None:
            self._benchmark_by_command()
        else:
            self._benchmark_by_spec(suite.spec)
        if suite.budget is not None and not isinstance(suite.budget, BenchmarkBudget):
            problem = "the budget of a benchmark stands here, not in a file."
            raise self._error(problem, "Write budget: {default: {time: {…}}}.", "budget")

    def _benchmark_by_spec(self, spec: str) -> None:
        if self.suite.command is not None:
            problem = "a benchmark needs exactly one of spec and command, found both."
            raise self._error(problem, "Keep the one that has the cases.")
        for key in ("list", "format"):
            if getattr(self.suite, key) is not None:
                problem = f"the key {key} goes with command: a spec needs none."
                raise self._error(problem, f"Leave {key} out.", key)
        if not spec.endswith(".py"):
            problem = "the spec of a benchmark is a Python file with functions bench_NAME."
            raise self._error(problem, "Name that file, or write a command.", "spec")
        self._measure(MEASURE_BY_SPEC)

    def _benchmark_by_command(self) -> None:
        suite = self.suite
        for key, value in (("command", suite.command), ("format", suite.format)):
            if value is None:
                remedy = (
                    "A benchmark needs the command to run and the format that it writes, "
                    "or a spec, the Python file of its cases."
                )
                problem = f"missing key `{key}`."
                raise self._error(problem, remedy, key)
        if suite.format not in FORMAT_NAMES:
            allowed = f"Allowed here: {', '.join(FORMAT_NAMES)}."
            problem = f"{suite.format!r} is not a format."
            raise self._error(problem, allowed, "format")
        self._fills_out()
        self._gives_cases_alone()
        self._takes_no_until()
        self._measure(MEASURE_BY_COMMAND)

    def _overhead(self) -> None:
        self._unfit("command", "list", "format", "baseline")
        self._measure(MEASURE_OVERHEAD)
        if self.suite.spec is None:
            remedy = "Name the spec of a backtest whose rules are armed, such as overhead.yaml."
            problem = "missing key `spec`."
            raise self._error(problem, remedy, "spec")
        if self.suite.budget is not None and not isinstance(self.suite.budget, BenchmarkBudget):
            problem = "the budget of an overhead stands here, not in a file."
            raise self._error(problem, "Write budget: {default: {time: {…}}}.", "budget")

    def _command(self) -> None:
        self._measure(())
        self._unfit("spec", "list", "format", "budget", "baseline", "max_minutes")
        if self.suite.command is None:
            remedy = "Name the command whose exit status is the verdict."
            problem = "missing key `command`."
            raise self._error(problem, remedy, "command")

    def _measure(self, keys: tuple[str, ...]) -> None:
        """Refuse what would have no effect."""
        path = ("suites", self.name, "measure")
        for key in self.document.at(path) or {}:
            if key not in keys:
                problem = f"the key {key} has no effect on this suite."
                allowed = ", ".join(keys) or "none"
                remedy = f"Leave it out. It may have: {allowed}."
                raise UserError(problem, self.document.where((*path, key)), remedy)

    def _fills_out(self) -> None:
        command = self.suite.command
        if command is not None and not any("{out}" in part for part in command):
            problem = "the command never says where the results go."
            remedy = "Put {out} where the command takes its output."
            raise self._error(problem, remedy, "command")

    def _takes_no_until(self) -> None:
        if any("{until}" in part for part in self.suite.command or ()):
            problem = "{until} is for sweeps alone."
            raise self._error(problem, "Leave it out.", "command")

    def _gives_cases_alone(self) -> None:
        for index, part in enumerate(self.suite.command or ()):
            if "{cases}" in part and part != "{cases}":
                where = self.document.where(("suites", self.name, "command", index))
                problem = (
                    f"{{cases}} stands within {part!r}, yet it stands for one argument a case."
                )
                remedy = "Give {cases} an argument of its own, as in [run, --only, '{cases}']."
                raise UserError(problem, where, remedy)

    def _unfit(self, *keys: str) -> None:
        for key in keys:
            if getattr(self.suite, key) is not None:
                problem = f"the key {key} does not fit a suite of kind {self.suite.kind}."
                raise self._error(problem, f"Leave {key} out.", key)

    def _paths(self) -> None:
        suite = self.suite
        named = suite.baseline if isinstance(suite.baseline, dict) else {}
        single = {"spec": suite.spec, "budget": suite.budget, "baseline": suite.baseline}
        files: list[tuple[Path, Any]] = [((key,), value) for key, value in single.items()]
        files += [(("baseline", scenario), value) for scenario, value in named.items()]
        for path, value in files:
            problem = path_problem(value) if isinstance(value, str) else None
            if problem is not None:
                where = self.document.where(("suites", self.name, *path))
                raise UserError(problem, where, "Write a path from the repository's root.")
        self._globs("paths", suite.paths)
        self._globs("measures", suite.measures)

    def _globs(self, key: str, globs: tuple[str, ...] | None) -> None:
        for index, glob in enumerate(globs or ()):
            if ".." in glob.split("/") or any(ord(letter) < ord(" ") for letter in glob):
                where = self.document.where(("suites", self.name, key, index))
                problem = f"the glob {glob!r} leads outside the repository."
                raise UserError(problem, where, "Write a glob from the repository's root.")
            if not is_glob(glob):
                where = self.document.where(("suites", self.name, key, index))
                problem = f"{glob!r} is not a glob as `.gitignore` has them."
                raise UserError(problem, where, "Write one such as strategies/**.")

    def _error(self, problem: str, remedy: str, key: str | None = None) -> UserError:
        path = ("suites", self.name) if key is None else ("suites", self.name, key)
        return UserError(problem, self.document.where(path), remedy)
