"""Functions of sweeps and benchmark cases may import `highwater`, and see nothing else of ours."""

from __future__ import annotations

import time
from pathlib import Path

from engine.orders import BenchmarkEvidence
from engine.sweep.grid import Point
from engine.values import Side
from tests.fakes.tasks import task_of
from worker.executors import serial
from worker.executors.points import Work
from worker.suites import DRIVERS

STRATEGY = """\
import sys
import numpy as np
import engine
from highwater import Bars, Signals, SignalStrategy, run

class Always(SignalStrategy):
    def signals(self, bars):
        return Signals.of(entries=bars.close > 0)

def bars(length):
    close = 100 + np.arange(length * 1.0)[:, None] % 7
    return Bars(times=np.datetime64("2001-01-01") + np.arange(length), symbols=("A",),
                open=close, high=close + 1, low=close - 1, close=close)

def evaluate(params, seed):
    result = run(Always(), bars(params["bars"]))
    found = {"growth": result.equity[-1] / 1e5, "theirs": engine.THEIRS,
             "compiled": float("numba" in sys.modules)}
    return {"metrics": {"is": found, "oos": found}}
"""
CASES = """\
import strategy

def bench_run():
    return strategy.run(strategy.Always(), strategy.bars(200)).cash_end
"""
FILES = {"strategy.py": STRATEGY, "engine/__init__.py": "THEIRS = 3.0\n", "cases.py": CASES}


def work_of(folder: Path, *bars: int) -> Work:
    task = task_of(folder, FILES, kind="benchmark", spec="cases.py")
    environment = task.environments[Side.HEAD]
    return Work(
        root=task.trees[Side.HEAD],
        file="strategy.py",
        name="evaluate",
        points=[
            Point(index=n, id=str(n), params={"bars": one}, seed=1) for n, one in enumerate(bars)
        ],
        python=environment.python,
        environ=environment.environ,
        deadline=time.monotonic() + 100,
    )


def test_a_function_imports_ours_and_its_own_package_of_our_name(tmp_path: Path) -> None:
    (row,) = serial.evaluate(work_of(tmp_path, 200))

    assert row.error is None
    assert row.metrics["is"]["theirs"] == 3.0
    assert row.metrics["is"]["growth"] > 0.9


def test_a_function_whose_backtest_is_large_has_it_compiled(tmp_path: Path) -> None:
    small, large = serial.evaluate(work_of(tmp_path, 701, 2_000_601))

    assert (small.error, large.error) == (None, None)
    assert (small.metrics["is"]["compiled"], large.metrics["is"]["compiled"]) == (0.0, 1.0)
    assert small.metrics["is"]["growth"] == large.metrics["is"]["growth"]  # the same weekday ends


def test_a_benchmark_case_runs_a_backtest(tmp_path: Path) -> None:
    task = task_of(tmp_path, FILES, kind="benchmark", spec="cases.py", max_minutes=0.0001)

    evidence = DRIVERS[task.order.suite.kind](task)

    assert isinstance(evidence, BenchmarkEvidence)
    assert evidence.listed_head == ("run",)
    assert not evidence.failed


def test_a_package_of_the_repositorys_that_is_named_as_ours_wins(tmp_path: Path) -> None:
    files = {
        "highwater.py": "THEIRS = 41",
        "cases.py": "import highwater\n\ndef bench_run():\n    return highwater.THEIRS\n",
    }
    task = task_of(tmp_path, files, kind="benchmark", spec="cases.py", max_minutes=0.0001)

    evidence = DRIVERS[task.order.suite.kind](task)

    assert isinstance(evidence, BenchmarkEvidence)
    assert not evidence.failed


def test_ours_is_given_whole_where_it_is_installed_beside_the_repositorys(tmp_path: Path) -> None:
    strategy = STRATEGY.replace("import engine\n", "").replace("engine.THEIRS", "0.0")
    task = task_of(
        tmp_path,
        {"strategy.py": strategy, "cases.py": CASES},
        kind="benchmark",
        spec="cases.py",
        max_minutes=0.0001,
    )

    evidence = DRIVERS[task.order.suite.kind](task)

    assert isinstance(evidence, BenchmarkEvidence)
    assert not evidence.failed
