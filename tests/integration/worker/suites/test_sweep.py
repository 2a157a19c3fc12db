"""The driver of sweep suites, in both forms."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.errors import IntegrityError, UserError
from engine.findings import Reason
from engine.orders import SweepEvidence
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import perf_budget, report
from tests.fakes.tasks import Files, task_of
from worker.suites import DRIVERS
from worker.suites.task import SideError, Task

SPEC = """\
strategy: s.py:evaluate
grid: {fast: [1, 2], slow: [3]}
seed: 7
metric: sharpe
mode: max
jobs: 2
"""
STRATEGY = """\
def evaluate(params, seed):
    value = params["fast"] * GAIN
    return {"metrics": {"is": {"sharpe": value}, "oos": {"sharpe": value / 2}},
            "returns": [["2020-01-02", value]]}
"""
FILES: Files = {"sweeps/a.yaml": SPEC, "s.py": "GAIN = 1.0\n" + STRATEGY}
SUITE: dict[str, Any] = {"kind": "sweep", "spec": "sweeps/a.yaml"}
BUDGET = "metric: sharpe\nmode: min\nmax_sharpe_drop: 0.05\n"
ENGINE = """\
import json, sys
row = {"id": "a", "params": {"x": 1}, "seed": 1, "metrics": {"is": {"sharpe": 1.0}},
       "status": "ok", "elapsed_s": 0.5, "returns": [["2020-01-02", 0.1]]}
open(sys.argv[1] + "/results.jsonl", "w").write(json.dumps(row) + "\\n")
"""
COMMANDED: Files = {"budget.yaml": BUDGET, "engine.py": ENGINE}
COMMAND_SUITE: dict[str, Any] = {
    "kind": "sweep",
    "command": ["python", "engine.py", "{out}"],
    "budget": "budget.yaml",
}


def measure(task: Task) -> SweepEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, SweepEvidence)
    return evidence


def test_the_grid_is_evaluated_on_both_sides(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, FILES, {"s.py": "GAIN = 3.0\n" + STRATEGY}, **SUITE))
    assert (evidence.metric, evidence.mode) == ("sharpe", "max")
    assert [row.metrics["is"]["sharpe"] for row in evidence.base] == [1.0, 2.0]
    assert [row.metrics["is"]["sharpe"] for row in evidence.head] == [3.0, 6.0]


def test_both_sides_evaluate_the_same_points_with_the_same_seeds(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, FILES, **SUITE))
    points = [[(row.id, row.seed) for row in side] for side in (evidence.base, evidence.head)]
    assert points[0] == points[1]


def test_equal_behaviour_has_equal_signatures(tmp_path: Path) -> None:
    head = {"s.py": "GAIN = 0.5 + 0.5\n" + STRATEGY}
    evidence = measure(task_of(tmp_path, FILES, head, **SUITE))
    assert [row.signature for row in evidence.base] == [row.signature for row in evidence.head]
    assert {row.signed for row in evidence.head} == {"returns"}


def test_head_cannot_change_the_spec_that_it_is_measured_with(tmp_path: Path) -> None:
    head = {"sweeps/a.yaml": SPEC.replace("[1, 2]", "[9]")}
    assert len(measure(task_of(tmp_path, FILES, head, **SUITE)).head) == 2


def test_a_failing_point_is_a_row(tmp_path: Path) -> None:
    head = {"s.py": "def evaluate(params, seed): raise ValueError('no bars')"}
    evidence = measure(task_of(tmp_path, FILES, head, **SUITE))
    assert [row.status for row in evidence.base] == ["ok", "ok"]
    assert ["no bars" in (row.error or "") for row in evidence.head] == [True, True]


def test_an_endless_base_leaves_head_half_of_the_time(tmp_path: Path) -> None:
    files = {**FILES, "s.py": "def evaluate(params, seed):\n    while True: pass"}
    head = {"s.py": "GAIN = 1.0\n" + STRATEGY}
    started = time.monotonic()
    evidence = measure(task_of(tmp_path, files, head, left_s=4.0, **SUITE))
    assert time.monotonic() - started < 4.0
    assert [row.status for row in evidence.base] == ["timeout", "timeout"]
    assert [row.status for row in evidence.head] == ["ok", "ok"]


SLOW = """\
import time
def evaluate(params, seed):
    time.sleep(PAUSE)
    value = float(min(params["a"], LIMIT))
    return {"metrics": {"is": {"sharpe": value}, "oos": {"sharpe": value}}}
