"""What a finished sweep reached: the side of a comparison that is being judged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeGuard

import msgspec

from engine.determinism import LARGEST_METRIC, Determinism
from engine.errors import UserError
from engine.values import Mode

Rate = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0)]
Sample = Literal["oos", "is"]  # out of sample, or in-sample where a sweep has nothing else

SAME_VALUE = 1e-9  # one value, written to two files by whoever wrote them


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that a run took: median and 90th centile."""

    p50: Seconds
    p90: Seconds

    def __post_init__(self) -> None:
        """Refuse what no clock can give."""
        require_range({"p50": self.p50, "p90": self.p90}, 0.0)


class CurrentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Best metric (None: no run has a value), share of runs that succeeded, number of runs.

    ``sample`` says what the best metric was computed on, None where that is not known.
    """

    best_metric: float | None
    success_rate: Rate
    total_runs: Annotated[int, msgspec.Meta(ge=1)]
    sample: Sample | None = None

    def __post_init__(self) -> None:
        """Refuse NaN, what is out of range and a value of no run: they must not be compared."""
        require_range({"success_rate": self.success_rate}, 0.0, 1.0)
        if self.total_runs < 1:
            message = "total_runs is 0: nothing was measured"
            raise ValueError(message)
        if self.best_metric is None:
            return
        require_range({"best_metric": self.best_metric}, -LARGEST_METRIC, LARGEST_METRIC)
        if self.success_rate <= 0:
            message = "best_metric has a value, though success_rate says that no run succeeded"
            raise ValueError(message)


class CurrentData(msgspec.Struct, frozen=True, kw_only=True):
    """A finished sweep as ``compare_results`` takes it; ``timing`` None: no run succeeded."""

    metric: str
    mode: Mode
    summary: CurrentSummary
    timing: Timing | None
    leaderboard: tuple[dict[str, Any], ...] = ()
    determinism: Determinism | None = None


def require_consistent(current: CurrentData) -> None:
    """Accept a sweep whose parts agree and that measured something.

    Raises:
        UserError: it has no timing or nothing but zeros, its best metric is not that of its
            leaderboard's first row, or its determinism was checked of something else.
    """
    problems = (_nothing_measured(current), _other_best(current), _other_determinism(current))
    problem = next((found for found in problems if found is not None), None)
    if problem is not None:
        raise UserError(problem, None, "Run the sweep again, so that all its files are of one run.")


def require_finite(numbers: Mapping[str, float]) -> None:
    """Accept finite numbers alone.

    Raises:
        ValueError: one of them is NaN or infinite; the message names it.
    """
    for name, number in numbers.items():
        if not math.isfinite(number):
            message = f"{name} must be a finite number, found {number!r}"
            raise ValueError(message)


def require_range(numbers: Mapping[str, float], least: float, most: float = math.inf) -> None:
    """Accept finite numbers from *least* to *most*.

    Raises:
        ValueError: one of them is another; the message names it.
    """
    require_finite(numbers)
    for name, number in numbers.items():
        if not least <= number <= most:
            allowed = f"at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
            message = f"{name} must be {allowed}, found {number!r}"
            raise ValueError(message)


def _nothing_measured(current: CurrentData) -> str | None:
    summary, timing = current.summary, current.timing
    if timing is None:
        if summary.success_rate > 0:
            return "the sweep measured nothing: its runs succeeded, yet none of them took a time."
        return None
    if summary.best_metric == 0 and timing.p50 == 0 and timing.p90 == 0:
        return "the sweep measured nothing: its best metric and all its times are 0."
    return None


def _other_best(current: CurrentData) -> str | None:
    """Hold the best metric against the row that was selected, where there is one with a value."""
    first = next((row for row in current.leaderboard if row.get("rank") == 1), None)
    if first is None:
        return None
    named = "is" if current.summary.sample == "is" else "oos"
    name = named if _is_number(first.get(named)) else "metric"
    value, best = first.get(name), current.summary.best_metric
    if not _is_number(value) or (best is not None and _equal(value, best)):
        return None
    return f"best_metric is {best!r}, yet {name!r} of the leaderboard's first row is {value!r}."


def _other_determinism(current: CurrentData) -> str | None:
    found, best = current.determinism, current.summary.best_metric
    if found is None:
        return None
    if found.metric != current.metric:
        return f"determinism was checked of {found.metric!r}, the sweep's is {current.metric!r}."
    if best is None or not _equal(found.original_value, best):
        return f"determinism was checked of {found.original_value!r}, best_metric is {best!r}."
    return None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=SAME_VALUE, abs_tol=SAME_VALUE)
