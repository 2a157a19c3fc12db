"""The rule of performance budgets: a sweep against a baseline (docs/reference/budgets.md)."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

import msgspec

from engine.baselines import BaselineData
from engine.current import (
    CurrentData,
    Rate,
    Seconds,
    Timing,
    require_consistent,
    require_range,
)
from engine.errors import UserError
from engine.findings import Reason
from engine.values import Mode

DEFAULT_EPSILON_ABS = 1e-6
P90_KEY = "max_p90_elapsed_s"
SUCCESS_KEY = "min_success_rate"

Allowance = Annotated[float, msgspec.Meta(ge=0.0)]


class PerfBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a sweep may lose; a bound that is None was not set.

    ``max_drops`` holds one allowance per metric, in that metric's unit; the one of ``metric``
    is the one that is applied.
    """

    metric: Annotated[str, msgspec.Meta(min_length=1)]
    mode: Mode
    max_drops: dict[str, Allowance]
    min_success_rate: Rate | None = None
    max_p90_elapsed_s: Seconds | None = None
    epsilon_abs: Allowance = DEFAULT_EPSILON_ABS

    def __post_init__(self) -> None:
        """Refuse a budget without an allowance for its metric, and bounds out of their range."""
        if self.metric not in self.max_drops:
            message = f"{self.drop_key} is missing: the budget's metric is {self.metric}"
            raise ValueError(message)
        if self.min_success_rate is not None:
            require_range({"min_success_rate": self.min_success_rate}, 0.0, 1.0)
        bounds = {
            "max_p90_elapsed_s": self.max_p90_elapsed_s,
            "epsilon_abs": self.epsilon_abs,
            **{f"max_{name}_drop": drop for name, drop in self.max_drops.items()},
        }
        require_range({name: one for name, one in bounds.items() if one is not None}, 0.0)

    @property
    def drop_key(self) -> str:
        """The key of the budget file that holds the allowance of this budget's metric."""
        return f"max_{self.metric}_drop"

    @property
    def max_drop(self) -> float:
        """How far the metric may drop in its worse direction."""
        return self.max_drops[self.metric]


class TimingDelta(msgspec.Struct, frozen=True, kw_only=True):
    """Current minus baseline, in seconds; None: the current sweep has no timing."""

    p50: float | None
    p90: float | None


