"""Budgets: how much worsening is tolerated, per case and metric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec

from engine.units import axis_of, parse_quantity

DEFAULT_MAX_WORSENING = 0.03  # the smallest effect that matters, where the user wrote none


class MetricBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one metric may lose: a fraction of the base, and optionally a bound on head itself.

    ``max_value`` is a number in the metric's own unit or a quantity such as ``70ms``.
    """

    max_worsening: Annotated[float, msgspec.Meta(ge=0.001, le=10.0)] = DEFAULT_MAX_WORSENING
    max_value: str | float | None = None

    def __post_init__(self) -> None:
        """Refuse a bound that is not a quantity."""
        if isinstance(self.max_value, str):
            parse_quantity(self.max_value)

    @property
    def log_limit(self) -> float:
        """L = ln(1 + budget), the limit in the scale of ln(head/base).

        >>> round(MetricBudget(max_worsening=0.10).log_limit, 6)
        0.09531
        """
        return math.log1p(self.max_worsening)


MetricBudgets = dict[str, MetricBudget]


class BenchmarkBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Budgets of a benchmark suite: a default per metric axis, and cases by glob.

    A key is a metric's own name or its axis: ``time``, ``memory`` or ``instructions``.
    """

    default: MetricBudgets = {}
    cases: dict[str, MetricBudgets] = {}


class BudgetMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The budget that holds for a case and metric, and its key path in the suite's ``budget``."""

    budget: MetricBudget
    path: tuple[str, ...]  # empty: nothing was written, the default of the program holds


def budget_for(budgets: BenchmarkBudget, case: str, metric: str, unit: str) -> BudgetMatch:
    """Choose the budget of *case* and *metric*: the first matching glob, else the default.

    A glob is matched against the whole case name and against its part after the last ``::``.
    A metric's own name goes before its axis.

    >>> budgets = BenchmarkBudget(cases={"test_decay*": {"time": MetricBudget(max_worsening=0.2)}})
    >>> budget_for(budgets, "b.py::test_decay_10k", "wall", "s").path
    ('cases', 'test_decay*', 'time')
    """
    names = (metric, axis_of(metric, unit))
    for pattern, metrics in budgets.cases.items():
        if _matches(pattern, case):
            found = _first(metrics, names)
            if found is not None:
                return BudgetMatch(budget=metrics[found], path=("cases", pattern, found))
    found = _first(budgets.default, names)
    if found is not None:
        return BudgetMatch(budget=budgets.default[found], path=("default", found))
    return BudgetMatch(budget=MetricBudget(), path=())


def _matches(pattern: str, case: str) -> bool:
    return fnmatchcase(case, pattern) or fnmatchcase(case.rpartition("::")[2], pattern)


def _first(metrics: Mapping[str, MetricBudget], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in metrics), None)
