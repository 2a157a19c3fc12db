"""Findings of a benchmark suite: the raw samples of its pairs, judged case by case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.benchmark_findings import beside, finding_of, replaced, unjudged
from engine.budgets import BenchmarkBudget, budget_for, idle_keys, literal_cases
from engine.certificates import Certificate
from engine.decided import Decided, decide_gates, path_for
from engine.evidence_conditions import obstacle, uncontrolled
from engine.findings import Finding, Reason
from engine.gates import Gauge, Statistic, clock_of
from engine.measurement_changed import own_copy_findings, set_aside
from engine.orders import BenchmarkEvidence, RunOrder
from engine.outcomes import COMPARED, INFORMATIONAL
from engine.samples import PairLaunch
from engine.screening import Screened, screened_cases
from engine.series import Key, Series, cases_of, collect, pooled, whole_pairs
from engine.value_bounds import within_bound
from engine.values import Better, Outcome, Side

_ONLY_WHEN_RED = frozenset({Statistic.MEAN, Statistic.SUITE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Where evidence was measured, and which cases a former run leads to expect."""

    runner: str | None
    fingerprint: str | None
    dedicated: bool = False
    expected: tuple[str, ...] = ()
    expected_from: str = ""  # the run that measured them


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkJudgement:
    """Findings by case and metric; counts are of the cases that were expected."""

    findings: tuple[Finding, ...]
    expected: int
    measured: int
    method: str
    pair_s: float | None
    certificate: Certificate | None
    uncontrolled: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()