class RuleFailure(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that does not hold, the sentence that says so, and its key in the budget file."""

    reason: Reason
    message: str
    key: str | None = None  # None: no key of the budget asks for it


class ComparisonVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Deltas are current minus baseline; ``passed`` iff no rule failed."""

    metric_delta: float | None
    timing_delta: TimingDelta
    success_rate_delta: float
    failures: tuple[RuleFailure, ...]

    @property
    def passed(self) -> bool:
        """Whether every rule holds."""
        return not self.failures


def compare_results(
    current: CurrentData, baseline: BaselineData, budget: PerfBudget
) -> ComparisonVerdict:
    """Apply *budget* to *current* as compared with *baseline*.

    The metric fails iff drop - max_drop > epsilon_abs, the p90 time iff it is over its bound,
    the success rate iff it is under its own, determinism iff it was checked and does not hold.
    A current sweep without a value fails: nothing was measured.

    Raises:
        UserError: metric, mode or sample of the three differ, so that there is no comparison, or
            the current sweep contradicts itself or measured nothing: see ``require_consistent``.
    """
    _require_same_metric(current, baseline, budget)
    require_consistent(current)
    failures = (
        _metric_failure(current, baseline, budget),
        _time_failure(current.timing, budget),
        _success_failure(current.summary.success_rate, budget),
        _determinism_failure(current),
    )
    best = current.summary.best_metric
    return ComparisonVerdict(
        metric_delta=None if best is None else difference(best, baseline.summary.best_metric),
        timing_delta=_timing_delta(current.timing, baseline.timing),
        success_rate_delta=difference(current.summary.success_rate, baseline.summary.success_rate),
        failures=tuple(failure for failure in failures if failure is not None),
    )


def exceeds(drop_from: float, drop_to: float, *, allowed: float, epsilon: float) -> bool:
    """Whether ``drop_from - drop_to - allowed > epsilon``, in exact decimal arithmetic.

    Binary floats put 1.25 - 1.20 above 0.05; people wrote decimals, so decimals are compared.

    >>> exceeds(1.25, 1.20, allowed=0.05, epsilon=0.0), 1.25 - 1.20 > 0.05
    (False, True)
    >>> exceeds(1.25, 1.1999, allowed=0.05, epsilon=1e-6)
    True
    """
    drop = decimal(drop_from) - decimal(drop_to)
    return drop - decimal(allowed) > decimal(epsilon)


def difference(minuend: float, subtrahend: float) -> float:
    """Subtract as people do on paper, then round once.

    >>> difference(1.20, 1.25), 1.20 - 1.25
    (-0.05, -0.050000000000000044)
    """
    return float(decimal(minuend) - decimal(subtrahend))


def decimal(number: float) -> Fraction:
    """Give the number that the shortest decimal writing of *number* names, exactly.

    >>> decimal(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(float(number)))


def _require_same_metric(current: CurrentData, baseline: BaselineData, budget: PerfBudget) -> None:
    rows = (
        (budget.metric, current.metric, "metric", "current sweep"),
        (budget.metric, baseline.metric, "metric", "baseline"),
        (budget.mode.value, current.mode.value, "mode", "current sweep"),
        (budget.mode.value, baseline.mode.value, "mode", "baseline"),
    )
    for wanted, found, what, side in rows:
        if wanted != found:
            problem = f"the {what} is {wanted!r} in the budget and {found!r} in the {side}."
            raise UserError(problem, None, f"Use one {what} in budget, sweep and baseline.")
    now, before = current.summary.sample, baseline.summary.sample
    if now is not None and before is not None and now != before:
        problem = f"the best metric is of sample {now!r} now and of {before!r} in the baseline."
        remedy = "Compare out of sample (oos) with out of sample, in-sample (is) with in-sample."
        raise UserError(problem, None, remedy)


def _metric_failure(
    current: CurrentData, baseline: BaselineData, budget: PerfBudget
) -> RuleFailure | None:
    now, before = current.summary.best_metric, baseline.summary.best_metric
    if now is None:
        message = f"{budget.metric} has no value: no run of the current sweep gave one"
        return RuleFailure(reason=Reason.NOT_MEASURED, message=message, key=budget.drop_key)
    better, worse = (before, now) if budget.mode is Mode.MAX else (now, before)
    if not exceeds(better, worse, allowed=budget.max_drop, epsilon=budget.epsilon_abs):
        return None
    verb = "dropped" if budget.mode is Mode.MAX else "rose"
    drop = _told(difference(better, worse), budget.max_drop)
    message = (
        f"{budget.metric} {verb} by {drop} (from {before:.9g} to {now:.9g}), "
        f"more than {budget.drop_key} {budget.max_drop:.9g}"
    )
    return RuleFailure(reason=Reason.METRIC_DROP, message=message, key=budget.drop_key)


def _time_failure(timing: Timing | None, budget: PerfBudget) -> RuleFailure | None:
    bound = budget.max_p90_elapsed_s
    if bound is None:
        return None
    if timing is None:
        message = "p90 time has no value: no run of the current sweep succeeded"
        return RuleFailure(reason=Reason.NOT_MEASURED, message=message, key=P90_KEY)
    if timing.p90 <= bound:
        return None
    message = f"p90 time {_told(timing.p90, bound)} s is over max_p90_elapsed_s {bound:.9g} s"
    return RuleFailure(reason=Reason.P90_OVER, message=message, key=P90_KEY)


def _success_failure(rate: float, budget: PerfBudget) -> RuleFailure | None:
    bound = budget.min_success_rate
    if bound is None or rate >= bound:
        return None
    message = f"success rate {_told(rate, bound)} is under min_success_rate {bound:.9g}"
    return RuleFailure(reason=Reason.SUCCESS_UNDER, message=message, key=SUCCESS_KEY)


def _told(value: float, bound: float) -> str:
    """Write *value* with as many digits as it takes to tell it from *bound*."""
    texts = (f"{value:.{digits}g}" for digits in (6, 9, 12, 17))
    return next((text for text in texts if text != f"{bound:.9g}"), repr(value))


def _determinism_failure(current: CurrentData) -> RuleFailure | None:
    found = current.determinism
    if found is None or found.is_deterministic:
        return None
    if found.max_abs_diff is None:
        detail = "a re-run gave no value"
    else:
        detail = f"re-runs differ by up to {found.max_abs_diff:.6g}"
    message = f"the best configuration is not deterministic: {detail}"
    return RuleFailure(reason=Reason.NOT_DETERMINISTIC, message=message)


def _timing_delta(current: Timing | None, baseline: Timing) -> TimingDelta:
    if current is None:
        return TimingDelta(p50=None, p90=None)
    return TimingDelta(
        p50=difference(current.p50, baseline.p50), p90=difference(current.p90, baseline.p90)
    )


__all__ = [
    "BaselineData",
    "ComparisonVerdict",
    "CurrentData",
    "PerfBudget",
    "RuleFailure",
    "TimingDelta",
    "compare_results",
    "decimal",
    "difference",
    "exceeds",
]
