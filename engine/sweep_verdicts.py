"""Findings of a sweep: one rule on the configuration that base selected, and what stands beside.

docs/explanation/sweep-statistics.md goes through it step by step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine import sweep_quality
from engine.baselines import BaselineData
from engine.comparison import ComparisonVerdict, PerfBudget, compare_results
from engine.errors import UserError
from engine.findings import Behaviour, BesideLine, Finding, Reason
from engine.orders import SweepEvidence
from engine.promoted import held_to_promoted
from engine.quality import Quality, Seeds
from engine.stats.multiplicity import holm
from engine.sweep.leaderboard import SweepSummary, summarise, to_current
from engine.sweep.matching import Matched, matched
from engine.sweep.reproducibility import Reproduced, reproduced, unlike
from engine.sweep_baselines import as_baseline, beside, plain_rule
from engine.sweep_bounds import Bounded, Sides, elapsed, success
from engine.sweep_leaks import canary_caveats, leak_findings
from engine.sweep_points import SweepPoints, behaviour, coverage_findings, late_findings
from engine.sweep_quality import Looks
from engine.sweep_rule import RuleCase, Ruling, rule
from engine.values import Mode, Outcome, Side

METHOD = "the configuration that the merge base selected, matched in head, and the median over all"
FAMILY = 0.05  # Holm, over the rule, the success rate and the elapsed time of one sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepCase:
    """What a sweep's evidence is judged by; ``base`` is the commit of the merge base.

    ``seed`` draws resamples. ``deterministic`` is what the suite declares, ``rerun`` whether a
    second run of the selected configuration was asked for, ``looks`` how many sweeps of the suite
    were stored before.
    """

    suite: str
    base: str
    measured_utc: str
    budget: PerfBudget | None
    baselines: Mapping[str, BaselineData]
    seed: int = 0
    deterministic: bool | None = None
    rerun: bool = False
    looks: int | None = None


@dataclass(frozen=True, slots=True)
class SweepJudgement:
    """Findings of the rule; counts are of the merge base's points.

    ``measured`` are those that gave a number on both sides, unless a side's time was up.
    """

    findings: tuple[Finding, ...]
    beside: tuple[BesideLine, ...] = ()
    behaviour: Behaviour | None = None
    quality: Quality | None = None
    expected: int | None = None
    measured: int = 0
    caveats: tuple[str, ...] = ()


def judge_sweep(case: SweepCase, evidence: SweepEvidence) -> SweepJudgement:
    """Hold head to the budget as compared with the merge base, configuration by configuration.

    A merge base that cannot be compared with is no verdict; a head without a value is an error
    of the candidate; points of the merge base that head lacks are no verdict, nor is anything
    said of a sweep that ran out of time: the part that was done is another sweep.
    A strategy that looks ahead on head is red, whatever the numbers say.
    """
    judged = _judge_numbers(case, evidence)
    return replace(
        judged,
        findings=(*leak_findings(case.suite, evidence), *judged.findings),
        caveats=(*judged.caveats, *canary_caveats(evidence)),
    )


def _judge_numbers(case: SweepCase, evidence: SweepEvidence) -> SweepJudgement:
    if case.budget is None:
        return SweepJudgement((_no_budget(),))
    points = SweepPoints.of(evidence)
    late = late_findings(points, evidence.metric)
    if late:
        return SweepJudgement(late, expected=points.expected, measured=points.measured)
    try:
        base = summarise(evidence.base, evidence.metric, Mode(evidence.mode))
        stored = as_baseline(base, case.base, case.measured_utc)
    except UserError as error:
        return SweepJudgement((_no_verdict(case, Reason.BASE_FAILED, error.problem, Side.BASE),))
    try:
        head = summarise(evidence.head, evidence.metric, Mode(evidence.mode))
        plain = compare_results(to_current(head), stored, case.budget)
    except UserError as error:
        return SweepJudgement((_no_verdict(case, Reason.NOT_COMPARABLE, error.problem, None),))
    compared = _Compared(case, case.budget, evidence, points, base, head, plain)
    return _judged(compared)


@dataclass(frozen=True, slots=True)
class _Again:
    """Whether second runs of what was selected were the first ones again; None: there was none."""

    base: Reproduced | None
    head: Reproduced | None

    @classmethod
    def of(cls, evidence: SweepEvidence) -> _Again:
        return cls(
            reproduced(evidence.base, evidence.rerun),
            reproduced(evidence.head, evidence.rerun_head),
        )


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two sweeps that can be compared: both have rows of the budget's metric, and a base level."""

    case: SweepCase
    budget: PerfBudget
    evidence: SweepEvidence
    points: SweepPoints
    base: SweepSummary
    head: SweepSummary
    plain: ComparisonVerdict

    @property
    def selected(self) -> str:
        """The configuration that the merge base's sweep selected in-sample."""
        return self.base.selected or ""


