"""The paired decision of this version: a t interval of ln(head/base) over pairs of launches.

Later versions replace what is inside ``decide``; who calls it stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scipy.special import stdtrit

from engine.findings import Reason
from engine.values import Better, Outcome

CONFIDENCE = 0.99
MIN_PAIRS = 5  # an interval of fewer pairs is shown, yet decides nothing
PAIRS_PER_ORDER = 12  # a runner measures so many pairs for one order
MAX_POOLED_PAIRS = 60  # evidence of so many earlier pairs is not continued any more
MAX_FURTHER_PAIRS = 40 * PAIRS_PER_ORDER  # beyond, more pairs are no practical answer
ROUNDING = 1e-12  # differences of logarithms below this are rounding, not effects


class Interval(NamedTuple):
    """A mean of differences with its two-sided t interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What the pairs say; ``effect``, ``low``, ``high``: ln(head/base), whatever the direction.

    ``smallest_visible`` is the half width of the interval, on the same scale: a smaller
    effect cannot be told from none by this many pairs. ``further_pairs`` would settle an
    inconclusive outcome if noise and effect stay as they are; None where none is needed or
    no practical number would. Without an interval the three numbers are None.
    """

    outcome: Outcome
    reason: Reason
    pairs: int
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    further_pairs: int | None = None
    smallest_visible: float | None = None
    caveats: tuple[str, ...] = ()


def level(samples: Sequence[float], better: Better) -> float:
    """Reduce the samples of one launch to its level: the best of them, in the samples' unit.

    >>> level((3.0, 1.0, 2.0), Better.LOWER), level((3.0, 1.0, 2.0), Better.HIGHER)
    (1.0, 3.0)

    Raises:
        ValueError: there are no samples, or one is not finite.
    """
    if not samples or not all(math.isfinite(sample) for sample in samples):
        message = f"a launch needs samples, all finite; found {len(samples)}"
        raise ValueError(message)
    return min(samples) if better is Better.LOWER else max(samples)


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
    quantile = float(stdtrit(count - 1, (1 + confidence) / 2))
    half = quantile * math.sqrt(variance / count)
    return Interval(mean, mean - half, mean + half)


def decide(
    base_levels: Sequence[float],
    head_levels: Sequence[float],
    *,
    max_worsening: float,
    better: Better,
) -> Decision:
    """Decide from launch levels, paired by index, against a budget (a fraction of the base).

    With L = ln(1 + budget) and the 99 % interval (low, high) of ln(head/base): a regression
    when low > L, an improvement when high < -L, a pass when both lie within ±L, else
    inconclusive; mirrored where higher is better. Under ``MIN_PAIRS`` pairs: inconclusive.
    Without a pair, or with a level that is not above zero: no verdict, with its caveat.

    >>> slower = decide([1.0] * 12, [1.2] * 12, max_worsening=0.1, better=Better.LOWER)
    >>> slower.outcome.value, round(slower.low, 4)
    ('regression', 0.1823)

    Raises:
        ValueError: the sides differ in length, or a level is not finite.
    """
    count = _checked_count(base_levels, head_levels)
    if not count:
        return Decision(Outcome.NO_VERDICT, Reason.NOT_COMPARABLE, 0, caveats=("no complete pair",))
    if min(*base_levels, *head_levels) <= 0:
        caveat = "a level is zero or negative, so head/base means nothing"
        return Decision(Outcome.NO_VERDICT, Reason.NOT_COMPARABLE, count, caveats=(caveat,))
    # A difference of logarithms, not the logarithm of a quotient: swapping the sides
    # then changes the sign and nothing else.
    effects = [math.log(h) - math.log(b) for b, h in zip(base_levels, head_levels, strict=True)]
    if count < MIN_PAIRS:
        return _too_few(effects)
    return _decided(effects, math.log1p(max_worsening), better)


def bound_outcome(levels: Sequence[float], bound: float, better: Better = Better.LOWER) -> Outcome:
    """Judge head's own levels against an absolute *bound* that they must not be worse than.

    All are in one unit. The 99 % t interval of their mean decides: worse than the bound as a
    whole is a regression, not worse at all a pass, else (or under ``MIN_PAIRS`` levels)
    inconclusive.

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
    worsening = _worsening(t_interval([one / whole for one in levels]), better)
    limit = (bound if better is Better.LOWER else -bound) / whole
    if worsening.low > limit + ROUNDING:
        return Outcome.REGRESSION
    return Outcome.PASS if worsening.high <= limit + ROUNDING else Outcome.INCONCLUSIVE


def _checked_count(base_levels: Sequence[float], head_levels: Sequence[float]) -> int:
    if len(base_levels) != len(head_levels):
        message = f"levels are paired: found {len(base_levels)} of base, {len(head_levels)} of head"
        raise ValueError(message)
    for index, value in enumerate((*base_levels, *head_levels)):
        if not math.isfinite(value):
            message = f"level {index % len(base_levels)} is not finite: {value!r}"
            raise ValueError(message)
    return len(base_levels)


def _too_few(effects: Sequence[float]) -> Decision:
    count = len(effects)
    interval = t_interval(effects) if count > 1 else None
    return Decision(
        Outcome.INCONCLUSIVE,
        Reason.TOO_FEW_PAIRS,
        count,
        effect=interval.mean if interval else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        further_pairs=PAIRS_PER_ORDER,
        smallest_visible=interval.high - interval.mean if interval else None,
    )


def _decided(effects: Sequence[float], limit: float, better: Better) -> Decision:
    interval = t_interval(effects)
    outcome, reason = _outcome(_worsening(interval, better), limit)
    undecided = outcome is Outcome.INCONCLUSIVE
    return Decision(
        outcome,
        reason,
        len(effects),
        effect=interval.mean,
        low=interval.low,
        high=interval.high,
        further_pairs=_further_pairs(interval, len(effects), limit) if undecided else None,
        smallest_visible=interval.high - interval.mean,
    )


def _worsening(interval: Interval, better: Better) -> Interval:
    """Turn the interval so that positive is worse."""
    if better is Better.LOWER:
        return interval
    return Interval(-interval.mean, -interval.high, -interval.low)


def _outcome(worsening: Interval, limit: float) -> tuple[Outcome, Reason]:
    reaches = limit + ROUNDING
    excludes_zero = worsening.low > ROUNDING or worsening.high < -ROUNDING
    if worsening.low > reaches:
        return Outcome.REGRESSION, Reason.OVER_BUDGET
    if worsening.high < -reaches:
        return Outcome.IMPROVEMENT, Reason.BETTER
    if worsening.low >= -reaches and worsening.high <= reaches:
        return Outcome.PASS, Reason.REAL_BUT_SMALL if excludes_zero else Reason.WITHIN_BUDGET
    return Outcome.INCONCLUSIVE, Reason.AT_THE_BUDGET if excludes_zero else Reason.CANNOT_TELL


def _further_pairs(interval: Interval, count: int, limit: float) -> int | None:
    """Pairs until the half width is below the distance of the effect from the limit.

    None also where so many are pooled already that none are added.
    """
    if count >= MAX_POOLED_PAIRS:
        return None
    distance = abs(abs(interval.mean) - limit)
    half = interval.high - interval.mean
    if distance <= half / math.sqrt(1 + MAX_FURTHER_PAIRS / count):
        return None
    needed = count * (half / distance) ** 2 - count
    orders = max(1, math.ceil(needed / PAIRS_PER_ORDER))
    return orders * PAIRS_PER_ORDER
