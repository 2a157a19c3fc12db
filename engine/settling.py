"""Settling a step of the history: a paired run between its two commits, and what it showed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from engine.budgets import BenchmarkBudget, MetricBudget
from engine.findings import Finding, Reason, SuiteVerdict
from engine.history import Bracket, SeriesKey, StepHypothesis
from engine.orders import RunOrder
from engine.values import Better, ExitCode, Outcome

SMALLEST, LARGEST = 0.01, 0.20  # budgets that the paired decision can be asked about
_CLOCKS = frozenset({"wall", "cpu"})  # one of them decides, and not every time the same one
_DECIDED = frozenset({Outcome.REGRESSION, Outcome.IMPROVEMENT})


class StepState(StrEnum):
    """How far a hypothesis is."""

    UNSETTLED = "unsettled"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNCLEAR = "unclear"  # measured, and the pairs cannot tell


class Settlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a paired run between two commits showed of one series.

    ``change``, ``low`` and ``high`` are fractions of the older commit's level (99 % interval);
    None: nothing could be compared. ``measured_on`` is the fingerprint of the hardware, which
    need not be the series' own. ``problem`` says why nothing was measured, None where something
    was tried or nobody said; ``declared_at`` is the commit whose declaration was the reason.
    """

    suite: str
    case: str
    metric: str
    fingerprint: str
    before: str
    after: str
    state: StepState
    outcome: Outcome
    reason: Reason | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    pairs: int | None = None
    runner: str | None = None
    measured_on: str | None = None
    settled_utc: str
    run: str
    problem: str | None = None
    declared_at: str | None = None

    @property
    def key(self) -> SeriesKey:
        """The series that it is about."""
        return SeriesKey(self.suite, self.case, self.metric, self.fingerprint)

    @property
    def bracket(self) -> Bracket:
        """The commits between which it was measured."""
        return Bracket(before=self.before, after=self.after)


@dataclass(frozen=True, slots=True)
class Standing:
    """A hypothesis with what is known of it; ``next``: what to measure, None when it is settled."""

    hypothesis: StepHypothesis
    state: StepState
    settlement: Settlement | None = None
    next: Bracket | None = None

    @property
    def is_worse(self) -> bool:
        """Whether the step is a confirmed worsening; of unknown direction is not."""
        settlement, better = self.settlement, self.hypothesis.better
        if self.state is not StepState.CONFIRMED or settlement is None or better is None:
            return False
        rises = (settlement.change or 0.0) > 0
        return rises is (better is Better.LOWER)


def standing(hypothesis: StepHypothesis, settlements: Iterable[Settlement]) -> Standing:
    """Say how far a hypothesis is: confirmed by any of its brackets, refuted by all of them.

    The narrow bracket is measured first. Where it shows nothing, the wide one is: the search
    names the place of a step to within a few commits. What was measured outweighs what was not,
    then the later answer the earlier.
    """
    mine = (one for one in settlements if one.key == hypothesis.key)
    known = {one.bracket: one for one in sorted(mine, key=lambda one: one.runner is not None)}
    last = None
    for bracket in hypothesis.brackets:
        last = known.get(bracket)
        if last is None:
            return Standing(hypothesis, StepState.UNSETTLED, next=bracket)
        if last.state is StepState.CONFIRMED:
            return Standing(hypothesis, last.state, last)
    return Standing(hypothesis, last.state if last else StepState.UNSETTLED, last)


def settling_order(order: RunOrder, asked: Sequence[StepHypothesis]) -> RunOrder:
    """Make of a suite's *order* one that settles the hypotheses *asked*: their cases, in pairs.

    A case's budget is half its step, of several the smallest, so that the paired decision is
    asked whether there is a step of that size or none. Both sides are measured with the older
    commit's measuring files, which is what the question is about, and nothing is screened.

    >>> asked_budget(0.05), asked_budget(-0.004), asked_budget(3.0)
    (0.025, 0.01, 0.2)
    """
    cases: dict[str, dict[str, MetricBudget]] = {}
    for one in sorted(asked, key=lambda one: -abs(one.effect)):
        limit = MetricBudget(max_worsening=asked_budget(one.effect))
        cases.setdefault(one.case, {}).update(dict.fromkeys(sorted(_metrics(one)), limit))
    return msgspec.structs.replace(
        order,
        suite=msgspec.structs.replace(order.suite, budget=BenchmarkBudget(cases=cases)),
        cases=tuple(sorted(cases)),
        certificates=(),
        measuring_changed=(),
    )


