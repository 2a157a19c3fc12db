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


COMMITS = Commits(
    {
        (TARGET, "budget.yaml"): BUDGET.format(metric="sharpe", mode="min"),
        (BASE, "budget.yaml"): BUDGET.format(metric="sortino", mode="max"),
        (HEAD, "budget.yaml"): BUDGET.format(metric="leak", mode="max"),
        (BASE, "run.py"): "print()",
        (BASE, "sweep.yaml"): SPEC.format(name="of_base"),
        (TARGET, "sweep.yaml"): SPEC.format(name="of_target"),
        (BASE, "broken.yaml"): "strategy: [",
    }
)


def order_of(suite: dict[str, Any]) -> RunOrder:
    return planned(suite).order


def planned(suite: dict[str, Any]) -> PlannedRun:
    document = {"version": 1, "suites": {"own": suite}}
    request = PlanRequest(
        check=CheckId("c7"),
        repository=RepositoryName("ada/strategies"),
        configuration=completed(msgspec.convert(document, Configuration), COMMITS, BASE),
        selected=("own",),
        base=BASE,
        head=HEAD,
        seed=7,
        entropy="e",
    )
    (found,) = plan_check(request, COMMITS, TARGET)
    return found


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
