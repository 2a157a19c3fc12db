"""Budgets: how much worsening is tolerated, per case and metric."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec

from engine.units import axis_of, parse_quantity, unit_of_key

DEFAULT_MAX_WORSENING = 0.03  # the smallest effect that matters, where the user wrote none

# pytest's node ids: path::Class::test[parameters], where parameters may hold :: themselves
_NODE_ID = re.compile(r"(?:.*::)?(?P<bare>[^\[\]]+)(?P<parameters>\[.*\])?", re.DOTALL)
_GLOB = re.compile(r"[*?\[]")
_EXAMPLES = {"s": "70ms", "B": "70MiB"}


class MetricBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one metric may lose: a fraction of the base, and optionally a bound on head itself.

    Head's value must not be worse than ``max_value``: a quantity such as ``70ms``, or a number
    where the metric is neither a time nor a size.
    """

    max_worsening: Annotated[float, msgspec.Meta(ge=0.001, le=10.0)] = DEFAULT_MAX_WORSENING
    max_value: str | float | None = None

    def __post_init__(self) -> None:
        """Refuse a bound that is not a quantity, or one that nothing can keep."""
        if self.max_value is None:
            return
        written = isinstance(self.max_value, str)
        number = parse_quantity(str(self.max_value))[0] if written else float(self.max_value)
        if not 0 < number < math.inf:
            message = f"max_value must be above 0 and finite, found {self.max_value!r}"
            raise ValueError(message)

    @property
    def log_limit(self) -> float:
        """L = ln(1 + budget), the limit in the scale of ln(head/base).

        >>> round(MetricBudget(max_worsening=0.10).log_limit, 6)
        0.09531
        """
        return math.log1p(self.max_worsening)


MetricBudgets = dict[str, MetricBudget]


class BenchmarkBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Budgets of a benchmark suite: a default per metric axis, and cases by name or glob.

    A key is a metric's own name or its axis: ``time``, ``memory`` or ``instructions``.
    """

    default: MetricBudgets = {}
    cases: dict[str, MetricBudgets] = {}

    def __post_init__(self) -> None:
        """Refuse a bound on a time or a size that does not say its unit."""
        for path, budget in _entries(self):
            unit = unit_of_key(path[-1])
            if unit is not None and isinstance(budget.max_value, int | float):
                message = (
                    f"{'.'.join(path)}.max_value is {budget.max_value:g} without a unit; "
                    f"say it with one, such as {_EXAMPLES[unit]}"
                )
                raise ValueError(message)


class BudgetMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The budget that holds for a case and metric, and its key path in the suite's ``budget``."""

    budget: MetricBudget
    path: tuple[str, ...]  # empty: nothing was written, the default of the program holds


def budget_for(budgets: BenchmarkBudget, case: str, metric: str, unit: str) -> BudgetMatch:
    """Choose the budget of *case* and *metric*: its own name, else the first glob, else default.

    A key of ``cases`` is held against the whole case name, its part after the last ``::``, and
    that part without its ``[parameters]``. A metric's own name goes before its axis.

    >>> budgets = BenchmarkBudget(cases={"test_decay*": {"time": MetricBudget(max_worsening=0.2)}})
    >>> budget_for(budgets, "b.py::test_decay_10k", "wall", "s").path
    ('cases', 'test_decay*', 'time')
    """
    names = (metric, axis_of(metric, unit))
    for pattern in _patterns(budgets.cases, case):
        found = _first(budgets.cases[pattern], names)
        if found is not None:
            path = ("cases", pattern, found)
            return BudgetMatch(budget=budgets.cases[pattern][found], path=path)
    found = _first(budgets.default, names)
    if found is not None:
        return BudgetMatch(budget=budgets.default[found], path=("default", found))
    return BudgetMatch(budget=MetricBudget(), path=())


def idle_keys(
    budgets: BenchmarkBudget,
    measured: Collection[tuple[str, str, str]],
    listed: Iterable[str] = (),
) -> tuple[str, ...]:
    """Name the keys that hold for nothing: misspelt ones, as a rule.

    *measured* are case, metric and unit; *listed* are cases that count as known all the same.

    >>> budgets = BenchmarkBudget(default={"tiem": MetricBudget()})
    >>> idle_keys(budgets, [("a", "wall", "s")])
    ('default.tiem',)
    """
    unmeasured = set(listed) - {case for case, _, _ in measured}
    idle = [*_idle(("default",), budgets.default, measured)]
    for pattern, metrics in budgets.cases.items():
        under = [one for one in measured if _matches(pattern, one[0])]
        if under:
            idle += _idle(("cases", pattern), metrics, under)
        elif not any(_matches(pattern, case) for case in unmeasured):
            idle.append(f"cases.{pattern}")
    return tuple(idle)


def literal_cases(budgets: BenchmarkBudget, known: Iterable[str]) -> frozenset[str]:
    """Give the keys of ``cases`` that name one case, and none of the *known* ones: expected ones.

    >>> budgets = BenchmarkBudget(cases={"a": {}, "b*": {}, "c": {}})
    >>> sorted(literal_cases(budgets, ["bench.py::a"]))
    ['c']
    """
    cases = tuple(known)
    literal = (key for key in budgets.cases if not _GLOB.search(key))
    return frozenset(key for key in literal if not any(_matches(key, case) for case in cases))


def _entries(budgets: BenchmarkBudget) -> Iterator[tuple[tuple[str, ...], MetricBudget]]:
    for key, budget in budgets.default.items():
        yield ("default", key), budget
    for pattern, metrics in budgets.cases.items():
        for key, budget in metrics.items():
            yield ("cases", pattern, key), budget


def _idle(
    path: tuple[str, ...], metrics: MetricBudgets, measured: Iterable[tuple[str, str, str]]
) -> list[str]:
    known = {name for _, metric, unit in measured for name in (metric, axis_of(metric, unit))}
    return [".".join((*path, key)) for key in metrics if key not in known]


def _patterns(cases: Mapping[str, MetricBudgets], case: str) -> Iterator[str]:
    """Give the keys that hold for *case*: equal ones from the longest name, then globs."""
    names = _names(case)
    exact = [name for name in names if name in cases]
    yield from exact
    yield from (key for key in cases if key not in exact and _globs(key, names))


def _matches(pattern: str, case: str) -> bool:
    names = _names(case)
    return pattern in names or _globs(pattern, names)


def _globs(pattern: str, names: Iterable[str]) -> bool:
    """Whether *pattern* fits a name, its brackets taken as a set of characters or as they are."""
    literal = pattern.replace("[", "[[]")
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, literal) for name in names)


def _names(case: str) -> tuple[str, ...]:
    """Give the names that a case goes by, the longest first and each once.

    Without repeats: ``("b.py::test_x[1]", "test_x[1]", "test_x")``.
    """
    found = _NODE_ID.fullmatch(case)
    if found is None:
        return tuple(dict.fromkeys((case, case.rpartition("::")[2])))
    bare, parameters = found["bare"], found["parameters"] or ""
    last = bare.rpartition("::")[2]
    return tuple(dict.fromkeys((case, last + parameters, last)))


def _first(metrics: Mapping[str, MetricBudget], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in metrics), None)
