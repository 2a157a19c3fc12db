"""The driver of benchmark suites where earlier pairs are as many as are ever pooled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from engine.orders import BenchmarkEvidence, RunOrder
from engine.plan import Runner
from engine.stats.constants import LONG_LOOKS
from engine.values import Outcome
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import MACHINE, pairs, report
from tests.fakes.tasks import task_of
from worker.suites import DRIVERS

SUITE: dict[str, Any] = {
    "kind": "benchmark",
    "format": "samples",
    "command": ["python", "bench.py", "{out}"],
    "list": ["python", "-c", "print('a')"],
}


def measured(folder: Path) -> tuple[RunOrder, BenchmarkEvidence]:
    """Run the driver; its command cannot succeed, so that a launch would be an error."""
    task = task_of(folder, {"bench.py": "raise SystemExit(3)"}, **SUITE)
    earlier = pairs({"a": 1.4}, noise=(0.0, 0.5) * (LONG_LOOKS[-1] // 2))
    order = msgspec.structs.replace(
        task.order, earlier=earlier, earlier_fingerprint=MACHINE.fingerprint
    )
    runner = Runner("tester", MACHINE.fingerprint)
    evidence = DRIVERS[order.suite.kind](replace(task, order=order, runner=runner))
    assert isinstance(evidence, BenchmarkEvidence)
    return order, evidence


def test_nothing_is_launched(tmp_path: Path) -> None:
    _, evidence = measured(tmp_path)

    assert (evidence.launches, evidence.cut_short, evidence.listed_base) == ((), False, ("a",))


def test_the_earlier_pairs_decide(tmp_path: Path) -> None:
    order, evidence = measured(tmp_path)

    verdict = judge_run(order, RunTerms(), report(order, evidence))

    assert verdict.outcome is Outcome.REGRESSION
    assert 0 < (verdict.findings[0].pairs or 0) <= LONG_LOOKS[-1]
