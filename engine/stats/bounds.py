"""Head's own levels against an absolute bound: a plain t interval of their mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.stats.constants import ALARM, MIN_PAIRS
from engine.stats.guard import student_t
from engine.values import Better, Outcome

CONFIDENCE = 0.99
ALARM_CONFIDENCE = 1 - 2 * ALARM  # of the interval that must lie over a bound
ROUNDING = 1e-12  # of the largest number: differences below this are rounding, not effects


class Interval(NamedTuple):
    """A mean with its two-sided t interval."""

    mean: float
    low: float
    high: float


def bound_outcome(levels: Sequence[float], bound: float, better: Better = Better.LOWER) -> Outcome:
    """Judge head's own levels against an absolute *bound* that they must not be worse than.

    All are in one unit. The t interval of their mean decides: worse than the bound as a whole at
    the alarm level (0.05 % a side) is a regression, not worse at all at 99 % a pass, else (or
    under ``MIN_PAIRS`` levels) inconclusive.

    >>> bound_outcome([0.08] * 5, 0.07).value, bound_outcome([0.07] * 5, 0.07).value
    ('regression', 'pass')
    >>> bound_outcome([0.08] * 5, 0.09, Better.HIGHER).value
    'regression'

    Raises:
        ValueError: the bound or a level is not finite.
    """
    if not all(map(math.isfinite, (bound, *levels))):
        message = "a bound and the levels held against it are finite"
        raise ValueError(message)
    if len(levels) < MIN_PAIRS:
        return Outcome.INCONCLUSIVE
    # In parts of the largest number: whatever the unit, no square overflows or vanishes.
    whole = max(map(abs, (bound, *levels))) or 1.0
    parts = [one / whole for one in levels]
    alarm = _worsening(t_interval(parts, ALARM_CONFIDENCE), better)
    limit = (bound if better is Better.LOWER else -bound) / whole
    if alarm.low > limit + ROUNDING:
        return Outcome.REGRESSION
    within = _worsening(t_interval(parts), better).high <= limit + ROUNDING
    return Outcome.PASS if within else Outcome.INCONCLUSIVE


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Give the mean of *values* and its two-sided Student t interval (Student 1908).

    mean ± t(n-1; (1+confidence)/2) · s/√n. With 1, 2, 3: s = 1, t(2; 0.995) = 9.925.

    >>> interval = t_interval((1.0, 2.0, 3.0))
    >>> round(interval.low, 3), interval.mean, round(interval.high, 3)
    (-3.73, 2.0, 7.73)

    Raises:
        ValueError: fewer than two values.
    """
    count = len(values)
    if count < 2:  # noqa: PLR2004 - a spread takes two
        message = f"an interval needs two values; found {count}"
        raise ValueError(message)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    quantile = student_t(count - 1, (1 - confidence) / 2)
    half = quantile * math.sqrt(variance / count)
    return Interval(mean, mean - half, mean + half)


def _worsening(interval: Interval, better: Better) -> Interval:
    """Turn the interval so that positive is worse."""
    if better is Better.LOWER:
        return interval
    return Interval(-interval.mean, -interval.high, -interval.low)
