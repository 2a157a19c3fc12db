"""Findings of a sweep: the plain budget rule, head against the merge base of the same order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.baselines import BaselineData, create_new_baseline
from engine.comparison import ComparisonVerdict, PerfBudget, compare_results, exceeds
from engine.current import CurrentData
from engine.errors import UserError
from engine.findings import Behaviour, BesideLine, Finding, Reason
from engine.orders import SweepEvidence
from engine.sweep.leaderboard import SweepSummary, summarise, to_current
from engine.sweep_points import SweepPoints, behaviour, coverage_findings, late_findings
from engine.values import Better, Mode, Outcome, Side

METHOD = "plain rule: the configuration selected in-sample, head against merge base, no interval"


@dataclass(frozen=True, slots=True)
class SweepCase:
    """What a sweep's evidence is judged by; ``base`` is the commit of the merge base."""

    suite: str
    base: str
    measured_utc: str
    budget: PerfBudget | None
    baselines: Mapping[str, BaselineData]


@dataclass(frozen=True, slots=True)
class SweepJudgement:
    """Findings of the rule; counts are of the merge base's points."""

    findings: tuple[Finding, ...]
    beside: tuple[BesideLine, ...] = ()
    behaviour: Behaviour | None = None
    expected: int | None = None
    measured: int = 0
    caveats: tuple[str, ...] = ()


