"""From a declaration to orders, and to the terms that their reports are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from bot.checks.measuring import Source, completed, measuring_changed
from engine.baseline_files import parse_baseline
from engine.baselines import BaselineData
from engine.configuration import FILE_NAME, Suite
from engine.errors import UserError, Where
from engine.orders import Ranking, RunOrder
from engine.perf_budgets import parse_perf_budget
from engine.plan import PlanRequest, plan_runs
from engine.sweep.spec import parse_sweep_spec
from engine.values import PAIRED_KINDS, CommitSha, SuiteKind
from engine.verdicts import RunTerms

MAX_FILE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """An order, and what its report will be judged by."""

    order: RunOrder
    terms: RunTerms


def plan_check(request: PlanRequest, source: Source, target: CommitSha) -> tuple[PlannedRun, ...]:
    """Plan every selected suite; budgets and baselines are those of *target*.

    What a sweep's rows are ranked by goes into its order, so that no work tree is asked for it.
    The request's configuration is a completed one.

    Raises:
        UserError: a file that the declaration names is missing or broken at *target*.
    """
    orders = plan_runs(request)
    family = sum(order.suite.kind in PAIRED_KINDS for order in orders)
    return tuple(_planned(order, family, source, target) for order in orders)


def _planned(order: RunOrder, family: int, source: Source, target: CommitSha) -> PlannedRun:
    """Complete an order; *family*: so many benchmark suites share the level of their alarms."""
    terms = terms_of(order.suite_name, order.suite, source, target)
    terms = msgspec.structs.replace(terms, strategy=_strategy(order, source))
    budget = terms.perf_budget
    complete = msgspec.structs.replace(
        order,
        ranking=None if budget is None else Ranking(metric=budget.metric, mode=budget.mode.value),
        suites_of_check=family if order.suite.kind in PAIRED_KINDS else 1,
        measuring_changed=measuring_changed(order, source),
    )
    return PlannedRun(complete, terms)


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
    spec = order.suite.spec if order.suite.kind is SuiteKind.SWEEP else None
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


__all__ = ["PlannedRun", "completed", "plan_check", "terms_of"]
