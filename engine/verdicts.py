"""Verdicts: what a report means under the terms of its order, and what a check's suites mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import msgspec

from engine.baselines import BaselineData
from engine.benchmark_verdicts import judge_benchmark
from engine.command_verdicts import METHOD as COMMAND_METHOD
from engine.command_verdicts import judge_command
from engine.comparison import PerfBudget
from engine.configuration import FILE_NAME
from engine.errors import UserError
from engine.findings import BesideLine, Finding, Problem, Reason, SuiteVerdict, Verdict
from engine.orders import (
    BenchmarkEvidence,
    CommandEvidence,
    Failure,
    RunOrder,
    RunReport,
    SweepEvidence,
)
from engine.outcomes import COMPARED, INFORMATIONAL, decisive, exit_code, worst_outcome
from engine.sweep_verdicts import METHOD, SweepCase, judge_sweep
from engine.values import Outcome, Side, SuiteKind

_TAIL_CHARACTERS = 4000


class RunTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a run is judged by beside its order, read at the target branch's tip.

    ``budget_file`` holds the budget (None: ``.highwater.yml`` itself), ``baselines`` are the
    stored ones by scenario, ``baseline_problems`` says of others why they cannot be used.
    ``strategy`` is the function of a sweep by spec, as ``FILE:NAME``: only remarks name it.
    """

    perf_budget: PerfBudget | None = None
    budget_file: str | None = None
    baselines: dict[str, BaselineData] = {}
    baseline_problems: dict[str, str] = {}
    strategy: str | None = None


class CheckFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which check a verdict is about; the fields are those of ``Verdict``."""

    check: str
    repository: str
    pull_request: int | None
    head: str
    base: str
    target: str
    policy: str | None
    created_utc: str
    inconclusive_fails: bool = False


def judge_run(
    order: RunOrder,
    terms: RunTerms,
    report: RunReport | None,
    *,
    losses: int = 0,
    refused: bool = False,
) -> SuiteVerdict:
    """Judge one run anew from the raw evidence of its report; never trusts a claimed outcome.

    Without a report the run is lost, *losses* times, or its report was *refused*: an error of
    our own infrastructure.
    A failure together with evidence keeps the rows that have numbers.
    """
    if report is None:
        return _closed(_lost(order, losses, refused=refused))
    verdict = _with_evidence(order, terms, report)
    if report.failure is not None:
        verdict = _with_failure(verdict, report.failure)
    return _closed(_refuse_emptiness(verdict))


def judge_check(
    facts: CheckFacts, suites: Sequence[SuiteVerdict], *, skipped: Sequence[str] = ()
) -> Verdict:
    """Join the suites' verdicts to the check's; the order in which they come does not matter.

    No suite at all passes only when suites were skipped because none of their paths changed.
    """
    ordered = tuple(sorted(suites, key=lambda suite: (suite.suite, suite.tags, suite.run)))
    worst = decisive(ordered)
    unneeded = Outcome.PASS if skipped else Outcome.NO_VERDICT
    return Verdict(
        **msgspec.structs.asdict(facts),
        outcome=worst.outcome if worst else unneeded,
        reason=worst.reason if worst else None,
        suites=ordered,
        skipped=tuple(sorted(skipped)),
    )


def judge_problem(facts: CheckFacts, error: UserError) -> Verdict:
    """Give the verdict of a check that wrong input kept from running at all."""
    where = error.where
    problem = Problem(
        problem=error.problem,
        remedy=error.remedy,
        file=where.file if where else None,
        line=where.line if where else None,
        field=where.field if where else None,
    )
    return Verdict(
        **msgspec.structs.asdict(facts),
        outcome=Outcome.ERROR,
        reason=Reason.INVALID,
        suites=(),
        problem=problem,
    )


def _lost(order: RunOrder, losses: int, *, refused: bool) -> SuiteVerdict:
    lost = f"the runner was lost {losses} times" if losses > 1 else "the runner was lost"
    step = "the runner's report was refused" if refused else lost
    finding = _suite_finding(Outcome.ERROR, Reason.INFRASTRUCTURE, step=step)
    return _blank(order, RunTerms(), (finding,))


def _blank(order: RunOrder, terms: RunTerms, findings: tuple[Finding, ...] = ()) -> SuiteVerdict:
    """Give a verdict of what the order alone says; ``_closed`` sets its outcome."""
    return SuiteVerdict(
        suite=order.suite_name,
        kind=order.suite.kind,
        tags=tuple(sorted(set(order.suite.runs_on))),
        run=order.run,
        outcome=Outcome.NO_VERDICT,
        findings=findings,
        budget_file=terms.budget_file or FILE_NAME,
        spec_file=order.suite.spec,
        strategy=terms.strategy,
        measuring=order.suite.measures or (),
    )


def _with_evidence(order: RunOrder, terms: RunTerms, report: RunReport) -> SuiteVerdict:
    verdict = msgspec.structs.replace(
        _blank(order, terms),
        caveats=report.caveats,
        runner=report.runner,
        platform=report.machine.platform,
        cpu=report.machine.cpu,
        fingerprint=report.machine.fingerprint,
    )
    match report.evidence:
        case None:
            return verdict
        case BenchmarkEvidence() if order.suite.kind is SuiteKind.BENCHMARK:
            return _benchmark(verdict, order, report.evidence)
        case SweepEvidence() if order.suite.kind is SuiteKind.SWEEP:
            return _sweep(verdict, order, terms, report.evidence, report.finished_utc)
        case CommandEvidence() if order.suite.kind is SuiteKind.COMMAND:
            return _command(verdict, order, report.evidence)
        case BenchmarkEvidence() | SweepEvidence() | CommandEvidence():
            step = "read the report: it holds evidence of another kind of suite"
            finding = _suite_finding(Outcome.ERROR, Reason.INFRASTRUCTURE, step=step)
            return msgspec.structs.replace(verdict, findings=(finding,))
        case _:
            assert_never(report.evidence)


def _benchmark(verdict: SuiteVerdict, order: RunOrder, evidence: BenchmarkEvidence) -> SuiteVerdict:
    judged = judge_benchmark(order, evidence, verdict.fingerprint)
    return msgspec.structs.replace(
        verdict,
        caveats=(*verdict.caveats, *judged.caveats),
        findings=judged.findings,
        expected=judged.expected,
        measured=judged.measured,
        method=judged.method,
        pair_s=judged.pair_s,
    )


def _sweep(
    verdict: SuiteVerdict,
    order: RunOrder,
    terms: RunTerms,
    evidence: SweepEvidence,
    measured_utc: str,
) -> SuiteVerdict:
    case = SweepCase(
        suite=order.suite_name,
        base=order.base,
        measured_utc=measured_utc,
        budget=terms.perf_budget,
        baselines=terms.baselines,
    )
    judged = judge_sweep(case, evidence)
    return msgspec.structs.replace(
        verdict,
        findings=judged.findings,
        expected=judged.expected,
        measured=judged.measured,
        beside=(*judged.beside, *_unusable(terms)),
        behaviour=judged.behaviour,
        caveats=(*verdict.caveats, *judged.caveats),
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


def _unusable(terms: RunTerms) -> tuple[BesideLine, ...]:
    metric = terms.perf_budget.metric if terms.perf_budget else ""
    return tuple(
        BesideLine(name=name, metric=metric, passed=None, problems=(problem,))
        for name, problem in sorted(terms.baseline_problems.items())
    )


def _with_failure(verdict: SuiteVerdict, failure: Failure) -> SuiteVerdict:
    """Put the failure first; rows without numbers follow from it and would only repeat it."""
    kept = tuple(finding for finding in verdict.findings if finding.outcome in COMPARED)
    return msgspec.structs.replace(
        verdict,
        findings=(_failed(failure), *kept),
        output_tail="" if failure.blame == "input" else failure.tail[-_TAIL_CHARACTERS:],
    )


def _failed(failure: Failure) -> Finding:
    """Say whose failure it was: a merge base that fails by itself is not the candidate's."""
    reasons = {
        "candidate": Reason.FAILED,
        "input": Reason.INVALID,
        "runner": Reason.INFRASTRUCTURE,
    }
    if failure.blame == "candidate" and failure.side is Side.BASE:
        outcome, reason = Outcome.NO_VERDICT, Reason.BASE_FAILED
    else:
        outcome, reason = Outcome.ERROR, reasons[failure.blame]
    return Finding(
        case="",
        metric="",
        outcome=outcome,
        reason=reason,
        step=failure.step,
        ending=failure.ending,
        side=failure.side,
        detail=failure.tail if failure.blame == "input" else "",
    )


def _refuse_emptiness(verdict: SuiteVerdict) -> SuiteVerdict:
    """A suite that compared nothing is never green, not even with new cases to show."""
    if any(finding.reason not in INFORMATIONAL for finding in verdict.findings):
        return verdict
    reason = Reason.NOT_COMPARABLE if verdict.findings else Reason.NOT_MEASURED
    finding = _suite_finding(Outcome.NO_VERDICT, reason)
    return msgspec.structs.replace(verdict, findings=(finding, *verdict.findings))


def _closed(verdict: SuiteVerdict) -> SuiteVerdict:
    worst = decisive(verdict.findings)
    return msgspec.structs.replace(
        verdict,
        outcome=worst_outcome(verdict.findings),
        reason=worst.reason if worst else None,
    )


def _suite_finding(outcome: Outcome, reason: Reason, *, step: str = "") -> Finding:
    return Finding(case="", metric="", outcome=outcome, reason=reason, step=step)


__all__ = [
    "CheckFacts",
    "RunTerms",
    "exit_code",
    "judge_check",
    "judge_problem",
    "judge_run",
    "worst_outcome",
]
