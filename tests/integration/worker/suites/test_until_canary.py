"""A sweep by command that can leave later bars out is tried for look-ahead."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.configuration_file import parse_configuration
from engine.errors import UserError
from engine.orders import SweepEvidence
from tests.fakes.tasks import task_of
from worker.suites import DRIVERS

COMMAND = ["python", "run.py", "--out", "{out}", "--until", "{until}"]
RUN = """\
import datetime, json, sys
out, until = sys.argv[2], sys.argv[4]
days = [datetime.date(2020, 1, 1) + datetime.timedelta(n) for n in range(300)]
days = [day for day in days if day.isoformat() <= until]
closes = [100 + (n * n) % 17 for n in range(len(days))]
mean = {mean}
returns = [
    [day.isoformat(), (1 if before < mean else -1) * (close / before - 1)]
    for day, before, close in zip(days[1:], closes, closes[1:])
]
row = {{"id": "a", "params": {{}}, "seed": 1, "status": "ok", "elapsed_s": 0.1,
       "metrics": {{"is": {{"sharpe": 1.0}}, "oos": {{"sharpe": 1.0}}}}, "returns": returns}}
open(out + "/results.jsonl", "w").write(json.dumps(row) + "\\n")
"""
HONEST = RUN.format(mean="107.5")
LEAKING = RUN.format(mean="sum(closes) / len(closes) - 7 + len(days) / 30")


def swept(folder: Path, base: str, head: str, command: list[str] = COMMAND) -> SweepEvidence:
    task = task_of(folder, {"run.py": base}, {"run.py": head}, kind="sweep", command=command)
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, SweepEvidence)
    return evidence


def test_a_mean_over_all_days_is_found_out(tmp_path: Path) -> None:
    canary = swept(tmp_path, HONEST, LEAKING).canary

    assert canary is not None
    assert canary.leak is not None
    assert canary.means == "left_out"
    assert canary.leak.date < canary.leak.unaltered_until


def test_a_strategy_of_the_past_alone_passes_two_cuts(tmp_path: Path) -> None:
    canary = swept(tmp_path, HONEST, HONEST).canary

    assert canary is not None
    assert (canary.cuts, canary.leak) == (2, None)


def test_a_command_that_cannot_leave_bars_out_is_not_tried(tmp_path: Path) -> None:
    fixed = [*COMMAND[:-1], "9999-12-31"]

    assert swept(tmp_path, HONEST, LEAKING, fixed).canary is None


def test_until_is_refused_where_it_means_nothing() -> None:
    text = b"""
version: 1
suites:
  core:
    kind: benchmark
    command: [run, "{out}", "{until}"]
    format: samples
"""
    with pytest.raises(UserError, match="for sweeps alone"):
        parse_configuration(text)
