"""What risk rules cost a strategy, measured on real processes: both variants are head's code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from engine.backtest.paths import COMPILED_FROM
from engine.errors import CandidateError, UserError
from engine.orders import BenchmarkEvidence, RunReport
from engine.terms import RunTerms
from engine.values import Outcome, Side
from engine.verdicts import judge_run
from tests.fakes.evidence import report
from tests.fakes.tasks import Files, task_of
from worker.suites import DRIVERS
from worker.suites.task import Task

STRATEGY = """\
import numpy as np
from highwater import PythonRule, Signals, SignalStrategy, StopLoss, Strategy

class Up(Strategy):
    def on_bar(self, ctx):
        if ctx.t % 20 == 0:
            ctx.buy()
        elif ctx.t % 20 == 15:
            ctx.close_position()

class Armed(Up):
    def rules(self):
        return (StopLoss(0.9),)

class Slow(Up):
    def rules(self):
        return (PythonRule(lambda position: sum(range(600)) and None),)

class Arrays(SignalStrategy):
    def signals(self, bars):
        place = np.arange(len(bars.close))[:, None] % 500
        return Signals.of(place == 0, place == 400)
    def rules(self):
        return (StopLoss(0.9),)

class Broken(Armed):
    def on_bar(self, ctx):
        raise ValueError("no bars for me")
"""

COMPILING_S = 0.5  # less than what the kernels take; a sample takes a few milliseconds


def bars_csv(rows: int = 2000) -> str:
    days = np.datetime64("1700-01-01") + np.arange(rows)
    lines = [f"{day},{100 + n % 7},{108},{99},{101 + n % 5},10" for n, day in enumerate(days)]
    return "\n".join(["date,open,high,low,close,volume", *lines]) + "\n"


def files(name: str = "Armed", risk: str = "", rows: int = 2000) -> Files:
    spec = f"strategy: strategy.py:{name}\ndata: prices.csv\nperiods_per_year: 252\n{risk}"
    return {"strategy.py": STRATEGY, "overhead.yaml": spec, "prices.csv": bars_csv(rows)}


def overhead(folder: Path, given: Files, head: Files | None = None, **suite: Any) -> Task:
    return task_of(folder, given, head, **{"kind": "overhead", "spec": "overhead.yaml", **suite})


def measured(task: Task) -> BenchmarkEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, BenchmarkEvidence)
    return evidence


def fastest(evidence: BenchmarkEvidence, side: Side) -> float:
    return min(
        min(one.samples)
        for launch in evidence.launches
        for one in launch.measured
        if launch.side is side and one.metric == "cpu"
    )


def slowest(evidence: BenchmarkEvidence) -> float:
    return max(
        max(one.samples)
        for launch in evidence.launches
        for one in launch.measured
        if one.metric == "cpu"
    )


def told(task: Task, evidence: BenchmarkEvidence) -> RunReport:
    return report(task.order, evidence)


def test_both_variants_are_measured_as_the_sides_of_one_case(tmp_path: Path) -> None:
    evidence = measured(overhead(tmp_path, files(), max_minutes=0.0001))

    assert evidence.listed_base == evidence.listed_head == ("with_rules",)
    assert {launch.side for launch in evidence.launches} == set(Side)


def test_rules_that_cost_more_than_the_budget_are_red(tmp_path: Path) -> None:
    task = overhead(tmp_path, files("Slow"), measure={"samples": 5, "warmup": 1, "max_pairs": 12})
    evidence = measured(task)

    verdict = judge_run(task.order, RunTerms(), told(task, evidence))

    assert fastest(evidence, Side.HEAD) > 1.2 * fastest(evidence, Side.BASE)
    assert verdict.outcome is Outcome.REGRESSION
    assert {row.case for row in verdict.findings if row.outcome is Outcome.REGRESSION} == {
        "with_rules"
    }


def test_runs_that_are_worth_a_compiler_are_compiled_and_no_sample_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for place in ("many", "few"):
        (tmp_path / place).mkdir()
    rows = COMPILED_FROM // (2 + 1 + 97)
    given, few = files("Arrays", rows=rows + 1), files("Arrays", rows=rows - 1000)
    measure = {"samples": 97, "warmup": 1, "max_pairs": 5}
    terms: dict[str, Any] = {"measure": measure, "max_minutes": 0.0001, "left_s": 240.0}
    compiled = overhead(tmp_path / "many", given, **terms)
    plain = overhead(tmp_path / "few", few, **terms)

    found = [measured(task) for task in (compiled, plain)]

    kernels = [[*task.out.rglob("*.nbc")] for task in (compiled, plain)]
    assert kernels[0]
    assert not kernels[1]
    levels = [fastest(one, Side.HEAD) for one in found]
    assert levels[0] < levels[1] / 2
    assert slowest(found[0]) < COMPILING_S


def test_the_strategy_of_the_merge_base_is_never_run(tmp_path: Path) -> None:
    given = {**files(), "strategy.py": "raise SystemExit('the merge base was run')"}
    task = overhead(tmp_path, given, {"strategy.py": STRATEGY}, max_minutes=0.0001)

    assert measured(task).launches


def test_rules_of_the_spec_are_armed_too(tmp_path: Path) -> None:
    risk = "risk:\n  - stop_loss: {fraction: 0.5}\n"
    evidence = measured(overhead(tmp_path, files("Up", risk), max_minutes=0.0001))

    assert evidence.launches


def test_a_strategy_without_any_rule_is_refused_instead_of_compared_with_itself(
    tmp_path: Path,
) -> None:
    with pytest.raises(CandidateError) as caught:
        measured(overhead(tmp_path, files("Up")))
    assert "Up has no risk rules" in caught.value.tail


def test_a_strategy_that_fails_is_heads_failure(tmp_path: Path) -> None:
    task = overhead(tmp_path, files("Armed"), {"overhead.yaml": files("Broken")["overhead.yaml"]})

    with pytest.raises(CandidateError) as caught:
        measured(task)
    assert "no bars for me" in caught.value.tail
    assert 'File "strategy.py"' in caught.value.tail.splitlines()[1]


def test_a_spec_without_its_data_names_it(tmp_path: Path) -> None:
    given = {name: text for name, text in files().items() if name != "prices.csv"}

    with pytest.raises(UserError, match=r"prices\.csv"):
        measured(overhead(tmp_path, given))


def test_the_order_round_trips(tmp_path: Path) -> None:
    order = overhead(tmp_path, files()).order

    assert msgspec.json.decode(msgspec.json.encode(order), type=type(order)) == order