def _judged(sweep: _Compared) -> SweepJudgement:
    configurations = matched(sweep.points.base, sweep.points.head, sweep.evidence.metric)
    again = _Again.of(sweep.evidence)
    ruling = _ruling(sweep, configurations, again)
    rows = _family(sweep, ruling)
    exact = unlike(again.base, again.head) is None
    stored = sweep.case.baselines if exact else {}
    held = held_to_promoted(sweep.case.suite, configurations, stored, sweep.budget)
    return SweepJudgement(
        findings=(
            *([] if ruling is not None else _unruled(sweep)),
            *rows,
            *held.findings,
            *coverage_findings(
                sweep.points, sweep.evidence.metric, (sweep.base.selected, sweep.head.selected)
            ),
        ),
        beside=beside(sweep.head, sweep.case.baselines, sweep.budget),
        behaviour=behaviour(sweep.points),
        quality=_quality(sweep, configurations, ruling, again),
        expected=sweep.points.expected,
        measured=sweep_quality.compared(sweep.points, sweep.base, sweep.head),
        caveats=(*_caveats(sweep, configurations, again), *held.caveats),
    )


def _ruling(
    sweep: _Compared, configurations: Mapping[str, Matched], again: _Again
) -> Ruling | None:
    """Apply the rule; None: head has no number of the selected configuration to compare with."""
    selected = configurations.get(sweep.selected)
    if selected is None:
        return None
    return rule(
        RuleCase(
            suite=sweep.case.suite,
            budget=sweep.budget,
            selected=selected,
            configurations=configurations,
            reproduced=again.base,
            reproduced_head=again.head,
            declared=sweep.case.deterministic,
        )
    )


def _unruled(sweep: _Compared) -> list[Finding]:
    """Say why the rule could not be applied; what head lacks is told with all missing points."""
    places = [place for place in sweep.points.base if place[0] == sweep.selected]
    if any(place not in sweep.points.head for place in places):
        return []
    failed = [error for error in sweep.head.errors if error.config_id == sweep.selected]
    if failed:
        params = sweep_quality.told(failed[0].params)
        named = f"{params} ({sweep.selected})" if params else sweep.selected
        return [_no_number(sweep.budget.metric, f"{named}: {failed[0].error}")]
    detail = f"{sweep.selected} is reported in-sample on one side and out of sample on the other"
    return [_no_verdict(sweep.case, Reason.NOT_COMPARABLE, detail, None)]


def _family(sweep: _Compared, ruling: Ruling | None) -> list[Finding]:
    """Hold what may turn the sweep red to one family, and give its rows."""
    sides = Sides(sweep.case.suite, sweep.base, sweep.head)
    bounds = [success(sides, sweep.budget), elapsed(sides, sweep.budget)]
    members: list[Ruling | Bounded] = [one for one in (ruling, *bounds) if one is not None]
    held = holm([one.p for one in members], FAMILY)
    return [
        row for one, stands in zip(members, held, strict=True) for row in one.settled(held=stands)
    ]


def _quality(
    sweep: _Compared,
    configurations: Mapping[str, Matched],
    ruling: Ruling | None,
    again: _Again,
) -> Quality:
    seeds = None if ruling is None else ruling.seeds
    failures = sweep_quality.failures(sweep.base, sweep.head)
    named = (sweep.selected, sweep.head.selected, *(failures.newly if failures else ()))
    return Quality(
        metric=sweep.budget.metric,
        selected=sweep.selected,
        parameters=sweep_quality.parameters(sweep.head, sweep.base, named),
        reproduced=None if again.base is None else again.base.same,
        deviation=None if again.base is None else again.base.largest,
        reproduced_head=None if again.head is None else again.head.same,
        plain=plain_rule(sweep.base, sweep.head, sweep.plain),
        sharpe=sweep_quality.sharpe(sweep.evidence, sweep.selected, sweep.budget, sweep.case.seed),
        changes=sweep_quality.changes(configurations, sweep.budget),
        failures=failures,
        winner=sweep_quality.winner(
            sweep.evidence, sweep.base, sweep.head, Looks(sweep.case.looks)
        ),
        seeds=None if seeds is None else Seeds(pairs=seeds.pairs, sd=seeds.sd, needed=seeds.needed),
        p90=sweep_quality.elapsed_limits(sweep.head),
    )


def _caveats(sweep: _Compared, configurations: Mapping[str, Matched], again: _Again) -> list[str]:
    said = []
    if sweep.head.summary.sample == "is":
        said.append("in-sample values: the sweep has no out-of-sample ones")
    if again.base is None and sweep.case.rerun:
        said.append("no time was left to see whether the same seed gives the same numbers again")
    elif again.base is None:
        said.append("not known whether the same seed gives the same numbers again")
    if sweep.selected in configurations:
        said += _missing_returns(sweep)
    return said


def _missing_returns(sweep: _Compared) -> list[str]:
    """Say why there is no test of chance, where the strategy does give returns."""
    kept = {row.side for row in sweep.evidence.returns if row.id == sweep.selected}
    signed = {row.signed or "" for row in sweep.evidence.base if row.id == sweep.selected}
    if any("returns" in kind for kind in signed) and not kept:
        return ["the returns of the selected configuration are too many to be kept and tested"]
    if "trades and equity" in signed and len(kept) < len(Side):
        return ["no returns of the selected configuration were kept to be tested for chance"]
    return []


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
