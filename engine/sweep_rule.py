"""The one rule that turns a sweep red: the configuration that base selected, matched in head."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from engine.comparison import PerfBudget, exceeds
from engine.findings import Finding, Reason
from engine.sweep.matching import Matched
from engine.sweep.reproducibility import Reproduced, unlike
from engine.sweep.seeds import SeedDecision, decide_seeds, seed_changes
from engine.values import Better, Mode, Outcome, Side

MIN_MEDIAN = 2  # the median over one configuration is that configuration


@dataclass(frozen=True, slots=True)
class RuleCase:
    """What the rule is applied to; *selected* is one of *configurations*.

    *reproduced* and *reproduced_head* are of second runs on either side, None without one.
    """

    suite: str
    budget: PerfBudget
    selected: Matched
    configurations: Mapping[str, Matched]
    reproduced: Reproduced | None
    reproduced_head: Reproduced | None
    declared: bool | None  # that the same seed gives the same result


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rows of the rule, its one-sided p in the sweep's family, and how seeds decided it.

    The first row is the selected configuration's; there is one of the median where it is red.
    """

    rows: tuple[Finding, ...]
    p: float
    seeds: SeedDecision | None = None

    def settled(self, *, held: bool) -> tuple[Finding, ...]:
        """Give the rows; what is red without its p *held* in the family cannot be told."""
        return self.rows if held else tuple(map(_doubted, self.rows))


def rule(case: RuleCase) -> Ruling:
    """Apply the budget to the selected configuration, and to the median over all.

    What was computed is compared exactly, with a p of 0 or 1. Where configurations have several
    seeds, chance is in the numbers, and pairs of seeds decide.
    """
    side = unlike(case.reproduced, case.reproduced_head)
    if side is not None and (case.declared or not case.selected.seeded):
        return Ruling((_not_reproducible(case, side),), 1.0)
    if case.selected.seeded and not _unchanged(case):
        return _by_seeds(case)
    rows = _exact(case)
    red = any(row.outcome is Outcome.REGRESSION for row in rows)
    return Ruling(rows, 0.0 if red else 1.0)


def over_budget(configuration: Matched, budget: PerfBudget) -> bool:
    """Whether a configuration worsened by more than the budget allows, in exact decimals."""
    return _drops(configuration.base_mean, configuration.head_mean, budget)


def median_change(configurations: Mapping[str, Matched]) -> float:
    """Give the median over all configurations of head minus base."""
    return statistics.median(one.change for one in configurations.values())


def _doubted(row: Finding) -> Finding:
    if row.outcome is not Outcome.REGRESSION:
        return row
    return msgspec.structs.replace(row, outcome=Outcome.INCONCLUSIVE, reason=Reason.CANNOT_TELL)


def _drops(before: float, after: float, budget: PerfBudget) -> bool:
    better, worse = (before, after) if budget.mode is Mode.MAX else (after, before)
    return exceeds(better, worse, allowed=budget.max_drop, epsilon=budget.epsilon_abs)


def _unchanged(case: RuleCase) -> bool:
    return all(abs(change) <= case.budget.epsilon_abs for change in case.selected.changes)


def _exact(case: RuleCase) -> tuple[Finding, ...]:
    selected, budget = case.selected, case.budget
    median = _median_drops(case)
    if over_budget(selected, budget):
        said = f"the median over all {len(case.configurations)} configurations does so, too"
        caveats = {"caveats": (said,)} if median else {}
        return (_row(case, Outcome.REGRESSION, Reason.METRIC_DROP, **caveats),)
    row = _row(case, *_not_worse(selected, budget))
    return (row, _median_row(case)) if median else (row,)


def _not_worse(selected: Matched, budget: PerfBudget) -> tuple[Outcome, Reason]:
    if _drops(selected.head_mean, selected.base_mean, budget):
        return Outcome.IMPROVEMENT, Reason.BETTER
    changed = abs(selected.change) > budget.epsilon_abs
    return Outcome.PASS, Reason.BEHAVIOUR_CHANGED if changed else Reason.WITHIN_BUDGET


def _median_drops(case: RuleCase) -> bool:
    if len(case.configurations) < MIN_MEDIAN:
        return False
    return _drops(0.0, median_change(case.configurations), case.budget)


def _median_row(case: RuleCase) -> Finding:
    everything = case.configurations.values()
    return _row(
        case,
        Outcome.REGRESSION,
        Reason.MEDIAN_DROP,
        base=statistics.median(one.base_mean for one in everything),
        head=statistics.median(one.head_mean for one in everything),
        change=median_change(case.configurations),
        points_of=len(case.configurations),
        caveats=("the change is the median of all changes",),
    )


def _not_reproducible(case: RuleCase, side: Side) -> Finding:
    """A broken promise fails, as does what head broke; else one run a side decides nothing."""
    found = case.reproduced if side is Side.BASE else case.reproduced_head
    largest = None if found is None else found.largest
    broken = side is Side.HEAD and case.reproduced is not None
    return _row(
        case,
        Outcome.ERROR if case.declared or broken else Outcome.INCONCLUSIVE,
        Reason.NOT_REPRODUCIBLE,
        side=Side.HEAD if broken else None,
        detail="a number is missing" if largest is None else f"by up to {largest:.2g}",
    )


def _by_seeds(case: RuleCase) -> Ruling:
    sign = -1.0 if case.budget.mode is Mode.MAX else 1.0
    changes = seed_changes(case.selected)
    limit = case.budget.max_drop + case.budget.epsilon_abs
    found = decide_seeds([sign * change for change in changes], limit)
    ends = [sign * end for end in (found.low, found.high) if end is not None]
    row = _row(
        case,
        found.outcome,
        found.reason,
        change=sign * found.worsening,
        low=min(ends, default=None),
        high=max(ends, default=None),
        seeds=found.pairs,
        further_pairs=None if found.needed is None else max(0, found.needed - found.pairs) or None,
    )
    return Ruling((row,), found.p, found)


def _row(case: RuleCase, outcome: Outcome, reason: Reason, **fields: Any) -> Finding:
    values: dict[str, Any] = {
        "base": case.selected.base_mean,
        "head": case.selected.head_mean,
        "change": case.selected.change,
        "caveats": (),
        **fields,
    }
    inside = ("in-sample",) if case.selected.sample == "is" else ()
    return Finding(
        case=case.suite,
        metric=case.budget.metric,
        outcome=outcome,
        reason=reason,
        better=Better.HIGHER if case.budget.mode is Mode.MAX else Better.LOWER,
        limit=case.budget.max_drop,
        budget_path=(case.budget.drop_key,),
        **{**values, "caveats": (*inside, *values["caveats"])},
    )
