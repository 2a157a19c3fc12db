"""Findings of a benchmark suite: the raw samples of its pairs, judged case by case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from engine.budgets import BenchmarkBudget, BudgetMatch, budget_for
from engine.findings import Finding, Reason
from engine.orders import BenchmarkEvidence, RunOrder
from engine.outcomes import COMPARED, INFORMATIONAL, severity
from engine.samples import PairLaunch
from engine.stats.paired import Decision, bound_outcome, decide, level
from engine.units import parse_quantity
from engine.values import Better, Outcome, Side

_LARGEST_LOG = 700.0  # exp of more is no float

Key = tuple[str, str]  # case, metric


@dataclass(slots=True)
class _Series:
    """All samples of one metric of one case, by side and pair."""

    samples: dict[Side, dict[int, list[float]]] = field(
        default_factory=lambda: {side: {} for side in Side}
    )
    units: set[str] = field(default_factory=set)
    directions: set[Better] = field(default_factory=set)

    @property
    def comparable(self) -> bool:
        return len(self.units) == 1 and len(self.directions) == 1


@dataclass(frozen=True, slots=True)
class BenchmarkJudgement:
    """Findings by case and metric; counts are of the cases that were expected."""

    findings: tuple[Finding, ...]
    expected: int
    measured: int
    method: str
    pair_s: float | None


def judge_benchmark(order: RunOrder, evidence: BenchmarkEvidence) -> BenchmarkJudgement:
    """Judge the pairs of *evidence*, after those of ``order.earlier``, against the suite's budget.

    Expected is what the merge base lists or measures: a case of those that head did not measure
    is no verdict, one that only head has is a row that changes nothing.
    """
    launches = _pooled(order.earlier, evidence.launches)
    series = _collect(launches)
    budgets = order.suite.budget
    budgets = budgets if isinstance(budgets, BenchmarkBudget) else BenchmarkBudget()
    measured = {case for (case, _), one in series.items() if one.samples[Side.BASE]}
    expected = measured | set(evidence.listed_base or ())
    lost = expected - measured  # listed, yet without a number of the merge base to compare with
    judged = [
        _judge_series(key, one, budgets)
        for key, one in sorted(series.items())
        if key[0] not in lost
    ]
    findings = (*judged, *map(_not_measured, sorted(lost)))
    return BenchmarkJudgement(
        findings=findings,
        expected=len(expected),
        measured=len(expected) - len(_uncompared(findings) & expected),
        method=_method(findings),
        pair_s=_pair_seconds(launches),
    )


def _pooled(earlier: Sequence[PairLaunch], new: Sequence[PairLaunch]) -> tuple[PairLaunch, ...]:
    """Take each side of each pair once: evidence is neither discarded nor counted twice."""
    taken: dict[tuple[int, Side], PairLaunch] = {}
    for launch in (*earlier, *new):
        taken.setdefault((launch.pair, launch.side), launch)
    return tuple(taken.values())


def _collect(launches: Iterable[PairLaunch]) -> dict[Key, _Series]:
    series: dict[Key, _Series] = {}
    for launch in launches:
        for measured in launch.measured:
            one = series.setdefault((measured.case, measured.metric), _Series())
            one.samples[launch.side].setdefault(launch.pair, []).extend(measured.samples)
            one.units.add(measured.unit)
            one.directions.add(measured.better)
    return series


def _uncompared(findings: Iterable[Finding]) -> set[str]:
    return {
        finding.case
        for finding in findings
        if finding.outcome not in COMPARED and finding.reason not in INFORMATIONAL
    }


def _judge_series(key: Key, series: _Series, budgets: BenchmarkBudget) -> Finding:
    case, metric = key
    base, head = series.samples[Side.BASE], series.samples[Side.HEAD]
    if not base:
        return _unjudged(key, Reason.NEW_IN_HEAD)
    if not head:
        return _unjudged(key, Reason.MISSING_IN_HEAD)
    if not series.comparable:
        units = ", ".join(sorted(series.units)) or "none"
        caveat = f"base and head measure it differently (units: {units})"
        return _unjudged(key, Reason.NOT_COMPARABLE, caveat)
    (unit,), (better,) = series.units, series.directions
    pairs = sorted(base.keys() & head.keys())
    levels = {side: [level(series.samples[side][pair], better) for pair in pairs] for side in Side}
    match = budget_for(budgets, case, metric, unit)
    return _within_bound(_compare(key, unit, better, levels, match), levels[Side.HEAD], match)


def _unjudged(key: Key, reason: Reason, caveat: str = "") -> Finding:
    return Finding(
        case=key[0],
        metric=key[1],
        outcome=Outcome.NO_VERDICT,
        reason=reason,
        caveats=(caveat,) if caveat else (),
    )


def _not_measured(case: str) -> Finding:
    return _unjudged((case, ""), Reason.NOT_MEASURED)


def _compare(
    key: Key,
    unit: str,
    better: Better,
    levels: Mapping[Side, Sequence[float]],
    match: BudgetMatch,
) -> Finding:
    base, head = levels[Side.BASE], levels[Side.HEAD]
    decision = decide(base, head, max_worsening=match.budget.max_worsening, better=better)
    return Finding(
        case=key[0],
        metric=key[1],
        outcome=decision.outcome,
        reason=decision.reason,
        unit=unit,
        better=better,
        base=_centre(base, decision),
        head=_centre(head, decision),
        change=_fraction(decision.effect),
        low=_fraction(decision.low),
        high=_fraction(decision.high),
        limit=match.budget.max_worsening,
        pairs=decision.pairs,
        further_pairs=decision.further_pairs,
        smallest_visible=_fraction(decision.smallest_visible),
        budget_path=match.path,
        caveats=decision.caveats,
    )


def _centre(levels: Sequence[float], decision: Decision) -> float | None:
    """Geometric mean of the levels, so that head/base is exactly 1 + change."""
    if decision.outcome is Outcome.NO_VERDICT or not levels:
        return None
    return math.exp(math.fsum(map(math.log, levels)) / len(levels))


def _fraction(logarithm: float | None) -> float | None:
    if logarithm is None:
        return None
    return math.expm1(min(max(logarithm, -_LARGEST_LOG), _LARGEST_LOG))


def _within_bound(finding: Finding, head: Sequence[float], match: BudgetMatch) -> Finding:
    """Apply the absolute bound, which can only make an outcome worse."""
    if match.budget.max_value is None or not head:
        return finding
    bound = _bound(match.budget.max_value, finding.unit)
    if bound is None:
        return _wrong_bound(finding, match)
    outcome = bound_outcome(head, bound)
    reasons = {
        Outcome.REGRESSION: Reason.OVER_MAX_VALUE,
        Outcome.INCONCLUSIVE: Reason.AT_MAX_VALUE,
    }
    worse = _with(finding, outcome=outcome, reason=reasons.get(outcome, finding.reason))
    return _with(worse if severity(worse) > severity(finding) else finding, bound=bound)


def _bound(value: str | float, unit: str) -> float | None:
    if not isinstance(value, str):
        return float(value)
    number, bound_unit = parse_quantity(value)
    return number if bound_unit == unit else None


def _wrong_bound(finding: Finding, match: BudgetMatch) -> Finding:
    detail = f"max_value {match.budget.max_value} is no quantity in {finding.unit or 'its unit'}"
    return _with(
        finding,
        outcome=Outcome.ERROR,
        reason=Reason.INVALID,
        step="apply max_value",
        detail=detail,
    )


def _with(finding: Finding, **changes: object) -> Finding:
    return msgspec.structs.replace(finding, **changes)


def _method(findings: Sequence[Finding]) -> str:
    """Name the decision that was taken, with the pairs that it was taken on."""
    counts = sorted({finding.pairs for finding in findings if finding.pairs})
    if not counts:
        return ""
    pairs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    higher = any(finding.better is Better.HIGHER for finding in findings)
    best = "minimum (maximum where higher is better)" if higher else "minimum"
    return f"{pairs} pairs, {best} of a launch, 99 % t interval"


def _pair_seconds(launches: Sequence[PairLaunch]) -> float | None:
    """Mean wall seconds of both launches of a pair together; None without a whole pair."""
    walls = {side: [launch.wall_s for launch in launches if launch.side is side] for side in Side}
    if not all(walls.values()):
        return None
    return sum(math.fsum(values) / len(values) for values in walls.values())
