"""From the evidence of a report to findings, by the kind of suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import msgspec

from engine.benchmark_verdicts import Measured, judge_benchmark
from engine.case_failures import tails
from engine.command_verdicts import METHOD as COMMAND_METHOD
from engine.command_verdicts import judge_command
from engine.data_pins import data_caveats, data_findings, data_problems
from engine.findings import BesideLine, Finding, Reason, SuiteVerdict
from engine.former_runs import Former
from engine.measurement_changed import set_aside
from engine.orders import (
    BenchmarkEvidence,
    CommandEvidence,
    RunOrder,
    RunReport,
    SweepEvidence,
)
from engine.promoted import expiry_caveats
from engine.stats.certificate import null_record
from engine.sweep_verdicts import METHOD, SweepCase, judge_sweep
from engine.terms import RunTerms
from engine.time_caps import time_cap_caveats, with_time_cap
from engine.values import PAIRED_KINDS, Outcome, SuiteKind

_TAIL_CHARACTERS = 4000


def with_evidence(
    blank: SuiteVerdict, order: RunOrder, terms: RunTerms, report: RunReport
) -> SuiteVerdict:
    """Fill *blank* in from the evidence of *report*, judged anew."""
    verdict = msgspec.structs.replace(
        blank,
        caveats=(*report.caveats, *data_caveats(report)),
        runner=report.runner,
        platform=report.machine.platform,
        cpu=report.machine.cpu,
        fingerprint=report.machine.fingerprint,
    )
    match report.evidence:
        case None:
            return verdict
        case BenchmarkEvidence() if order.suite.kind in PAIRED_KINDS:
            return _benchmark(verdict, order, terms, report)
        case SweepEvidence() if order.suite.kind is SuiteKind.SWEEP:
            return _set_aside(_sweep(verdict, order, terms, report), order)
        case CommandEvidence() if order.suite.kind is SuiteKind.COMMAND:
            return _command(verdict, order, report.evidence)
        case BenchmarkEvidence() | SweepEvidence() | CommandEvidence():
            step = "read the report: it holds evidence of another kind of suite"
            finding = _unreadable(step)
            return msgspec.structs.replace(verdict, findings=(finding,))
        case _:
            assert_never(report.evidence)


def _benchmark(
    verdict: SuiteVerdict, order: RunOrder, terms: RunTerms, report: RunReport
) -> SuiteVerdict:
    if not isinstance(report.evidence, BenchmarkEvidence):
        message = "judged as a benchmark, it holds none"
        raise TypeError(message)
    measured = Measured(
        runner=report.runner,
        fingerprint=report.machine.fingerprint,
        dedicated=report.dedicated,
        former=Former(
            cases=terms.expected_cases,
            run=terms.expected_from,
            commit=terms.expected_at,
            rewritten=terms.expected_rewritten,
        ),
    )
    judged = judge_benchmark(order, report.evidence, measured)
    certificate = judged.certificate
    findings = with_time_cap(order, report.evidence, judged.findings)
    return msgspec.structs.replace(
        verdict,
        caveats=(*verdict.caveats, *judged.caveats, *time_cap_caveats(findings)),
        findings=findings,
        expected=judged.expected,
        measured=judged.measured,
        method=judged.method,
        looks=judged.looks,
        pair_s=judged.pair_s,
        certified=certificate is not None and bool(certificate.cases),
        null_record=None if certificate is None else null_record(certificate),
        uncontrolled=judged.uncontrolled,
        output_tail=tails(report.evidence.failed)[-_TAIL_CHARACTERS:],
    )


def _sweep(
    verdict: SuiteVerdict, order: RunOrder, terms: RunTerms, report: RunReport
) -> SuiteVerdict:
    if not isinstance(report.evidence, SweepEvidence):
        message = "judged as a sweep, it holds none"
        raise TypeError(message)
    elsewhere = data_problems(report, terms.baselines)
    case = SweepCase(
        suite=order.suite_name,
        base=order.base,
        measured_utc=report.finished_utc,
        budget=terms.perf_budget,
        baselines={n: one for n, one in terms.baselines.items() if n not in elsewhere},
        seed=order.seed,
        deterministic=order.suite.measure.deterministic,
        rerun=order.suite.spec is not None or bool(order.suite.measure.deterministic),
        looks=terms.looks,
    )
    judged = judge_sweep(case, report.evidence)
    return msgspec.structs.replace(
        verdict,
        findings=(*judged.findings, *data_findings(order.suite_name, elsewhere)),
        expected=judged.expected,
        measured=judged.measured,
        beside=(*judged.beside, *_unusable(terms, elsewhere)),
        behaviour=judged.behaviour,
        quality=judged.quality,
        caveats=(*verdict.caveats, *judged.caveats, *expiry_caveats(order, terms, report)),
        method=METHOD,
    )


def _command(verdict: SuiteVerdict, order: RunOrder, evidence: CommandEvidence) -> SuiteVerdict:
    judged = judge_command(order.suite_name, evidence)
    return msgspec.structs.replace(
        verdict,
        findings=(judged.finding,),
        expected=1,
        measured=int(evidence.base.succeeded or evidence.head.succeeded),
        method=COMMAND_METHOD,
        output_tail=judged.output_tail[-_TAIL_CHARACTERS:],
    )


def _unusable(terms: RunTerms, elsewhere: Mapping[str, str]) -> tuple[BesideLine, ...]:
    """Say which baselines cannot be compared with; *elsewhere* are those of other data."""
    metric = terms.perf_budget.metric if terms.perf_budget else ""
    return tuple(
        BesideLine(name=name, metric=metric, passed=None, problems=(problem,))
        for name, problem in sorted({**terms.baseline_problems, **elsewhere}.items())
    )


def _set_aside(verdict: SuiteVerdict, order: RunOrder) -> SuiteVerdict:
    """Decide nothing by a sweep whose measuring files head changes; a leak is one by any files."""
    if not order.measuring_changed:
        return verdict
    rows = tuple(
        row if row.reason is Reason.LOOK_AHEAD else set_aside(row) for row in verdict.findings
    )
    return msgspec.structs.replace(verdict, findings=rows)


def _unreadable(step: str) -> Finding:
    return Finding(
        case="", metric="", outcome=Outcome.ERROR, reason=Reason.INFRASTRUCTURE, step=step
    )
