"""Evidence of made-up runs: pairs of launches and sweep rows with the effects asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from engine.baselines import BaselineData
from engine.comparison import PerfBudget
from engine.configuration import Suite
from engine.orders import (
    BenchmarkEvidence,
    CommandEvidence,
    CommandResult,
    Evidence,
    Failure,
    PointReturns,
    RunOrder,
    RunReport,
    SweepEvidence,
)
from engine.platforms import Hardware, Machine, Software
from engine.samples import Launch, PairLaunch
from engine.sweep.rows import PointResult
from engine.values import (
    Better,
    CaseName,
    CommitSha,
    MetricName,
    Mode,
    RepositoryName,
    Side,
    SuiteName,
)
from engine.verdicts import CheckFacts

BASE = CommitSha("9f8e7d6c" * 5)
HEAD = CommitSha("1a2b3c4d" * 5)
TARGET = CommitSha("5e6f7a8b" * 5)


class Metric(NamedTuple):
    """A metric with its unit and direction."""

    name: str
    unit: str
    better: Better = Better.LOWER


WALL = Metric("wall", "s")
RATE = Metric("rate", "1/s", Better.HIGHER)

QUIET = (0.4, -0.9, 0.7, -0.2, 1.1, -0.6, 0.1, -1.2, 0.9, 0.3, -0.5, -0.1)  # percent, sum 0
MACHINE = Machine(
    platform="x86_64-linux-gnu",
    cpu="AMD EPYC 7763",
    hardware=Hardware(
        arch="x86_64",
        vendor="AuthenticAMD",
        model="1",
        family="25",
        stepping="1",
        flags_hash="ab12",
        cache="32768 KB",
        cpu_count=2,
        memory_gib=8,
        smt=True,
        hypervisor=True,
        governor=None,
    ),
    software=Software(kernel="6.1", libc="glibc 2.36", python="3.11.7", blas=None),
)


def benchmark_order(run: str = "c7-1", name: str = "core", **suite: Any) -> RunOrder:
    """Order a benchmark suite with a budget of 10 %, with fields of the suite replaced."""
    fields: dict[str, Any] = {
        "kind": "benchmark",
        "command": ["python", "bench.py", "{out}"],
        "format": "samples",
        "budget": {"default": {"time": {"max_worsening": 0.10}}},
        "measures": ["benchmarks/bench.py"],
        "runs_on": ["x86_64", "linux"],
        **suite,
    }
    return _order(run, name, fields)


def sweep_order(run: str = "c7-2", name: str = "ci_smoke") -> RunOrder:
    """Order a sweep."""
    fields = {
        "kind": "sweep",
        "spec": "sweeps/ci_smoke.yaml",
        "budget": "sweeps/perf_budget.yaml",
        "runs_on": ["linux", "x86_64"],
    }
    return _order(run, name, fields)


def overhead_order(run: str = "c7-4", name: str = "stops") -> RunOrder:
    """Order an overhead suite with a budget of 10 %."""
    fields = {
        "kind": "overhead",
        "spec": "backtests/breakout.yaml",
        "budget": {"default": {"time": {"max_worsening": 0.10}}},
        "runs_on": ["linux", "x86_64"],
    }
    return _order(run, name, fields)


def command_order(run: str = "c7-3", name: str = "lint") -> RunOrder:
    """Order a command."""
    fields = {"kind": "command", "command": ["make", "lint"], "runs_on": ["linux", "x86_64"]}
    return _order(run, name, fields)


def pairs(
    effects: Mapping[str, float],
    *,
    noise: Sequence[float] = QUIET,
    metric: Metric = WALL,
) -> tuple[PairLaunch, ...]:
    """Make one pair for each item of *noise* (percent): head takes effect times as long as base."""
    return tuple(
        PairLaunch(
            pair=index,
            side=side,
            first=(side is Side.BASE) is (index % 2 == 0),
            wall_s=1.6,
            cpu_s=1.5,
            measured=tuple(
                Launch(
                    case=CaseName(case),
                    metric=MetricName(metric.name),
                    unit=metric.unit,
                    better=metric.better,
                    samples=_samples(0.010 * (position + 1), effect, side, wobble),
                )
                for position, (case, effect) in enumerate(effects.items())
            ),
        )
        for index, wobble in enumerate(noise)
        for side in Side
    )


def without(launches: Sequence[PairLaunch], side: Side, case: str) -> tuple[PairLaunch, ...]:
    """Drop a case from all launches of a side."""
    return tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(
                one for one in launch.measured if launch.side is not side or one.case != case
            ),
        )
        for launch in launches
    )


def points(
    sharpes: Sequence[float | None], *, returns: str = "same", elapsed_s: float = 0.5
) -> tuple[PointResult, ...]:
    """Make one row for each value (None: the point failed); *returns* names what it returned."""
    return tuple(
        PointResult(
            id=f"p{index:02d}",
            params={"fast": 5 * (index + 1)},
            seed=index,
            metrics={}
            if value is None
            else {"is": {"sharpe": value + 0.2}, "oos": {"sharpe": value}},
            status="error" if value is None else "ok",
            elapsed_s=elapsed_s,
            error="ValueError: no data" if value is None else None,
            signature=None if value is None else f"{returns}-{index}",
            signed=None if value is None else "returns",
        )
        for index, value in enumerate(sharpes)
    )


def perf_budget(**fields: Any) -> PerfBudget:
    """Give the source document's budget, with fields replaced."""
    values: dict[str, Any] = {
        "metric": "sharpe",
        "mode": Mode.MAX,
        "max_drops": {"sharpe": 0.05},
        "min_success_rate": 0.75,
        "max_p90_elapsed_s": 60.0,
        "epsilon_abs": 1e-6,
        **fields,
    }
    return PerfBudget(**values)


