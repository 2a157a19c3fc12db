"""Verdicts of made-up sweeps, and what of them tests look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from engine.configuration import Measure
from engine.findings import Finding, SuiteVerdict
from engine.orders import SweepEvidence
from engine.quality import Quality
from engine.sweep.rows import PointResult
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import perf_budget, points, report, sweep_order, swept

GOOD = (1.52, 1.31, 0.94, 1.1)
SEEDS = tuple(0.02 * (((7 * seed) % 11) - 5) / 5 for seed in range(24))


def judged(base: Sequence[PointResult], head: Sequence[PointResult], **terms: Any) -> SuiteVerdict:
    """Judge two sweeps by the source document's budget, with terms replaced."""
    return judged_by(swept(base, head), terms)


def judged_by(
    evidence: SweepEvidence, terms: dict[str, Any] | None = None, **measure: Any
) -> SuiteVerdict:
    """Judge evidence by terms, of a suite that declares *measure*."""
    order = sweep_order()
    suite = msgspec.structs.replace(order.suite, measure=Measure(**measure))
    order = msgspec.structs.replace(order, suite=suite)
    given = RunTerms(perf_budget=perf_budget(), budget_file="sweeps/perf_budget.yaml")
    return judge_run(
        order, msgspec.structs.replace(given, **(terms or {})), report(order, evidence)
    )


def metric(verdict: SuiteVerdict) -> Finding:
    """Give the one row of the Sharpe ratio."""
    (found,) = [finding for finding in verdict.findings if finding.metric == "sharpe"]
    return found


def quality_of(verdict: SuiteVerdict) -> Quality:
    """Give what stands beside a verdict."""
    assert verdict.quality is not None
    return verdict.quality


def two_samples(inside: Sequence[float], outside: Sequence[float]) -> list[PointResult]:
    """Make points whose values in-sample and out of sample are these."""
    return [
        msgspec.structs.replace(row, metrics={"is": {"sharpe": one}, "oos": {"sharpe": other}})
        for row, one, other in zip(points(outside), inside, outside, strict=True)
    ]


def seeded(level: float, shifts: Sequence[float] = SEEDS) -> list[PointResult]:
    """Make one configuration with as many seeds as *shifts* around *level*."""
    return [
        msgspec.structs.replace(row, id="a", params={}, seed=seed)
        for seed, row in enumerate(points([level + shift for shift in shifts]))
    ]
