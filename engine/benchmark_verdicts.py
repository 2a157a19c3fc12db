"""Findings of a benchmark suite: the raw samples of its pairs, judged case by case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.benchmark_findings import beside, finding_of, replaced, suite_finding, unjudged
from engine.budgets import budget_for, idle_keys, literal_cases
from engine.case_failures import by_case, failed_row
from engine.certificates import Certificate
from engine.conservation import grown, went_elsewhere
from engine.continued import continued, latest, sessions
from engine.course import Course, Runner, course_of
from engine.decided import Decided, decide_gates
from engine.evidence_conditions import obstacle, pair_seconds, uncontrolled
from engine.findings import Finding, Reason
from engine.former_runs import Former
from engine.gates import CLOCKS, Statistic
from engine.machines import disagreeing
from engine.measurement_changed import own_copy_findings, runs_by_own_copy, set_aside
from engine.orders import BenchmarkEvidence, CaseFailure, RunOrder
from engine.outcomes import uncompared_cases
from engine.process_caveats import called, process_caveats
from engine.reservations import blocked, with_conservation, with_gaps, with_result
from engine.samples import PairLaunch
from engine.screening import Rows, screened_cases, screened_rows, screened_suite
from engine.series import Key, Series, cases_of, collect, pooled, whole_pairs
from engine.value_bounds import within_bound
from engine.values import Better, Outcome, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Where evidence was measured, and what a former run leads to expect."""

    runner: str | None
    fingerprint: str | None
    dedicated: bool = False
    former: Former = field(default_factory=Former)

    @classmethod
    def nobody(cls) -> Measured:
        """Give no place and no expectation: of a session that is judged beside."""
        return cls(runner=None, fingerprint=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkJudgement:
    """Findings by case and metric; counts are of the cases that were expected."""

    findings: tuple[Finding, ...]
    expected: int
    measured: int
    method: str
    looks: tuple[int, ...]
    pair_s: float | None
    certificate: Certificate | None
    uncontrolled: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()


def judge_benchmark(
    order: RunOrder, evidence: BenchmarkEvidence, measured: Measured
) -> BenchmarkJudgement:
    """Judge the pairs of *evidence*, after those of the session that they continue.

    Pairs of other hardware are not pooled, but where they decided otherwise, the machines
    disagree. Where no pair was added, the latest session decides alone.

    Expected is what the merge base lists or measures, what its budget names by name, and, where
    it lists none, what *measured* says that a former run measured. A case of those that head did
    not measure is no verdict; one that only head has is a row that changes nothing but by its
    ``max_value``, and one that is gone since the measuring files changed is a caveat.
    """
    runner = _runner(order, evidence, measured)
    case = _Case.of(order, evidence, measured, course_of(order, runner))
    findings = _held_elsewhere(case, case.findings(), runner)
    if order.measuring_changed:
        own = own_copy_findings(findings, evidence.launches, case.course.gauge)
        findings = (*map(set_aside, findings), *own)
    return BenchmarkJudgement(
        findings=findings,
        expected=len(case.expected),
        measured=len(case.expected) - len(uncompared_cases(findings) & case.expected),
        method=_method(case, findings),
        looks=case.course.path.looks,
        pair_s=pair_seconds(case.launches),
        certificate=case.course.gauge.certificate,
        uncontrolled=uncontrolled(order, case.launches),
        caveats=(*_evidence_caveats(order, evidence, runner), *_case_caveats(case)),
    )


def _runner(order: RunOrder, evidence: BenchmarkEvidence, measured: Measured) -> Runner:
    """Tell whose session is judged: the report's, or without a new launch the latest one's."""
    here = Runner(measured.runner or "", measured.fingerprint or "", measured.dedicated)
    before = latest(order)
    added = any(launch.purpose != "own_copy" for launch in evidence.launches)
    if added or before is None or continued(order, here.fingerprint) is not None:
        return here
    return Runner(here.name, before.fingerprint, here.dedicated)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Everything that is judged together."""

    order: RunOrder
    evidence: BenchmarkEvidence
    measured: Measured
    course: Course
    launches: tuple[PairLaunch, ...]
    series: Mapping[Key, Series]
    screened: Mapping[str, Rows]
    failed: Mapping[str, CaseFailure]
    expected: frozenset[str]
    lost: frozenset[str]  # expected, yet without a number of the merge base to compare with

    @classmethod
    def of(
        cls, order: RunOrder, evidence: BenchmarkEvidence, measured: Measured, course: Course
    ) -> _Case:
        launches = pooled(course.earlier, evidence.launches)
        failed = by_case(evidence.failed)
        series = {k: one for k, one in collect(launches).items() if k.case not in failed}
        screened = screened_cases(order, course, evidence.launches)
        screened = {case: rows for case, rows in screened.items() if case not in failed}
        based, listed = cases_of(series, Side.BASE), set(evidence.listed_base or ())
        known = based | cases_of(series, Side.HEAD) | screened.keys() | listed
        known |= set(evidence.listed_head or ())
        wanted = based | screened.keys() | listed | failed.keys()
        wanted |= measured.former.expected(evidence.listed_base)
        wanted |= literal_cases(course.gauge.budgets, known)
        if order.cases is not None:
            wanted &= set(order.cases)
        return cls(
            order=order,
            evidence=evidence,
            measured=measured,
            course=course,
            launches=launches,
            series=series,
            screened=screened,
            failed=failed,
            expected=frozenset(wanted),
            lost=frozenset(wanted - based - screened.keys()),
        )

    @property
    def forbidden(self) -> Reason | None:
        """What forbids any decision; each session of launches by itself."""
        null = self.order.purpose == "null"
        certificate = self.course.gauge.certificate
        found = (
            obstacle(launches, certificate, null=null)
            for launches in (self.course.earlier, self.evidence.launches)
        )
        return next((reason for reason in found if reason is not None), None)

    def findings(self) -> tuple[Finding, ...]:
        """Judge everything."""
        series = {key: one for key, one in self.series.items() if key.case not in self.lost}
        decided = decide_gates(series, self.course)
        forbidden, whole = self.forbidden, whole_pairs(self.launches)
        judged = (
            one for key in sorted(series) for one in self._judged(key, decided, forbidden, whole)
        )
        screened = tuple(screened_rows(self.screened))
        suites = (suite_finding(decided), screened_suite(screened) if not series else None)
        moved = went_elsewhere(self.launches)
        paired = (*judged, *(blocked(one, None, forbidden) for one in suites if one is not None))
        return (
            *(with_conservation(one, elsewhere=moved) for one in paired),
            *(blocked(one, None, forbidden) for one in screened),
            *map(self._not_measured, sorted(self.lost)),
        )

    def _judged(
        self, key: Key, decided: Decided, forbidden: Reason | None, whole: frozenset[int]
    ) -> Iterator[Finding]:
        one, clock = self.series[key], decided.clocks.get(key.case)
        row = decided.row(key, Statistic.LEVEL)
        if row is None:
            if clock is None or key.metric not in CLOCKS or key.metric == clock:
                yield self._unpaired(key, one)
            return  # else the other clock decides
        gate = decided.gates[row]
        finding = replaced(finding_of(decided, row), also=tuple(beside(gate, self.series)))
        finding = with_result(blocked(finding, one, forbidden), one)
        finding = within_bound(finding, gate.head, gate.match)
        yield with_gaps(finding, one, whole)
        mean = decided.row(key if clock is None else Key(key.case, "wall"), Statistic.MEAN)
        # Only when red, and only where it adds something.
        if mean is not None and finding.outcome is not Outcome.REGRESSION:
            found = finding_of(decided, mean)
            if found.outcome is Outcome.REGRESSION:
                yield blocked(found, one, forbidden)

    def _unpaired(self, key: Key, one: Series) -> Finding:
        """Judge what has no pair: only one side measured it, or its launches differ in kind."""
        base, head = one.samples[Side.BASE], one.samples[Side.HEAD]
        if not head:
            return unjudged(key, Reason.MISSING_IN_HEAD)
        if not one.comparable:
            units = ", ".join(sorted(one.units)) or "none"
            reason = Reason.NOT_COMPARABLE if base else Reason.NEW_IN_HEAD
            return unjudged(key, reason, f"its launches measure it differently (units: {units})")
        if base:
            return unjudged(key, Reason.NOT_COMPARABLE, "no pair in which both sides measured it")
        new = unjudged(key, Reason.NEW_IN_HEAD)
        match = budget_for(self.course.gauge.budgets, *key, one.unit)
        if match.budget.max_value is None:
            return new
        levels = one.levels(Side.HEAD, sorted(head), self.course.gauge.reduce)
        return within_bound(replaced(new, unit=one.unit, better=one.better), levels, match)

    def _not_measured(self, case: str) -> Finding:
        if case in self.failed:
            by_own = runs_by_own_copy(case, self.evidence.launches)
            changed = bool(self.order.measuring_changed) and by_own is not False
            return failed_row(self.failed[case], measuring_changed=changed)
        finding = unjudged(Key(case, ""), Reason.NOT_MEASURED)
        former = self.measured.former
        if case in former.expected(self.evidence.listed_base):
            return replaced(finding, detail=former.detail())
        return finding


def _held_elsewhere(
    case: _Case, findings: tuple[Finding, ...], runner: Runner
) -> tuple[Finding, ...]:
    """Let the sessions of other hardware speak: where one decided otherwise, nothing is decided."""
    for session in sessions(case.order):
        if session.fingerprint == runner.fingerprint:
            continue
        there = Runner(runner.name, session.fingerprint, runner.dedicated)
        other = _Case.of(
            case.order,
            BenchmarkEvidence(launches=()),
            Measured.nobody(),
            course_of(case.order, there),
        )
        findings = disagreeing(findings, other.findings(), session.fingerprint)
    return findings


def _evidence_caveats(
    order: RunOrder, evidence: BenchmarkEvidence, runner: Runner
) -> Iterator[str]:
    if any(one.fingerprint != runner.fingerprint for one in sessions(order)):
        yield "earlier pairs of another machine are not pooled with these"
    if order.earlier and not any(one.purpose == "pair" for one in evidence.launches):
        yield "nothing new was measured: the earlier pairs decide"
    if evidence.cut_short:
        yield "the time was up during a pair of launches, which is left out"


def _case_caveats(case: _Case) -> Iterator[str]:
    gone = case.measured.former.gone(case.evidence.listed_base, case.expected)
    if gone and case.order.cases is None:
        yield case.measured.former.caveat(gone)
    longer = grown(case.launches)
    if longer is not None:
        yield longer
    yield from process_caveats(case.launches, case.series, called(case.launches))
    yield from _idle_budgets(case)


def _idle_budgets(case: _Case) -> Iterator[str]:
    """Say which keys of the budget hold for nothing; where nothing was measured, that says it."""
    series = case.series
    measured = [(*key, unit) for key, one in series.items() for unit in sorted(one.units)]
    measured += [(one.case, one.metric, one.unit) for one in screened_rows(case.screened)]
    keys = idle_keys(case.course.gauge.budgets, measured, case.expected) if measured else ()
    for key in keys:
        yield f"the budget's key {key} matches nothing that was measured"


def _method(case: _Case, findings: Sequence[Finding]) -> str:
    """Name the decision that was taken, with the pairs that it was taken on."""
    counts = sorted({finding.pairs for finding in findings if finding.pairs})
    if not counts:
        return "screened" if any(one.reason is Reason.SCREENED for one in findings) else ""
    pairs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    higher = any(finding.better is Better.HIGHER for finding in findings)
    best = "minimum (maximum where higher is better)" if higher else "minimum"
    of = "mean of the better half" if case.course.gauge.dedicated else best
    return (
        f"{pairs} of at most {case.course.path.last} pairs, {of} of a launch, sequential paired t"
    )
