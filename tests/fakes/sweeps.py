"""Budgets, baselines, sweeps and rows with one thing changed from an ordinary one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.baselines import BaselineData, BaselineSummary
from engine.comparison import CurrentData, PerfBudget
from engine.current import CurrentSummary, Timing
from engine.sweep.rows import SweepRow
from engine.values import Mode

# The source document's budget file, as it stands there.
D0_1_BUDGET = b"""\
metric: sharpe
mode: max
min_success_rate: 0.75
max_p90_elapsed_s: 60
max_sharpe_drop: 0.05
epsilon_abs: 1e-6
"""

SEED_BASELINE: dict[str, Any] = {
    "git_sha": "4f2d1c9",
    "created_utc": "2026-01-05T12:00:00Z",
    "metric": "sharpe",
    "mode": "max",
    "leaderboard": [{"rank": 1, "config_id": "a", "params": {"fast": 10}, "metric": 1.25}],
    "timing": {"p50": 1.5, "p90": 2.5},
    "summary": {"best_metric": 1.25, "success_rate": 1.0, "total_runs": 4},
}


def budget(**changes: Any) -> PerfBudget:
    """Give the budget of D0.1, changed."""
    fields: dict[str, Any] = {
        "metric": "sharpe",
        "mode": Mode.MAX,
        "max_drops": {"sharpe": 0.05},
        "min_success_rate": 0.75,
        "max_p90_elapsed_s": 60.0,
        "epsilon_abs": 1e-6,
    }
    return PerfBudget(**{**fields, **changes})


def baseline(best: float = 1.25, *, mode: Mode = Mode.MAX, **changes: Any) -> BaselineData:
    """Give a baseline of a sweep whose best value is *best*."""
    fields: dict[str, Any] = {
        "git_sha": "4f2d1c9",
        "created_utc": "2026-01-05T12:00:00Z",
        "metric": "sharpe",
        "mode": mode,
        "leaderboard": (),
        "timing": Timing(p50=1.5, p90=2.5),
        "summary": BaselineSummary(best_metric=best, success_rate=1.0, total_runs=4),
    }
    return BaselineData(**{**fields, **changes})


def current(
    best: float | None = 1.25, *, rate: float = 1.0, mode: Mode = Mode.MAX, **changes: Any
) -> CurrentData:
    """Give a finished sweep whose best value is *best*."""
    fields: dict[str, Any] = {
        "metric": "sharpe",
        "mode": mode,
        "summary": CurrentSummary(best_metric=best, success_rate=rate, total_runs=4),
        "timing": Timing(p50=1.5, p90=2.5),
    }
    return CurrentData(**{**fields, **changes})


def row(name: str = "a", inside: Any = 1.0, outside: Any = 0.9, **changes: Any) -> SweepRow:
    """Give a row that succeeded with these values of the Sharpe ratio."""
    fields: dict[str, Any] = {
        "id": name,
        "params": {"name": name},
        "seed": 1,
        "metrics": {"is": {"sharpe": inside}, "oos": {"sharpe": outside}},
        "status": "ok",
        "elapsed_s": 1.0,
    }
    return SweepRow(**{**fields, **changes})


def failed_row(name: str = "x", error: str | None = "ZeroDivisionError") -> SweepRow:
    """Give a row that failed."""
    return row(name, metrics={}, status="error", error=error)


def write_current(directory: Path, **summary: Any) -> Path:
    """Write the two files that ``compare`` reads of a sweep's directory."""
    directory.mkdir(parents=True, exist_ok=True)
    fields = {"metric": "sharpe", "mode": "max", "best_metric": 1.25, "success_rate": 1.0}
    content = {**fields, "total_runs": 4, **summary}
    (directory / "summary.json").write_text(json.dumps(content))
    (directory / "timings.json").write_text(json.dumps({"p50": 1.5, "p90": 2.5}))
    return directory
