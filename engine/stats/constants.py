"""Every constant of the paired decision, in one place.

``benchmarks/accuracy/calibrate.py`` derives the levels anew by simulation; whoever changes one
runs it again. Levels are of one side.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

ALARM = 0.0005  # false alarms a side, over all looks at one comparison
SHORT_LOOKS = (5, 8, 12, 18, 27, 36)
LONG_LOOKS = (5, 8, 12, 18, 27, 40, 60)
SHORT_ALARM, LONG_ALARM = 0.00018, 0.00016  # a look, with a stored spread
SHORT_MISS, LONG_MISS = 0.0145, 0.0135  # a look
UNSTORED_ALARM = 0.00006  # a look, where the spread is known from these pairs alone
OWN_ALARM = 0.00006  # a look: what these pairs must show by their own spread, whatever is stored

REPEATED_95 = 0.007  # a look: the interval that holds at every look at once
REPEATED_99 = 0.0014

MIN_PAIRS = SHORT_LOOKS[0]
MIN_ALARM_PAIRS = 8
MIN_PULLED_PAIRS = 6  # outliers are pulled in from so many pairs on
MIN_PULLED_PAIRS_UNSTORED = 12
PULL_AT = 3.0  # robust sds from the median
STORED_DF = 4.0  # so many degrees of freedom the stored spread counts for
STORED_SPREAD_LEVEL = 0.01  # of the F test that drops it
TOO_NOISY = 3.0  # times the stored spread
SPREAD_FLOOR = 0.001  # 0.1 %: no spread is known better
VISIBLE = 4.94  # the smallest visible change is so many standard errors

LOOKS_FACTOR = 2.8  # the smallest p of a path's looks, times this, is a p of the path
FAMILY_ALARM = 0.01  # Holm, over everything that a pull request is suspected of
FAMILY_ADVISORY = 0.05  # Benjamini-Hochberg


@dataclass(frozen=True, slots=True)
class Path:
    """When a comparison is looked at, and at which levels; declared before the first look."""

    looks: tuple[int, ...]
    alarm: tuple[float, ...]
    miss: tuple[float, ...]

    @property
    def last(self) -> int:
        """Pairs at the last look; 0 where there is none."""
        return max(self.looks, default=0)


SHORT = Path(SHORT_LOOKS, (SHORT_ALARM,) * 6, (SHORT_MISS,) * 6)
LONG = Path(LONG_LOOKS, (LONG_ALARM,) * 7, (LONG_MISS,) * 7)
CONTINUED = Path(
    (*SHORT_LOOKS, *LONG_LOOKS[-2:]),
    (*SHORT.alarm, *LONG.alarm[-2:]),
    (*SHORT.miss, *LONG.miss[-2:]),
)
"""Of evidence that was looked at on the short path, and goes on."""


@lru_cache(maxsize=256)
def path_of(max_pairs: int, *, continued: bool = False) -> Path:
    """Choose the path for at most *max_pairs* pairs.

    >>> path_of(36).looks, path_of(60).last, path_of(20).looks, path_of(39).last
    ((5, 8, 12, 18, 27, 36), 60, (5, 8, 12, 18), 36)
    """
    reaches = max_pairs >= LONG_LOOKS[-2]  # of 37 to 39 pairs the short path makes more use
    whole = CONTINUED if continued else LONG if reaches else SHORT
    count = sum(look <= max_pairs for look in whole.looks)
    return Path(whole.looks[:count], whole.alarm[:count], whole.miss[:count])
