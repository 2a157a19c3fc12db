"""Runs for a new baseline: reports of made-up launches and sweeps, judged as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from engine.orders import RunOrder, RunReport
from engine.platforms import Machine
from engine.promotion.evidence import EvidenceRun
from engine.values import SuiteName
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import (
    MACHINE,
    QUIET,
    benchmark_order,
    benchmarked,
    pairs,
    perf_budget,
    points,
    report,
    sweep_order,
    swept,
)

REVISION = "rule-of-today"
OTHER_MACHINE = msgspec.structs.replace(
    MACHINE, cpu="Xeon", hardware=msgspec.structs.replace(MACHINE.hardware, model="7")
)


def benchmark_run(number: int = 1, *, machine: Machine = MACHINE, **order: Any) -> EvidenceRun:
    """Give run *number* of the suite ``core``, whose head takes a tenth less time."""
    effects = order.pop("effects", {"a": 0.9, "b": 1.0})
    asked = _asked(benchmark_order(f"c{number}-1"), number, order)
    launches = pairs(effects, noise=[each + number / 10 for each in QUIET])
    return _run(asked, _at(report(asked, benchmarked(launches)), number, machine), RunTerms())


def sweep_run(
    number: int = 1, head: Sequence[float | None] = (1.6, 1.2), **order: Any
) -> EvidenceRun:
    """Give run *number* of the suite ``ci_smoke``."""
    asked = _asked(sweep_order(f"c{number}-1"), number, order)
    evidence = swept(points((1.5, 1.2)), points(head, elapsed_s=0.5 + number / 10))
    terms = RunTerms(perf_budget=perf_budget())
    return _run(asked, _at(report(asked, evidence), number, MACHINE), terms)


def _asked(order: RunOrder, number: int, fields: dict[str, Any]) -> RunOrder:
    values = {"seed": number, "suite_name": SuiteName(order.suite_name), **fields}
    return msgspec.structs.replace(order, **values)


def _at(measured: RunReport, number: int, machine: Machine) -> RunReport:
    hour = f"2026-11-20T{number:02d}"
    return msgspec.structs.replace(
        measured,
        started_utc=f"{hour}:00:00Z",
        finished_utc=f"{hour}:04:00Z",
        machine=machine,
    )


def _run(order: RunOrder, measured: RunReport, terms: RunTerms) -> EvidenceRun:
    return EvidenceRun(
        check=order.run.partition("-")[0],
        order=order,
        report=measured,
        verdict=judge_run(order, terms, measured),
        revision=REVISION,
    )
