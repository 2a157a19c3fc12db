"""What more pairs would buy: the smallest visible change, and how many would settle a case."""

from __future__ import annotations

import math

from engine.stats import constants as c

_MOST_PAIRS = 10_000_000


def smallest_visible(sd: float, pairs: int) -> float:
    """Give the smallest change of ln(head/base) that *pairs* pairs show: 4.94 · sd / √pairs.

    >>> round(smallest_visible(0.03, 36), 4)
    0.0247
    """
    return c.VISIBLE * sd / math.sqrt(pairs)


def further_pairs(sd: float, limit: float, pairs: int) -> int | None:
    """Tell how many pairs beyond *pairs* would show a change as large as *limit*, L.

    (4.94 · sd / L)² in all, rounded up to a look; where that many are there already (the effect
    lies at the budget), those up to the next look. Beyond the last look, the plain number.
    None: no look is left, or no practical number would do.

    >>> further_pairs(0.03, 0.0296, 12), further_pairs(0.03, 0.0296, 36)
    (15, 4)
    >>> further_pairs(0.3, 0.0296, 60)
    2447
    """
    needed = (c.VISIBLE * sd / limit) ** 2
    if not needed < _MOST_PAIRS:
        return None
    wanted = max(math.ceil(needed), pairs + 1)
    looks = [look for look in c.CONTINUED.looks if look >= wanted]
    if looks:
        return looks[0] - pairs
    return wanted - pairs if needed > pairs else None


def to_the_next_look(pairs: int) -> int | None:
    """Tell how many pairs beyond *pairs* the next look takes; None after the last one.

    >>> to_the_next_look(8), to_the_next_look(60)
    (4, None)
    """
    return next((look - pairs for look in c.CONTINUED.looks if look > pairs), None)
