"""What a sweep's report carries beside its rows: a second run, returns, the number of trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.findings import Reason
from engine.orders import SweepEvidence
from engine.sweep.reproducibility import reproduced
from engine.values import Mode, Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import perf_budget, report
from tests.fakes.tasks import Files, task_of
from worker.suites import DRIVERS
from worker.suites.task import SideError, Task

SPEC = """\
strategy: s.py:evaluate
grid: {fast: [1, 2, 3], slow: [3]}
seed: 7
metric: sharpe
mode: max
jobs: 2
"""
STRATEGY = """\
import os, random
DAYS = [f"2020-{1 + d // 28:02d}-{1 + d % 28:02d}" for d in range(60)]
def evaluate(params, seed):
    value = GAIN * params["fast"]
    returns = [[day, 0.001 * random.gauss(value, 9.0)] for day in DAYS]
    return {"metrics": {"is": {"sharpe": value}, "oos": {"sharpe": value + NOISE}},
            "returns": returns}
"""
FILES: Files = {"sweeps/a.yaml": SPEC, "s.py": "GAIN, NOISE = 1.0, 0.0\n" + STRATEGY}
RESTLESS = {"s.py": "import os\nGAIN, NOISE = 1.0, int.from_bytes(os.urandom(6))\n" + STRATEGY}
SUITE: dict[str, Any] = {"kind": "sweep", "spec": "sweeps/a.yaml"}
ENGINE = """\
import json, os, sys
def row(name, value):
    return {"id": name, "params": {"x": name}, "seed": 1, "metrics": {"is": {"sharpe": value}},
            "status": "ok", "elapsed_s": 0.5}
rows = [row("a", 1.0 + NOISE), row("b", 2.0)]
open(sys.argv[1] + "/results.jsonl", "w").write("".join(json.dumps(one) + "\\n" for one in rows))
"""
ONE_JOB = SPEC.replace("jobs: 2", "jobs: 1")
TERMS = RunTerms(perf_budget=perf_budget(min_success_rate=None))
COMMAND_SUITE: dict[str, Any] = {"kind": "sweep", "command": ["python", "engine.py", "{out}"]}


def measure(task: Task) -> SweepEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, SweepEvidence)
    return evidence


def test_the_point_that_base_selected_is_run_again_with_its_seed(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, FILES, {"s.py": "import gone"}, **SUITE))
    (again,) = evidence.rerun
    assert again.params == {"fast": 3, "slow": 3}
    assert next(row for row in evidence.base if row.id == again.id).signature == again.signature


def test_it_is_run_again_in_a_process_of_its_own(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, {**FILES, **RESTLESS}, **SUITE))
    found = reproduced(evidence.base, evidence.rerun)
    assert found is not None
    assert not found.same


def test_a_head_that_keeps_state_from_point_to_point_has_failed(tmp_path: Path) -> None:
    remembers = "SEEN = []\n" + FILES["s.py"].replace(
        '    value = GAIN * params["fast"]', "    SEEN.append(0)\n    value = GAIN * len(SEEN)"
    )
    task = task_of(tmp_path, {**FILES, "sweeps/a.yaml": ONE_JOB}, {"s.py": remembers}, **SUITE)
    verdict = judge_run(task.order, TERMS, report(task.order, measure(task)))
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.NOT_REPRODUCIBLE)


def test_a_base_whose_points_all_fail_is_not_run_again(tmp_path: Path) -> None:
    files = {**FILES, "s.py": "def evaluate(params, seed): raise ValueError"}
    evidence = measure(task_of(tmp_path, files, FILES, **SUITE))
    assert evidence.rerun == ()
    assert {one.side for one in evidence.returns} == {Side.HEAD}


def test_a_base_without_time_for_it_leaves_it_out(tmp_path: Path) -> None:
    slow = "import time\n" + FILES["s.py"].replace("    value", "    time.sleep(1.2)\n    value")
    spec = SPEC.replace("[1, 2, 3]", "[1, 2]").replace("jobs: 2", "jobs: 1")
    task = task_of(tmp_path, {"sweeps/a.yaml": spec, "s.py": slow}, left_s=6.4, **SUITE)
    evidence = measure(task)
    assert [row.status for row in evidence.base] == ["ok", "ok"]
    assert reproduced(evidence.base, evidence.rerun) is None


def test_returns_of_the_selected_point_and_of_heads_winner_are_kept(tmp_path: Path) -> None:
    head = {"s.py": "GAIN, NOISE = -1.0, 0.0\n" + STRATEGY}
    evidence = measure(task_of(tmp_path, FILES, head, **SUITE))
    params = {row.id: row.params["fast"] for row in evidence.base}
    kept = [(one.side, params[one.id], len(one.dates)) for one in evidence.returns]
    assert kept == [(Side.BASE, 3, 60), (Side.HEAD, 3, 60), (Side.HEAD, 1, 60)]


def test_the_trials_of_head_are_counted(tmp_path: Path) -> None:
    trials = measure(task_of(tmp_path, FILES, **SUITE)).trials
    assert trials is not None
    assert trials.points == 3
    assert 1 < trials.effective <= 3


@pytest.mark.parametrize("declared, rows", [(True, ["b"]), (False, []), (None, [])])
def test_a_command_is_run_again_where_it_is_declared_deterministic(
    tmp_path: Path, declared: bool | None, rows: list[str]
) -> None:
    suite: dict[str, Any] = {**COMMAND_SUITE, "measure": {"deterministic": declared}}
    files = {"engine.py": "NOISE = 0\n" + ENGINE.replace("2.0", "0.5")}  # the least is the best
    evidence = measure(task_of(tmp_path, files, **suite))
    assert [row.id for row in evidence.rerun] == rows


def test_a_command_that_breaks_its_declaration_is_found_out(tmp_path: Path) -> None:
    files = {"engine.py": "import os\nNOISE = -int.from_bytes(os.urandom(6))\n" + ENGINE}
    task = task_of(tmp_path, files, **COMMAND_SUITE, measure={"deterministic": True})
    budget = perf_budget(mode=Mode.MIN, max_p90_elapsed_s=None)
    verdict = judge_run(task.order, RunTerms(perf_budget=budget), report(task.order, measure(task)))
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.NOT_REPRODUCIBLE)


def test_a_second_run_that_fails_is_the_merge_bases_failure(tmp_path: Path) -> None:
    once = "import os, pathlib\nif pathlib.Path('ran').exists(): raise SystemExit(1)\n"
    files = {"engine.py": f"NOISE = 0\n{once}open('ran', 'w').close()\n{ENGINE}"}
    task = task_of(tmp_path, files, **COMMAND_SUITE, measure={"deterministic": True})
    with pytest.raises(SideError, match="command ended with status 1") as caught:
        measure(task)
    assert caught.value.side is Side.BASE
