"""The screen: five launches of head against the stored level of a certified runner.

It clears most unchanged cases at a third of what pairs cost, and only clears: whatever it does not
clear is a suspect, and pairs with the merge base decide. A stored level is never the judge.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from engine.certificates import CaseCertificate
from engine.stats.certificate import is_time, screenable

SCREEN_LAUNCHES = 5
MEDIAN_VARIANCE = 1.57  # π/2: the variance of a median, in those of a mean of as many values
ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class HeadLevels:
    """Levels of head's launches in the stored level's unit, and of the reference kernel in them.

    ``references`` are in seconds; None where it did not run.
    """

    levels: Sequence[float]
    references: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Screened:
    """What the screen saw: ln(head/stored) net of the machine's shift, and its standard error."""

    effect: float
    error: float
    unchanged: bool


def screen(case: CaseCertificate, head: HeadLevels, *, max_worsening: float) -> Screened | None:
    """Hold *head* against the stored level; None where that is not possible.

    With L = ln(1 + *max_worsening*) it is unchanged where abs(e) + 2 se < L. e is the median
    ln(level) of head's launches minus ln of the stored level, of times also minus the machine's
    shift: the median ln of the reference kernel in these launches, minus that of its stored level.
    se² = 1.57 s² (1/5 + 1/n₀) + drift², s the sd of ln(level) of one launch (not of a pair, whose
    launches share what makes launches differ) and n₀ the launches of the stored level. 1.57 is
    π/2, the variance of a median against that of a mean (Laplace), of normal noise.

    >>> stored = CaseCertificate(case="a", metric="cpu", pair_sd=0.004, launch_sd=0.004,
    ...     sessions=4, drift=0.002, level=0.002, level_launches=64, reference_s=0.004)
    >>> same = HeadLevels([0.00202, 0.00201, 0.00203, 0.00202, 0.00205], [0.00404] * 5)
    >>> seen = screen(stored, same, max_worsening=0.03)
    >>> round(seen.effect, 6), round(seen.error, 4), seen.unchanged
    (0.0, 0.0031, True)
    >>> slower = HeadLevels([level * 1.03 for level in same.levels], same.references)
    >>> screen(stored, slower, max_worsening=0.03).unchanged
    False
    """
    if not screenable(case, max_worsening) or len(head.levels) < SCREEN_LAUNCHES:
        return None
    shift = _shift(case, head.references)
    if shift is None or not all(0 < level < math.inf for level in head.levels):
        return None
    effect = statistics.median(map(math.log, head.levels)) - math.log(case.level or 1.0) - shift
    error = _error(case, len(head.levels))
    unchanged = abs(effect) + ERRORS * error < math.log1p(max_worsening)
    return Screened(effect, error, unchanged)


def _shift(case: CaseCertificate, references: Sequence[float | None]) -> float | None:
    """Give ln of how much slower the machine is than when the level was stored; None: unknown."""
    if not is_time(case.metric):
        return 0.0
    known = [math.log(one) for one in references if one is not None]
    if case.reference_s is None or not known or len(known) < len(references):
        return None
    return statistics.median(known) - math.log(case.reference_s)


def _error(case: CaseCertificate, launches: int) -> float:
    spread, drift = case.launch_sd or 0.0, case.drift or 0.0
    stored = case.level_launches or 1
    variance = MEDIAN_VARIANCE * spread**2 * (1 / launches + 1 / stored) + drift**2
    return math.sqrt(variance)
