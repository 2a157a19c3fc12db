"""All gates of a run, decided together: one path of looks, one family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.gates import Gate, Gauge, Statistic, gates_of, rows_of
from engine.orders import RunOrder
from engine.series import Key, Series
from engine.stats import constants as c
from engine.stats.guard import UNDECIDED, Decisions, decide_all


@dataclass(frozen=True, slots=True)
class Decided:
    """Gates and, row by row, what was decided of them."""

    gates: tuple[Gate, ...]
    decisions: Decisions
    path: c.Path

    def row(self, key: Key, statistic: Statistic) -> int | None:
        """Find the row of a gate; None where there is none."""
        wanted = (key, statistic)
        return next(
            (row for row, gate in enumerate(self.gates) if (gate.key, gate.statistic) == wanted),
            None,
        )

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


def decide_gates(series: Mapping[Key, Series], gauge: Gauge, order: RunOrder) -> Decided:
    """Make the gates of *series* and decide them on the path of *order*.

    The family of a regression is every gate of this order, times the orders of its check.
    """
    gates = gates_of(series, gauge)
    family = len(gates) * order.suites_of_check
    path = path_for(order)
    return Decided(gates, decide_all(rows_of(gates), path, family=family), path)


def path_for(order: RunOrder) -> c.Path:
    """Give the looks of *order*: those declared with its suite, or those of a continuation."""
    most = order.suite.measure.max_pairs
    if order.earlier:
        return c.path_of(c.LONG.last, continued=most <= c.SHORT.last)
    return c.path_of(most)
