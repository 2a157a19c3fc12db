"""Findings of a benchmark suite: the raw samples of its pairs, judged case by case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from engine.budgets import BenchmarkBudget, BudgetMatch, budget_for, idle_keys
from engine.findings import Finding, Reason
from engine.orders import BenchmarkEvidence, RunOrder
from engine.outcomes import COMPARED, INFORMATIONAL
from engine.samples import PairLaunch
from engine.stats.paired import Decision, decide, level
from engine.units import unknown_unit
from engine.value_bounds import within_bound
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
    caveats: tuple[str, ...] = ()


def judge_benchmark(
    order: RunOrder, evidence: BenchmarkEvidence, fingerprint: str | None
) -> BenchmarkJudgement:
    """Judge the pairs of *evidence*, after those of ``order.earlier``, against the suite's budget.

    *fingerprint* is of the hardware that measured the evidence: pairs of other hardware are not
    pooled with it. Where none were added, the earlier ones decide alone.

    Expected is what the merge base lists or measures: a case of those that head did not measure
    is no verdict, one that only head has is a row that changes nothing but by its ``max_value``.
    """
    foreign = bool(evidence.launches) and order.earlier_fingerprint != fingerprint
    launches = _pooled(() if foreign else order.earlier, evidence.launches)
    series = _collect(launches)
    budgets = order.suite.budget
    budgets = budgets if isinstance(budgets, BenchmarkBudget) else BenchmarkBudget()
    measured = {case for (case, _), one in series.items() if one.samples[Side.BASE]}
    expected = measured | set(evidence.listed_base or ())
    lost = expected - measured  # listed, yet without a number of the merge base to compare with
    whole = _whole_pairs(launches)
    judged = [
        _judge_series(key, one, budgets, whole)
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
        caveats=(
            *_evidence_caveats(order, evidence, foreign=foreign),
            *_idle_budgets(budgets, series, expected),
        ),
    )


def _pooled(earlier: Sequence[PairLaunch], new: Sequence[PairLaunch]) -> tuple[PairLaunch, ...]:
    """Take each side of each pair once: evidence is neither discarded nor counted twice."""
    taken: dict[tuple[int, Side], PairLaunch] = {}
    for launch in (*earlier, *new):
        taken.setdefault((launch.pair, launch.side), launch)
    return tuple(taken.values())


def _evidence_caveats(
    order: RunOrder, evidence: BenchmarkEvidence, *, foreign: bool
) -> Iterator[str]:
    if order.earlier and foreign:
        yield "earlier pairs are left out: another machine measured them"
    if order.earlier and not evidence.launches:
        yield "no further pairs were launched: the earlier ones decide"
    if evidence.cut_short:
        yield "the time was up during a pair of launches, which is left out"


def _whole_pairs(launches: Sequence[PairLaunch]) -> frozenset[int]:
    """Give the pairs of which both sides were launched."""
    base, head = ({one.pair for one in launches if one.side is side} for side in Side)
    return frozenset(base & head)


def _idle_budgets(
    budgets: BenchmarkBudget, series: Mapping[Key, _Series], expected: Iterable[str]
) -> tuple[str, ...]:
    """Say which keys of the budget hold for nothing; where nothing was measured, that says it."""
    measured = [(*key, unit) for key, one in series.items() for unit in sorted(one.units)]
    keys = idle_keys(budgets, measured, expected) if measured else ()
    return tuple(f"the budget's key {key} matches nothing that was measured" for key in keys)


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


def _judge_series(
    key: Key, series: _Series, budgets: BenchmarkBudget, whole: frozenset[int]
) -> Finding:
    base, head = series.samples[Side.BASE], series.samples[Side.HEAD]
    if not head:
        return _unjudged(key, Reason.MISSING_IN_HEAD)
    if not series.comparable:
        units = ", ".join(sorted(series.units)) or "none"
        caveat = f"its launches measure it differently (units: {units})"
        reason = Reason.NOT_COMPARABLE if base else Reason.NEW_IN_HEAD
        return _unjudged(key, reason, caveat)
    (unit,), (better,) = series.units, series.directions
    match = budget_for(budgets, *key, unit)
    pairs = sorted(base.keys() & head.keys()) if base else sorted(head)
    levels = {
        side: [level(found[pair], better) for pair in pairs if pair in found]
        for side, found in series.samples.items()
    }
    if base:
        compared = _compare(key, unit, better, levels, match)
        return _with_gaps(within_bound(compared, levels[Side.HEAD], match), series, whole)
    new = _unjudged(key, Reason.NEW_IN_HEAD)
    if match.budget.max_value is None:
        return new
    return within_bound(_with(new, unit=unit, better=better), levels[Side.HEAD], match)


def _with_gaps(finding: Finding, series: _Series, whole: frozenset[int]) -> Finding:
    """Judge what one side measured and the other did not, in the *whole* pairs of launches.

    What head loses once in a while is no verdict, unless the rest shows a regression already.
    """
    base, head = (series.samples[side].keys() & whole for side in (Side.BASE, Side.HEAD))
    lost, gained = len(base - head), len(head - base)
    if lost and finding.outcome is not Outcome.REGRESSION:
        detail = f"in {lost} of {len(whole)} pairs"
        return _with(
            _unjudged((finding.case, finding.metric), Reason.MISSING_IN_HEAD), detail=detail
        )
    caveats = [
        f"{side} did not measure it in {count} of {len(whole)} pairs"
        for side, count in (("head", lost), ("the merge base", gained))
        if count
    ]
    return _with(finding, caveats=(*finding.caveats, *caveats)) if caveats else finding


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
        caveats=(*decision.caveats, *_unit_caveats(key[1], unit)),
    )


def _unit_caveats(metric: str, unit: str) -> tuple[str, ...]:
    axis = unknown_unit(metric, unit)
    if axis is None:
        return ()
    named = f"so that only a budget of {metric} itself holds for it"
    return (f"its unit {unit} is no known unit of {axis}, {named}",)


def _with(finding: Finding, **changes: object) -> Finding:
    return msgspec.structs.replace(finding, **changes)


def _centre(levels: Sequence[float], decision: Decision) -> float | None:
    """Geometric mean of the levels, so that head/base is exactly 1 + change."""
    if decision.outcome is Outcome.NO_VERDICT or not levels:
        return None
    return math.exp(math.fsum(map(math.log, levels)) / len(levels))


def _fraction(logarithm: float | None) -> float | None:
    if logarithm is None:
        return None
    return math.expm1(min(max(logarithm, -_LARGEST_LOG), _LARGEST_LOG))


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