def judge_sweep(case: SweepCase, evidence: SweepEvidence) -> SweepJudgement:
    """Apply the budget to head as compared with the merge base, and beside it with each baseline.

    A merge base that cannot be compared with is no verdict; a head without a value is an error
    of the candidate; points of the merge base that head lacks are no verdict, nor is anything
    said of a sweep that ran out of time: the part that was done is another sweep.
    """
    if case.budget is None:
        return SweepJudgement((_no_budget(),))
    points = SweepPoints.of(evidence)
    late = late_findings(points, evidence.metric)
    if late:
        return SweepJudgement(late, expected=points.expected, measured=points.measured)
    try:
        base = _baseline(case, evidence)
    except UserError as error:
        return SweepJudgement((_no_verdict(case, Reason.BASE_FAILED, error.problem, Side.BASE),))
    try:
        summary = summarise(evidence.head, evidence.metric, Mode(evidence.mode))
        compared = compare_results(to_current(summary), base, case.budget)
    except UserError as error:
        return SweepJudgement((_no_verdict(case, Reason.NOT_COMPARABLE, error.problem, None),))
    head = to_current(summary)
    return SweepJudgement(
        findings=(
            *_rule_findings(case, case.budget, _Compared(head, base, compared), summary),
            *coverage_findings(points, evidence.metric, summary.selected),
        ),
        beside=tuple(
            _beside(name, head, stored, case.budget)
            for name, stored in sorted(case.baselines.items())
        ),
        behaviour=behaviour(points),
        expected=points.expected,
        measured=points.measured,
        caveats=_caveats(head),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    head: CurrentData
    base: BaselineData
    verdict: ComparisonVerdict

    def failed(self, reason: Reason) -> bool:
        return any(failure.reason is reason for failure in self.verdict.failures)


def _baseline(case: SweepCase, evidence: SweepEvidence) -> BaselineData:
    summary = summarise(evidence.base, evidence.metric, Mode(evidence.mode))
    current = to_current(summary)
    return create_new_baseline(current, git_sha=case.base, created_utc=case.measured_utc)


def _rule_findings(
    case: SweepCase, budget: PerfBudget, compared: _Compared, summary: SweepSummary
) -> tuple[Finding, ...]:
    found = (
        _metric_finding(case, budget, compared, summary),
        _success_finding(case, budget, compared),
        _time_finding(case, budget, compared),
    )
    return tuple(finding for finding in found if finding is not None)


def _metric_finding(
    case: SweepCase, budget: PerfBudget, compared: _Compared, summary: SweepSummary
) -> Finding:
    base, head = compared.base.summary.best_metric, compared.head.summary.best_metric
    if head is None:
        detail = summary.errors[0].error if summary.errors else ""
        return _no_number(budget.metric, detail)
    outcome, reason = _metric_outcome(compared, budget, base, head)
    return Finding(
        case=case.suite,
        metric=budget.metric,
        outcome=outcome,
        reason=reason,
        better=Better.HIGHER if budget.mode is Mode.MAX else Better.LOWER,
        base=base,
        head=head,
        change=compared.verdict.metric_delta,
        limit=budget.max_drop,
        budget_path=(budget.drop_key,),
    )


def _metric_outcome(
    compared: _Compared, budget: PerfBudget, base: float, head: float
) -> tuple[Outcome, Reason]:
    if compared.failed(Reason.METRIC_DROP):
        return Outcome.REGRESSION, Reason.METRIC_DROP
    better, worse = (head, base) if budget.mode is Mode.MAX else (base, head)
    if exceeds(better, worse, allowed=budget.max_drop, epsilon=budget.epsilon_abs):
        return Outcome.IMPROVEMENT, Reason.BETTER
    return Outcome.PASS, Reason.WITHIN_BUDGET


def _success_finding(case: SweepCase, budget: PerfBudget, compared: _Compared) -> Finding | None:
    if budget.min_success_rate is None:
        return None
    failed = compared.failed(Reason.SUCCESS_UNDER)
    return Finding(
        case=case.suite,
        metric="success rate",
        outcome=Outcome.REGRESSION if failed else Outcome.PASS,
        reason=Reason.SUCCESS_UNDER if failed else Reason.WITHIN_BUDGET,
        better=Better.HIGHER,
        base=compared.base.summary.success_rate,
        head=compared.head.summary.success_rate,
        change=compared.verdict.success_rate_delta,
        bound=budget.min_success_rate,
        budget_path=("min_success_rate",),
    )


def _time_finding(case: SweepCase, budget: PerfBudget, compared: _Compared) -> Finding | None:
    if budget.max_p90_elapsed_s is None or compared.head.timing is None:
        return None
    failed = compared.failed(Reason.P90_OVER)
    base = compared.base.timing.p90
    over_before = failed and base > budget.max_p90_elapsed_s
    return Finding(
        case=case.suite,
        metric="p90 time of a point",
        outcome=Outcome.REGRESSION if failed else Outcome.PASS,
        reason=Reason.P90_OVER if failed else Reason.WITHIN_BUDGET,
        unit="s",
        better=Better.LOWER,
        base=base,
        head=compared.head.timing.p90,
        change=compared.verdict.timing_delta.p90,
        bound=budget.max_p90_elapsed_s,
        budget_path=("max_p90_elapsed_s",),
        caveats=("the merge base is over it too",) if over_before else (),
    )


def _beside(name: str, head: CurrentData, stored: BaselineData, budget: PerfBudget) -> BesideLine:
    try:
        verdict = compare_results(head, stored, budget)
        passed, problems = verdict.passed, tuple(failure.message for failure in verdict.failures)
    except UserError as error:
        passed, problems = None, (str(error),)
    return BesideLine(
        name=name,
        metric=budget.metric,
        passed=passed,
        stored=stored.summary.best_metric,
        head=head.summary.best_metric,
        limit=budget.max_drop,
        git_sha=stored.git_sha,
        problems=problems,
    )


def _caveats(head: CurrentData) -> tuple[str, ...]:
    if head.summary.sample == "is":
        return ("in-sample values: the sweep has no out-of-sample ones",)
    return ()


def _no_budget() -> Finding:
    detail = "a sweep needs the file of its budget, and the suite names none"
    return Finding(
        case="",
        metric="",
        outcome=Outcome.ERROR,
        reason=Reason.INVALID,
        step="budget",
        detail=detail,
    )


def _no_number(metric: str, detail: str) -> Finding:
    """Say that head's sweep ended without a number: a failure of *metric*, not of a step."""
    return Finding(
        case="",
        metric=metric,
        outcome=Outcome.ERROR,
        reason=Reason.FAILED,
        side=Side.HEAD,
        detail=detail,
    )


def _no_verdict(case: SweepCase, reason: Reason, detail: str, side: Side | None) -> Finding:
    return Finding(
        case=case.suite,
        metric="",
        outcome=Outcome.NO_VERDICT,
        reason=reason,
        side=side,
        detail=detail,
    )
