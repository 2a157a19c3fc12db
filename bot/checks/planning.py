"""From a declaration to orders, and to the terms that their reports are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from engine.baseline_files import parse_baseline
from engine.baselines import BaselineData
from engine.configuration import FILE_NAME, Configuration, Suite
from engine.errors import UserError, Where
from engine.orders import Ranking, RunOrder
from engine.perf_budgets import parse_perf_budget
from engine.plan import PlanRequest, plan_runs
from engine.sweep.spec import parse_sweep_spec
from engine.values import CommitSha, SuiteKind
from engine.verdicts import RunTerms

MAX_FILE_BYTES = 32 * 1024 * 1024


class Source(Protocol):
    """Commits to read from."""

    def read(self, commit: CommitSha, path: str) -> bytes | None:
        """Read a file at a commit; None when the commit has no such file."""

    def kind_of(self, commit: CommitSha, path: str) -> str | None:
        """Tell whether *path* is a ``blob`` or a ``tree`` at *commit*; None when absent."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """An order, and what its report will be judged by."""

    order: RunOrder
    terms: RunTerms


def completed(configuration: Configuration, source: Source, base: CommitSha) -> Configuration:
    """Fill in which files measure, where a suite does not say."""
    suites = {
        name: _with_measuring_files(suite, source, base)
        for name, suite in configuration.suites.items()
    }
    return msgspec.structs.replace(configuration, suites=suites)


def plan_check(request: PlanRequest, source: Source, target: CommitSha) -> tuple[PlannedRun, ...]:
    """Plan every selected suite; budgets and baselines are those of *target*.

    What a sweep's rows are ranked by goes into its order, so that no work tree is asked for it.
    The request's configuration is a completed one.

    Raises:
        UserError: a file that the declaration names is missing or broken at *target*.
    """
    return tuple(_planned(order, source, target) for order in plan_runs(request))


def _planned(order: RunOrder, source: Source, target: CommitSha) -> PlannedRun:
    terms = terms_of(order.suite_name, order.suite, source, target)
    terms = msgspec.structs.replace(terms, strategy=_strategy(order, source))
    budget = terms.perf_budget
    ranking = None if budget is None else Ranking(metric=budget.metric, mode=budget.mode.value)
    return PlannedRun(msgspec.structs.replace(order, ranking=ranking), terms)


def terms_of(name: str, suite: Suite, source: Source, target: CommitSha) -> RunTerms:
    """Read the budget and the baselines of one suite at *target*.

    Raises:
        UserError: one of them is missing or broken there.
    """
    budget_file = suite.budget if isinstance(suite.budget, str) else None
    field = f"suites.{name}"
    budget = None
    if budget_file is not None:
        data = _required(source, target, budget_file, f"{field}.budget")
        budget = parse_perf_budget(data, budget_file)
    baselines, problems = _baselines(suite, source, target)
    return RunTerms(
        perf_budget=budget,
        budget_file=budget_file,
        baselines=baselines,
        baseline_problems=problems,
    )


def _baselines(
    suite: Suite, source: Source, target: CommitSha
) -> tuple[dict[str, BaselineData], dict[str, str]]:
    """Read the stored baselines that are there, and say which are not: pairs need none."""
    baselines: dict[str, BaselineData] = {}
    problems: dict[str, str] = {}
    for name, path in _baseline_paths(suite).items():
        data = source.read(target, path)
        if data is None:
            problems[name] = f"{path} is not a file at {target[:7]}"
        else:
            baselines[name] = parse_baseline(data, path)
    return baselines, problems


def _strategy(order: RunOrder, source: Source) -> str | None:
    """Name the function that the sweep calls; of a broken spec the run itself will tell."""
    spec = order.suite.spec
    data = None if spec is None else source.read(CommitSha(order.base), spec)
    try:
        return None if data is None else parse_sweep_spec(data, spec or "").strategy
    except UserError:
        return None


def _baseline_paths(suite: Suite) -> Mapping[str, str]:
    if suite.baseline is None or suite.kind is not SuiteKind.SWEEP:
        return {}  # a benchmark's baselines are one file a platform, for `bench compare`
    return {"baseline": suite.baseline} if isinstance(suite.baseline, str) else suite.baseline


def _required(source: Source, commit: CommitSha, path: str, field: str) -> bytes:
    data = source.read(commit, path)
    where = Where(FILE_NAME, None, field)
    if data is None:
        problem = f"names {path}, which is not a file at {commit[:7]}."
        raise UserError(problem, where, "Commit the file to the target branch, or drop the key.")
    if len(data) > MAX_FILE_BYTES:
        problem = f"names {path}, which has {len(data)} bytes; {MAX_FILE_BYTES} are allowed."
        raise UserError(problem, where, "Name a smaller file.")
    return data


def _with_measuring_files(suite: Suite, source: Source, base: CommitSha) -> Suite:
    if suite.measures is not None:
        return suite
    return msgspec.structs.replace(suite, measures=_default_measures(suite, source, base))


def _default_measures(suite: Suite, source: Source, base: CommitSha) -> tuple[str, ...]:
    if suite.spec is not None:
        return _spec_files(suite.spec, source, base)
    if suite.kind is not SuiteKind.BENCHMARK:
        return ()  # the file that the command runs may be the very code that changed
    return _files_of_command(suite, source, base)


def _spec_files(spec: str, source: Source, base: CommitSha) -> tuple[str, ...]:
    data = source.read(base, spec)
    if data is None:  # a spec that the merge base lacks: the run itself will say so
        return (spec,)
    return (spec, *parse_sweep_spec(data, spec).data_paths)


def _files_of_command(suite: Suite, source: Source, base: CommitSha) -> tuple[str, ...]:
    """Take the command's words that are paths at the merge base: the benchmark files."""
    words = [word for argv in (suite.command, suite.list) if argv for word in argv]
    kinds = {word: source.kind_of(base, word) for word in dict.fromkeys(words) if _may_be(word)}
    trees = [f"{word.rstrip('/')}/**" for word, kind in kinds.items() if kind == "tree"]
    return (*(word for word, kind in kinds.items() if kind == "blob"), *trees)


def _may_be(word: str) -> bool:
    return not word.startswith(("-", "/")) and "{" not in word and ".." not in word.split("/")