def asked_budget(effect: float) -> float:
    """Give the budget that a step of *effect* is settled with: half of it, from 1 to 20 %."""
    return min(max(abs(effect) / 2, SMALLEST), LARGEST)


def settled(
    hypothesis: StepHypothesis, bracket: Bracket, verdict: SuiteVerdict, now_utc: str
) -> Settlement:
    """Read off a run's *verdict* what became of the hypothesis in *bracket*."""
    blank = msgspec.structs.replace(
        unsettleable(hypothesis, bracket, verdict.run, now_utc),
        outcome=verdict.outcome,
        reason=verdict.reason,
        runner=verdict.runner,
        measured_on=verdict.fingerprint,
    )
    finding = _finding(hypothesis, verdict.findings)
    if finding is None:
        return blank
    return msgspec.structs.replace(
        blank,
        state=_state(hypothesis, finding),
        outcome=finding.outcome,
        reason=finding.reason,
        change=finding.change,
        low=finding.low,
        high=finding.high,
        pairs=finding.pairs,
    )


def unsettleable(
    hypothesis: StepHypothesis,
    bracket: Bracket,
    run: str,
    now_utc: str,
    problem: str | None = None,
) -> Settlement:
    """Say that the pair of commits was not measured, and by which *problem*: nothing is known."""
    return Settlement(
        **hypothesis.key._asdict(),
        before=bracket.before,
        after=bracket.after,
        state=StepState.UNCLEAR,
        outcome=Outcome.NO_VERDICT,
        settled_utc=now_utc,
        run=run,
        problem=problem,
    )


def measured_anywhere(settlements: Iterable[Settlement]) -> tuple[Settlement, ...]:
    """Keep what a runner measured, so that all else is asked again."""
    return tuple(one for one in settlements if one.runner is not None)


def standing_at(settlements: Iterable[Settlement], tip: str) -> tuple[Settlement, ...]:
    """Leave out what another declaration than that of *tip* kept from being measured."""
    return tuple(one for one in settlements if one.declared_at in {None, tip})


def history_exit_code(found: Sequence[Standing]) -> int:
    """Give the exit code: 1 for a confirmed worsening, 3 while something is open or unclear."""
    if any(one.is_worse for one in found):
        return ExitCode.REGRESSION
    open_ones = {StepState.UNSETTLED, StepState.UNCLEAR}
    if any(one.state in open_ones for one in found):
        return ExitCode.CANNOT_TELL
    return ExitCode.WITHIN_BUDGET


def _finding(hypothesis: StepHypothesis, findings: Iterable[Finding]) -> Finding | None:
    """Choose the finding of the series' own metric, else that of the clock which decided."""
    wanted = _metrics(hypothesis)
    mine = [
        one
        for one in findings
        if one.case == hypothesis.case and one.metric in wanted
        if one.statistic == "level" and one.reason is not Reason.OWN_COPY
    ]
    return min(mine, key=lambda one: one.metric != hypothesis.metric, default=None)


def _metrics(hypothesis: StepHypothesis) -> frozenset[str]:
    return _CLOCKS if hypothesis.metric in _CLOCKS else frozenset({hypothesis.metric})


def _state(hypothesis: StepHypothesis, finding: Finding) -> StepState:
    """Confirmed takes an effect that is real, and in the direction of the step."""
    if finding.change is None or finding.low is None or finding.high is None:
        return StepState.UNCLEAR
    same = (finding.change > 0) is (hypothesis.effect > 0)
    real = finding.outcome in _DECIDED or finding.reason is Reason.REAL_BUT_SMALL
    if real and same:
        return StepState.CONFIRMED
    decided = finding.outcome is Outcome.PASS or finding.outcome in _DECIDED
    return StepState.REFUTED if decided else StepState.UNCLEAR