"""
GRID = """\
strategy: s.py:evaluate
grid: {a: [1, 2, 3, 4, 5, 6]}
metric: sharpe
mode: max
jobs: 1
"""


def test_a_base_that_ran_out_of_time_does_not_turn_a_regression_green(tmp_path: Path) -> None:
    files = {"sweeps/a.yaml": GRID, "s.py": "PAUSE, LIMIT = 0.6, 99\n" + SLOW}
    head = {"s.py": "PAUSE, LIMIT = 0.05, 4\n" + SLOW}  # caps 6 at 4; base gets as far as 2 or 3
    task = task_of(tmp_path, files, head, left_s=4.0, **SUITE)
    terms = RunTerms(perf_budget=perf_budget(min_success_rate=None))
    verdict = judge_run(task.order, terms, report(task.order, measure(task)))
    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.OUT_OF_TIME)


def test_a_strategy_that_loads_endlessly_ran_out_of_time(tmp_path: Path) -> None:
    head = {"s.py": "while True: pass"}
    evidence = measure(task_of(tmp_path, FILES, head, left_s=4.0, **SUITE))
    assert [row.status for row in evidence.head] == ["timeout", "timeout"]


@pytest.mark.parametrize(
    "change, problem",
    [
        ({"sweeps/a.yaml": SPEC + "split: {folds: 3}\n"}, r"^sweeps/a\.yaml: split: .*a function"),
        ({"sweeps/a.yaml": SPEC + "data: bars.csv\n"}, r"^sweeps/a\.yaml: data: names 'bars\.csv'"),
        ({"sweeps/a.yaml": "metric: ["}, r"^sweeps/a\.yaml"),
    ],
)
def test_a_wrong_spec_is_named_as_the_repository_knows_it(
    tmp_path: Path, change: Files, problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        measure(task_of(tmp_path, {**FILES, **change}, **SUITE))


def test_a_missing_spec_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^sweeps/a\.yaml: the file is missing"):
        measure(task_of(tmp_path, {"s.py": STRATEGY}, **SUITE))


def test_any_engines_rows_are_read(tmp_path: Path) -> None:
    head = {"engine.py": ENGINE.replace("1.0", "2.0")}
    evidence = measure(task_of(tmp_path, COMMANDED, head, **COMMAND_SUITE))
    assert (evidence.metric, evidence.mode) == ("sharpe", "min")
    assert [row.metrics for row in evidence.base] == [{"is": {"sharpe": 1.0}}]
    assert [row.metrics for row in evidence.head] == [{"is": {"sharpe": 2.0}}]
    assert evidence.head[0].signature is not None


def test_rows_that_are_none_are_a_clear_error_without_our_paths(tmp_path: Path) -> None:
    head = {"engine.py": "import sys; open(sys.argv[1] + '/results.jsonl', 'w').write('{}')"}
    with pytest.raises(UserError, match=r"^head's \{out\}/results\.jsonl") as caught:
        measure(task_of(tmp_path, COMMANDED, head, **COMMAND_SUITE))
    assert str(tmp_path) not in str(caught.value)


def test_a_command_that_writes_no_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^base's \{out\}: .*neither"):
        measure(task_of(tmp_path, {**COMMANDED, "engine.py": ""}, **COMMAND_SUITE))


def test_a_failing_command_is_its_sides_error(tmp_path: Path) -> None:
    with pytest.raises(SideError, match="command ended with status 1") as caught:
        measure(task_of(tmp_path, COMMANDED, {"engine.py": "import gone"}, **COMMAND_SUITE))
    assert caught.value.side is Side.HEAD


def test_no_work_tree_is_asked_what_rows_are_ranked_by(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("metric: leaked\nmode: max\nmax_leaked_drop: 0\n")
    task = task_of(tmp_path, {"engine.py": ENGINE}, **COMMAND_SUITE)
    for tree in task.trees.values():
        (tree / "budget.yaml").symlink_to(secret)
    assert measure(task).metric == "sharpe"


def test_an_order_that_ranks_by_nothing_is_ours_to_mend(tmp_path: Path) -> None:
    task = task_of(tmp_path, COMMANDED, **COMMAND_SUITE)
    unranked = replace(task, order=msgspec.structs.replace(task.order, ranking=None))
    with pytest.raises(IntegrityError, match="ranking"):
        measure(unranked)


def test_an_endless_command_of_base_leaves_head_half_of_the_time(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(SideError, match="was up") as caught:
        measure(task_of(tmp_path, {"engine.py": "while True: pass"}, left_s=4.0, **COMMAND_SUITE))
    assert time.monotonic() - started < 3.5
    assert caught.value.side is Side.BASE


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "results.jsonl").write_text("secret")
    linking = f"""\
import os, sys
os.rmdir(sys.argv[1])
os.symlink({str(tmp_path / "else")!r}, sys.argv[1])
"""
    with pytest.raises(UserError, match="is a symbolic link now"):
        measure(task_of(tmp_path, {"engine.py": linking}, **COMMAND_SUITE))


@pytest.mark.parametrize("link, target", [("sweeps/a.yaml", "secret.yaml"), ("sweeps", ".")])
def test_a_spec_behind_a_link_is_not_read(tmp_path: Path, link: str, target: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.yaml").write_text("metric: [secret")
    (outside / "secret.yaml").write_text("metric: [secret")
    task = task_of(tmp_path, {"s.py": STRATEGY}, **SUITE)
    place = task.trees[Side.BASE] / link
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(outside / target)
    with pytest.raises(UserError, match="behind a symbolic link") as caught:
        measure(task)
    assert "secret" not in str(caught.value)
