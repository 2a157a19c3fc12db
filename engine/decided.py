"""All gates of a run, decided together: one path of looks, one family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.course import Course
from engine.gates import Gate, Statistic, clocks_of, gates_of, rows_of
from engine.series import Key, Series
from engine.stats import constants as c
from engine.stats.clock import Clock
from engine.stats.guard import IMPROVEMENT, REGRESSION, UNDECIDED, Decisions, decide_all
from engine.stats.spreads import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Gates and, row by row, what was decided of them; half widths are of the last look."""

    gates: tuple[Gate, ...]
    decisions: Decisions
    path: c.Path
    clocks: Mapping[str, Clock]
    rows: Mapping[tuple[Key, Statistic], int]
    half95: Floats
    half99: Floats
    half_miss: Floats  # at the miss level of that look: what a pass is decided by

    def row(self, key: Key, statistic: Statistic) -> int | None:
        """Find the row of a gate; None where there is none."""
        return self.rows.get((key, statistic))

    @property
    def undecided(self) -> frozenset[str]:
        """Name the cases with a level that is not decided yet."""
        return frozenset(
            gate.key.case
            for row, gate in enumerate(self.gates)
            if gate.statistic is Statistic.LEVEL
            and gate.differences is not None
            and self.decisions.outcome[row] == UNDECIDED
        )

    @property
    def suite_is_suspect(self) -> bool:
        """Whether the suite as a whole seems worse by more than its budget, and may still be."""
        for row, gate in enumerate(self.gates):
            if gate.statistic is Statistic.SUITE:
                open_ = self.decisions.outcome[row] == UNDECIDED and self.decisions.pairs[row] > 0
                return bool(open_ and self.decisions.effect[row] > gate.limit)
        return False

    def alike(self, row: int) -> int:
        """Count the cases that are worse, or better, by themselves as row *row* is; of others 0."""
        outcome = self.decisions.outcome[row]
        if outcome not in {REGRESSION, IMPROVEMENT}:
            return 0
        return sum(
            gate.statistic is Statistic.LEVEL and self.decisions.outcome[place] == outcome
            for place, gate in enumerate(self.gates)
        )


def decide_gates(series: Mapping[Key, Series], course: Course) -> Decided:
    """Make the gates of *series* and decide them on their course.

    The family of a regression is every gate of this order, times the orders of its check.
    """
    clocks = clocks_of(series, course.gauge)
    gates = gates_of(series, course.gauge, clocks)
    family = max(course.family, len(gates) * course.share)
    decisions = decide_all(rows_of(gates), course.path, family=family)
    return Decided(
        gates=gates,
        decisions=decisions,
        path=course.path,
        clocks=clocks,
        rows={(gate.key, gate.statistic): row for row, gate in enumerate(gates)},
        half95=decisions.half_width(c.REPEATED_95),
        half99=decisions.half_width(c.REPEATED_99),
        half_miss=_half_miss(decisions, course.path),
    )


def _half_miss(decisions: Decisions, path: c.Path) -> Floats:
    """Give each row's half width at the miss level of its own look, as a continued path has two."""
    half = np.full(len(decisions.pairs), np.nan)
    for level in set(path.miss):
        looks = [look for look, miss in zip(path.looks, path.miss, strict=True) if miss == level]
        here = np.isin(decisions.pairs, looks)
        half[here] = decisions.half_width(level)[here]
    return half
