"""Which commit's files an order and its terms are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from bot.checks.planning import PlannedRun, completed, plan_check
from engine.configuration import Configuration
from engine.orders import Ranking, RunOrder
from engine.plan import PlanRequest
from engine.values import CheckId, CommitSha, RepositoryName

BASE, HEAD, TARGET = CommitSha("a" * 40), CommitSha("b" * 40), CommitSha("c" * 40)
BUDGET = "metric: {metric}\nmode: {mode}\nmax_{metric}_drop: 0.05\n"
SPEC = "strategy: own/s.py:{name}\ngrid: {{fast: [5]}}\nseed: 7\nmetric: sharpe\nmode: max\n"
SWEEP = {"kind": "sweep", "command": ["python", "run.py", "{out}"], "budget": "budget.yaml"}


@dataclass(frozen=True)
class Commits:
    """Files by commit and path."""

    files: dict[tuple[CommitSha, str], str]

    def read(self, commit: CommitSha, path: str) -> bytes | None:
        found = self.files.get((commit, path))
        return None if found is None else found.encode()

    def kind_of(self, commit: CommitSha, path: str) -> str | None:
        return "blob" if (commit, path) in self.files else None

    def rewritten_paths(self, base: CommitSha, head: CommitSha) -> tuple[str, ...]:
        old = {path: text for (commit, path), text in self.files.items() if commit == base}
        new = {path: text for (commit, path), text in self.files.items() if commit == head}
        return tuple(path for path, text in old.items() if new.get(path) != text)


COMMITS = Commits(
    {
        (TARGET, "budget.yaml"): BUDGET.format(metric="sharpe", mode="min"),
        (BASE, "budget.yaml"): BUDGET.format(metric="sortino", mode="max"),
        (HEAD, "budget.yaml"): BUDGET.format(metric="leak", mode="max"),
        (BASE, "run.py"): "print()",
        (BASE, "sweep.yaml"): SPEC.format(name="of_base"),
        (TARGET, "sweep.yaml"): SPEC.format(name="of_target"),
        (BASE, "broken.yaml"): "strategy: [",
        (HEAD, "broken.yaml"): "strategy: [",
        (BASE, "cases.py"): "def bench_sum(): ...",
        (HEAD, "cases.py"): "def bench_sum(): ...",
    }
)


def order_of(suite: dict[str, Any]) -> RunOrder:
    return planned(suite).order


def planned(suite: dict[str, Any]) -> PlannedRun:
    (found,) = planned_all({"own": suite})
    return found


def planned_all(suites: dict[str, dict[str, Any]]) -> tuple[PlannedRun, ...]:
    document = {"version": 1, "suites": suites}
    request = PlanRequest(
        check=CheckId("c7"),
        repository=RepositoryName("ada/strategies"),
        configuration=completed(msgspec.convert(document, Configuration), COMMITS, BASE),
        selected=tuple(suites),
        base=BASE,
        head=HEAD,
        seed=7,
        entropy="e",
    )
    return plan_check(request, COMMITS, TARGET)


def test_rows_are_ranked_by_the_targets_budget() -> None:
    assert order_of(SWEEP).ranking == Ranking(metric="sharpe", mode="min")


def test_a_suite_without_a_budget_file_ranks_by_nothing() -> None:
    assert order_of({"kind": "command", "command": ["make"]}).ranking is None


@pytest.mark.parametrize("kind", ["sweep", "command"])
def test_both_sides_run_their_own_command(kind: str) -> None:
    suite = {**SWEEP, "kind": kind, "budget": "budget.yaml" if kind == "sweep" else None}
    assert order_of(suite).suite.measures == ()


def test_the_ranking_crosses_the_queue() -> None:
    order = order_of(SWEEP)
    assert msgspec.json.decode(msgspec.json.encode(order), type=RunOrder) == order


def test_the_strategy_is_the_one_that_the_merge_bases_spec_calls() -> None:
    suite = {"kind": "sweep", "spec": "sweep.yaml", "budget": "budget.yaml"}
    assert planned(suite).terms.strategy == "own/s.py:of_base"


@pytest.mark.parametrize("spec", ["broken.yaml", "absent.yaml"])
def test_a_spec_that_cannot_be_read_names_no_strategy(spec: str) -> None:
    suite = {"kind": "sweep", "spec": spec, "measures": [spec], "budget": "budget.yaml"}
    assert planned(suite).terms.strategy is None


def test_a_sweep_by_command_names_no_strategy() -> None:
    assert planned(SWEEP).terms.strategy is None


def test_the_cases_of_our_own_harness_are_a_measuring_file() -> None:
    order = order_of({"kind": "benchmark", "spec": "cases.py"})
    assert (order.suite.measures, order.measuring_changed) == (("cases.py",), ())


def test_they_are_one_beside_others_that_are_declared() -> None:
    order = order_of({"kind": "benchmark", "spec": "cases.py", "measures": ["data/**"]})
    assert order.suite.measures == ("data/**", "cases.py")


def test_an_order_names_the_measuring_files_that_head_takes_away() -> None:
    order = order_of({"kind": "benchmark", "command": ["python", "run.py"], "format": "samples"})
    assert order.measuring_changed == ("run.py",)


def test_the_benchmark_suites_of_a_check_are_one_family() -> None:
    core = {"kind": "benchmark", "command": ["python", "run.py"], "format": "samples"}
    lint = {"kind": "command", "command": ["make"]}

    orders = planned_all({"a": core, "b": lint, "c": core, "d": SWEEP})

    assert [run.order.suites_of_check for run in orders] == [2, 1, 2, 1]