def stored_baseline(best: float) -> BaselineData:
    """Give an accepted sweep whose best metric was *best*."""
    document = {
        "git_sha": TARGET,
        "created_utc": "2026-11-01T00:00:00Z",
        "metric": "sharpe",
        "mode": "max",
        "leaderboard": [{"rank": 1, "config_id": "p00", "metric": best}],
        "timing": {"p50": 0.5, "p90": 0.6},
        "summary": {"best_metric": best, "success_rate": 1.0, "total_runs": 4},
    }
    return msgspec.convert(document, BaselineData)


def report(
    order: RunOrder,
    evidence: Evidence | None,
    failure: Failure | None = None,
    *,
    caveats: tuple[str, ...] = (),
) -> RunReport:
    """Make the report of an order."""
    return RunReport(
        run=order.run,
        nonce=order.nonce,
        runner="demo-1",
        machine=MACHINE,
        started_utc="2026-11-20T12:00:00Z",
        finished_utc="2026-11-20T12:05:00Z",
        evidence=evidence,
        failure=failure,
        caveats=caveats,
    )


def benchmarked(launches: Sequence[PairLaunch], **listed: Any) -> BenchmarkEvidence:
    """Wrap launches, with what was listed on a side."""
    return BenchmarkEvidence(launches=tuple(launches), **listed)


def swept(
    base: Sequence[PointResult],
    head: Sequence[PointResult],
    *,
    rerun: Sequence[PointResult] | None = None,
    **fields: Any,
) -> SweepEvidence:
    """Wrap the rows of both sides of a sweep that maximises its Sharpe ratio.

    Unless given, *rerun* are base's first rows once more: the same seeds gave the same numbers.
    Their returns are kept, and differ on every fifth day where the signatures do.
    """
    again = [row for row in base if row.id == base[0].id] if rerun is None else rerun
    kept = {"returns": (*returns_of(base, Side.BASE), *returns_of(head, Side.HEAD))}
    return SweepEvidence(
        metric="sharpe",
        mode="max",
        base=tuple(base),
        head=tuple(head),
        rerun=tuple(again),
        **{**kept, **fields},
    )


def returns_of(
    rows: Sequence[PointResult], side: Side, *, days: int = 250
) -> tuple[PointReturns, ...]:
    """Make daily returns of the first point, and of its other folds and seeds, where signed."""
    start = date(2020, 1, 1)
    return tuple(
        PointReturns(
            side=side,
            id=row.id,
            seed=row.seed,
            fold=row.fold,
            dates=tuple((start + timedelta(day)).isoformat() for day in range(days)),
            values=tuple(
                0.001 + 0.01 * ((7 * day) % 11 - 5) / 5 - _odd(row) * (day % 5 == 0)
                for day in range(days)
            ),
        )
        for row in rows
        if row.id == rows[0].id and "returns" in (row.signed or "")
    )


def _odd(row: PointResult) -> float:
    return 0.0 if (row.signature or "").startswith("same") else 0.002


def ended(base: int = 0, head: int = 0, **head_fields: Any) -> CommandEvidence:
    """Say with which exit status a command ended on each side."""
    tail = f"make: *** [lint] Error {head}\n" if head else "all is well\n"
    fields: dict[str, Any] = {"timed_out": False, "wall_s": 2.0, "tail": tail, **head_fields}
    return CommandEvidence(
        base=CommandResult(exit_status=base, timed_out=False, wall_s=2.0, tail="on the base\n"),
        head=CommandResult(exit_status=head, **fields),
    )


def late(rows: Sequence[PointResult], *places: int) -> tuple[PointResult, ...]:
    """Let the time be up before the rows at *places* were done."""
    message = "not evaluated: the time for the sweep was up"
    gone: dict[str, Any] = {
        "status": "timeout",
        "metrics": {},
        "signature": None,
        "signed": None,
        "error": message,
    }
    return tuple(
        msgspec.structs.replace(row, **gone) if place in places else row
        for place, row in enumerate(rows)
    )


def facts(**fields: Any) -> CheckFacts:
    """Say which check a verdict is about, with fields replaced."""
    values: dict[str, Any] = {
        "check": "c7",
        "repository": "ada/strategies",
        "pull_request": 128,
        "head": HEAD,
        "base": BASE,
        "target": TARGET,
        "policy": TARGET,
        "created_utc": "2026-11-20T12:06:00Z",
        **fields,
    }
    return CheckFacts(**values)


def _order(run: str, name: str, fields: Mapping[str, Any]) -> RunOrder:
    return RunOrder(
        run=run,
        nonce="n0nce",
        repository=RepositoryName("ada/strategies"),
        suite_name=SuiteName(name),
        suite=msgspec.convert(dict(fields), Suite),
        setup=(),
        base=BASE,
        head=HEAD,
        measuring_from=BASE,
        seed=7,
    )


def _samples(level: float, effect: float, side: Side, wobble: float) -> tuple[float, ...]:
    """The minimum is the level; the rest of a launch lies above it."""
    level = level * effect * (1 + wobble / 100) if side is Side.HEAD else level
    return (level * 1.04, level, level * 1.01)
