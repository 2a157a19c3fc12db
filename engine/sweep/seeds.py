"""Sweeps of chance: the same seeds on both sides, and GUARD on the differences of their pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.findings import Reason
from engine.stats import constants as c
from engine.stats.guard import (
    IMPROVEMENT,
    PASS,
    REGRESSION,
    Comparisons,
    Decisions,
    decide_all,
)
from engine.sweep.matching import Matched
from engine.values import Outcome

SHOWN = 0.005  # a side: the 99 % interval; the only look is at all pairs, so nothing is repeated
_USUAL_BUDGET = 0.05  # GUARD's floors are fractions: budgets are scaled to this one
_NEGLIGIBLE = 1e-9

_OUTCOMES = {
    REGRESSION: (Outcome.REGRESSION, Reason.METRIC_DROP),
    IMPROVEMENT: (Outcome.IMPROVEMENT, Reason.BETTER),
    PASS: (Outcome.PASS, Reason.WITHIN_BUDGET),
}


@dataclass(frozen=True, slots=True)
class SeedDecision:
    """What pairs of seeds decide; all numbers but ``p`` are worsenings in the metric's own unit.

    ``low`` and ``high`` are the 99 % interval, None with under five pairs. ``needed`` pairs would
    show a change of the budget's size; None: the budget allows nothing, or there is no spread yet.
    """

    outcome: Outcome
    reason: Reason
    pairs: int
    worsening: float
    low: float | None = None
    high: float | None = None
    p: float = 1.0
    sd: float | None = None
    needed: int | None = None


def seed_changes(configuration: Matched) -> tuple[float, ...]:
    """Give head minus base of every seed, by ascending seed, averaged over the folds it has.

    Folds of one seed are not independent. Where seeds do not have the same folds, each is a pair.
    """
    by_seed: dict[int | None, dict[int | None, float]] = {}
    for (_, fold, seed), change in zip(configuration.places, configuration.changes, strict=True):
        by_seed.setdefault(seed, {})[fold] = change
    if len({frozenset(folds) for folds in by_seed.values()}) > 1:
        return configuration.changes
    ordered = sorted(by_seed.items(), key=lambda item: item[0] or 0)
    return tuple(math.fsum(folds.values()) / len(folds) for _, folds in ordered)


def decide_seeds(worsenings: Sequence[float], limit: float) -> SeedDecision:
    """Decide whether the mean worsening exceeds *limit*, both in the metric's own unit.

    GUARD in these units, without logarithms. All pairs were measured at once, so there is one
    look, at the level that elsewhere each of several looks has.

    >>> noise = [0.01, -0.01] * 6
    >>> decide_seeds([0.2 + one for one in noise], 0.05).outcome.value
    'regression'
    >>> decide_seeds([0.02 + 20 * one for one in noise], 0.05).reason.value
    'cannot_tell'
    """
    pairs, mean = len(worsenings), math.fsum(worsenings) / len(worsenings)
    if pairs < c.MIN_PAIRS:
        few = (Outcome.INCONCLUSIVE, Reason.TOO_FEW_PAIRS)
        return SeedDecision(*few, pairs, mean, needed=c.MIN_ALARM_PAIRS)
    scale = _scale(max(map(abs, worsenings)), limit)
    rows = Comparisons(
        scale * np.array([worsenings]), np.array([scale * limit]), np.array([np.nan])
    )
    decided = decide_all(rows, c.Path((pairs,), (c.SHORT_ALARM,), (SHOWN,)))
    outcome = _OUTCOMES.get(int(decided.outcome[0]), (Outcome.INCONCLUSIVE, Reason.CANNOT_TELL))
    return _decision(outcome, decided, scale, limit)


def needed_pairs(sd: float, limit: float) -> int | None:
    """Give the pairs that show a change of *limit*: (4.94 sd / limit)², eight at least.

    None where no number of pairs does that anybody would run.

    >>> needed_pairs(0.05, 0.05), needed_pairs(0.2, 0.05), needed_pairs(0.2, 0.0)
    (25, 391, None)
    """
    if limit <= _NEGLIGIBLE * sd:
        return None
    return max(c.MIN_ALARM_PAIRS, math.ceil((c.VISIBLE * sd / limit) ** 2))


def _scale(largest: float, limit: float) -> float:
    """Make the budget the usual one; where it is next to nothing, the largest change 1."""
    if limit > _NEGLIGIBLE * largest:
        return _USUAL_BUDGET / limit
    return 1 / largest if largest else 1.0


def _decision(
    outcome: tuple[Outcome, Reason], decided: Decisions, scale: float, limit: float
) -> SeedDecision:
    effect, half = float(decided.effect[0]), float(decided.half_width(SHOWN)[0])
    sd = float(decided.sd[0]) / scale
    return SeedDecision(
        *outcome,
        pairs=int(decided.pairs[0]),
        worsening=effect / scale,
        low=(effect - half) / scale,
        high=(effect + half) / scale,
        p=float(decided.p[0]),
        sd=sd,
        needed=needed_pairs(sd, limit),
    )
