"""Whether the samples of a launch are of one level yet; stand-alone, for Python from 3.8 on."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

LEAST_STEP = 0.02  # of the later level: less does not matter to a launch's level
STEP_SDS = 5.0
LEAST_BEFORE = 2
LEAST_SAMPLES = 5
LEAST_TREND = 0.05
TREND_ORDER = 0.7  # of all pairs of samples, the share in order less the share out of order
SD_OF_MAD = 1.4826  # of normal noise


def warm_up_left(samples: Sequence[float]) -> int | None:
    """Give how many of *samples* at the start are of another level than the rest; None: none.

    A step counts where it is seen in the first half: the medians before and after it differ by
    2 % and by five robust standard deviations of what follows, and what comes before lies
    beyond three quarters of what follows. Where nearly all samples stand in order instead, and
    the ends differ by 5 %, half of them are of another level.

    >>> warm_up_left([2.0, 2.01, 2.0, 1.0, 1.01, 1.0, 1.0, 1.01, 1.0, 1.0])
    3
    >>> warm_up_left([1.0, 1.01, 1.0, 1.0, 1.5, 1.0, 1.0, 1.01, 1.0, 1.0]) is None
    True
    """
    if len(samples) < LEAST_SAMPLES:
        return None
    steps = [(size(samples, at), at) for at in range(LEAST_BEFORE, len(samples) // 2 + 1)]
    largest, at = max(steps, default=(0.0, 0))
    if largest > 0.0:
        return end_of_step(samples, at)
    return len(samples) // 2 if is_trend(samples) else None


def size(samples: Sequence[float], at: int) -> float:
    """Give the size of the step before sample *at* in robust sds; 0 where there is none."""
    before, after = samples[:at], sorted(samples[at:])
    level = median(after)
    step = median(before) - level
    quarter = len(after) // 4
    apart = min(before) > after[-1 - quarter] or max(before) < after[quarter]
    sd = SD_OF_MAD * median([abs(sample - level) for sample in after])
    if not apart or abs(step) <= max(LEAST_STEP * level, STEP_SDS * sd):
        return 0.0
    return abs(step) / max(sd, LEAST_STEP * level / STEP_SDS)


def end_of_step(samples: Sequence[float], at: int) -> int:
    """Go on over what is still nearer to the level before than to the one after."""
    before, after = median(samples[:at]), median(samples[at:])
    while at < len(samples) - 1 and abs(samples[at] - before) < abs(samples[at] - after):
        at += 1
    return at


def is_trend(samples: Sequence[float]) -> bool:
    """Tell whether samples go up or down all the way (Kendall's tau)."""
    third = max(1, len(samples) // 3)
    first, last = median(samples[:third]), median(samples[-third:])
    if abs(last - first) <= LEAST_TREND * min(first, last):
        return False
    pairs = [
        sign(later - earlier)
        for place, earlier in enumerate(samples)
        for later in samples[place + 1 :]
    ]
    return abs(sum(pairs)) >= TREND_ORDER * len(pairs)


def sign(value: float) -> int:
    """Give -1, 0 or 1."""
    return (value > 0) - (value < 0)