def judge_benchmark(
    order: RunOrder, evidence: BenchmarkEvidence, measured: Measured
) -> BenchmarkJudgement:
    """Judge the pairs of *evidence*, after those of ``order.earlier``, against the suite's budget.

    Pairs of other hardware are not pooled. Where none were added, the earlier ones decide alone.

    Expected is what the merge base lists or measures, what its budget names by name, and what
    *measured* says that a former run measured. A case of those that head did not measure is no
    verdict; one that only head has is a row that changes nothing but by its ``max_value``.
    """
    foreign = bool(evidence.launches) and order.earlier_fingerprint != measured.fingerprint
    case = _Case.of(order, evidence, measured, earlier=() if foreign else order.earlier)
    findings = case.findings()
    if order.measuring_changed:
        own = own_copy_findings(findings, evidence.launches, case.gauge)
        findings = (*map(set_aside, findings), *own)
    return BenchmarkJudgement(
        findings=findings,
        expected=len(case.expected),
        measured=len(case.expected) - len(_uncompared(findings) & case.expected),
        method=_method(order, findings, measured),
        pair_s=_pair_seconds(case.launches),
        certificate=case.gauge.certificate,
        uncontrolled=uncontrolled(order, case.launches),
        caveats=(
            *_evidence_caveats(order, evidence, foreign=foreign),
            *_idle_budgets(case),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Everything that is judged together."""

    order: RunOrder
    evidence: BenchmarkEvidence
    measured: Measured
    gauge: Gauge
    launches: tuple[PairLaunch, ...]
    series: Mapping[Key, Series]
    screened: Mapping[str, Screened]
    expected: frozenset[str]

    @classmethod
    def of(
        cls,
        order: RunOrder,
        evidence: BenchmarkEvidence,
        measured: Measured,
        *,
        earlier: Sequence[PairLaunch],
    ) -> _Case:
        budgets = budgets_of(order)
        gauge = Gauge(
            budgets=budgets,
            certificate=certificate_of(order, measured.runner, measured.fingerprint),
            dedicated=measured.dedicated,
        )
        launches = pooled(earlier, evidence.launches)
        series = collect(launches)
        screened = screened_cases(order, gauge, evidence.launches)
        known = cases_of(series, Side.BASE) | cases_of(series, Side.HEAD) | screened.keys()
        known |= set(evidence.listed_base or ()) | set(evidence.listed_head or ())
        wanted = cases_of(series, Side.BASE) | screened.keys() | set(evidence.listed_base or ())
        wanted |= set(measured.expected) | literal_cases(budgets, known)
        if order.cases is not None:
            wanted &= set(order.cases)
        return cls(
            order=order,
            evidence=evidence,
            measured=measured,
            gauge=gauge,
            launches=launches,
            series=series,
            screened=screened,
            expected=frozenset(wanted),
        )

    @property
    def lost(self) -> frozenset[str]:
        """Expected, yet without a number of the merge base to compare with."""
        return self.expected - cases_of(self.series, Side.BASE) - self.screened.keys()

    def findings(self) -> tuple[Finding, ...]:
        """Judge everything."""
        series = {key: one for key, one in self.series.items() if key.case not in self.lost}
        decided = decide_gates(series, self.gauge, self.order)
        blocked = obstacle(self.launches, self.gauge.certificate, null=self.order.purpose == "null")
        return (
            *(one for key in sorted(series) for one in self._judged(key, decided, blocked)),
            *self._of_the_suite(decided, blocked),
            *(self.screened[case].finding for case in sorted(self.screened)),
            *map(self._not_measured, sorted(self.lost)),
        )

    def _judged(self, key: Key, decided: Decided, blocked: Reason | None) -> Iterator[Finding]:
        one = self.series[key]
        row = decided.row(key, Statistic.LEVEL)
        if row is None:
            if clock_of(self.series, key.case, self.gauge) not in {None, key.metric} and (
                key.metric in {"cpu", "wall"}
            ):
                return  # the other clock decides
            yield self._unpaired(key, one)
            return
        gate = decided.gates[row]
        finding = finding_of(decided, row)
        finding = replaced(finding, also=tuple(beside(gate, self.series)))
        finding = _with_result(_blocked(finding, one, blocked), one)
        finding = within_bound(finding, gate.head, gate.match)
        yield _with_gaps(finding, one, whole_pairs(self.launches))
        mean = decided.row(key, Statistic.MEAN)
        if mean is not None and finding.outcome is not Outcome.REGRESSION:  # else it adds nothing
            yield from _when_red(finding_of(decided, mean), blocked)

    def _of_the_suite(self, decided: Decided, blocked: Reason | None) -> Iterator[Finding]:
        row = decided.row(Key("", "time"), Statistic.SUITE)
        if row is None:
            return
        finding = finding_of(decided, row)
        if finding.outcome in {Outcome.REGRESSION, Outcome.IMPROVEMENT, Outcome.PASS}:
            yield _blocked(finding, None, blocked) if finding.p is not None else finding

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
        match = budget_for(self.gauge.budgets, *key, one.unit)
        if match.budget.max_value is None:
            return new
        levels = one.levels(Side.HEAD, sorted(head), self.gauge.reduce)
        return within_bound(replaced(new, unit=one.unit, better=one.better), levels, match)

    def _not_measured(self, case: str) -> Finding:
        finding = unjudged(Key(case, ""), Reason.NOT_MEASURED)
        if case in self.measured.expected and case not in (self.evidence.listed_base or ()):
            detail = f"run {self.measured.expected_from} measured it"
            return replaced(finding, detail=detail)
        return finding


def budgets_of(order: RunOrder) -> BenchmarkBudget:
    """Give the suite's budgets; without any, the default of the program holds for all."""
    budgets = order.suite.budget
    return budgets if isinstance(budgets, BenchmarkBudget) else BenchmarkBudget()


def certificate_of(
    order: RunOrder, runner: str | None, fingerprint: str | None
) -> Certificate | None:
    """Find the certificate of a runner on this very hardware; None where it has none."""
    found = (
        one for one in order.certificates if one.runner == runner and one.fingerprint == fingerprint
    )
    return next(found, None)


def _blocked(finding: Finding, one: Series | None, blocked: Reason | None) -> Finding:
    """Take back what cannot be said: on such a machine, or of a case without a steady state."""
    if finding.outcome not in COMPARED:
        return finding
    if blocked is None and (one is None or not one.is_unsteady):
        return finding
    return replaced(
        finding,
        outcome=Outcome.INCONCLUSIVE,
        reason=blocked or Reason.UNSTEADY,
        further_pairs=None,
        p=None,
    )


def _when_red(finding: Finding, blocked: Reason | None) -> Iterator[Finding]:
    if finding.outcome is Outcome.REGRESSION:
        yield _blocked(finding, None, blocked)


def _with_result(finding: Finding, one: Series) -> Finding:
    """Ask of a case with another result whether the work happened."""
    if not one.result_differs:
        return finding
    if finding.outcome is Outcome.IMPROVEMENT:
        return replaced(finding, outcome=Outcome.INCONCLUSIVE, reason=Reason.RESULT_CHANGED)
    return replaced(finding, caveats=(*finding.caveats, "its result differs from the merge base's"))


def _with_gaps(finding: Finding, one: Series, whole: frozenset[int]) -> Finding:
    """Judge what one side measured and the other did not, in the *whole* pairs of launches.

    What head loses once in a while is no verdict, unless the rest shows a regression already.
    """
    base, head = (one.samples[side].keys() & whole for side in (Side.BASE, Side.HEAD))
    lost, gained, asked = len(base - head), len(head - base), len(base | head)
    if lost and finding.outcome is not Outcome.REGRESSION:
        missing = unjudged(Key(finding.case, finding.metric), Reason.MISSING_IN_HEAD)
        return replaced(missing, detail=f"in {lost} of {asked} pairs")
    caveats = [
        f"{side} did not measure it in {count} of {asked} pairs"
        for side, count in (("head", lost), ("the merge base", gained))
        if count
    ]
    return replaced(finding, caveats=(*finding.caveats, *caveats)) if caveats else finding


def _uncompared(findings: Iterable[Finding]) -> set[str]:
    return {
        finding.case
        for finding in findings
        if finding.outcome not in COMPARED and finding.reason not in INFORMATIONAL
    }


def _evidence_caveats(
    order: RunOrder, evidence: BenchmarkEvidence, *, foreign: bool
) -> Iterator[str]:
    if order.earlier and foreign:
        yield "earlier pairs are left out: another machine measured them"
    if order.earlier and not evidence.launches:
        yield "no further pairs were launched: the earlier ones decide"
    if evidence.cut_short:
        yield "the time was up during a pair of launches, which is left out"


def _idle_budgets(case: _Case) -> Iterator[str]:
    """Say which keys of the budget hold for nothing; where nothing was measured, that says it."""
    series = case.series
    measured = [(*key, unit) for key, one in series.items() for unit in sorted(one.units)]
    measured += [
        (name, one.finding.metric, one.finding.unit) for name, one in case.screened.items()
    ]
    keys = idle_keys(case.gauge.budgets, measured, case.expected) if measured else ()
    for key in keys:
        yield f"the budget's key {key} matches nothing that was measured"


def _method(order: RunOrder, findings: Sequence[Finding], measured: Measured) -> str:
    """Name the decision that was taken, with the pairs that it was taken on."""
    counts = sorted({finding.pairs for finding in findings if finding.pairs})
    if not counts:
        return "screened" if any(one.reason is Reason.SCREENED for one in findings) else ""
    pairs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    higher = any(finding.better is Better.HIGHER for finding in findings)
    best = "minimum (maximum where higher is better)" if higher else "minimum"
    of = "mean of the better half" if measured.dedicated else best
    last = path_for(order).last
    return f"{pairs} of at most {last} pairs, {of} of a launch, sequential paired t"


def _pair_seconds(launches: Sequence[PairLaunch]) -> float | None:
    """Mean wall seconds of both launches of a pair together; None without a whole pair."""
    walls = {side: [launch.wall_s for launch in launches if launch.side is side] for side in Side}
    if not all(walls.values()):
        return None
    return sum(math.fsum(values) / len(values) for values in walls.values())
