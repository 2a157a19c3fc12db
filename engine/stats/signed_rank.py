"""Whether paired changes tend one way: the signed-rank test of Wilcoxon (1945)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from engine.stats.ranks import mean_ranks

MAX_EXACT = 200  # changes other than zero; beyond, the normal limit is exact to three digits


def signed_rank(changes: Sequence[float], zero: float = 0.0) -> float:
    """Give the two-sided p that *changes* are as likely up as down by as much.

    Changes of at most *zero* in size are none: they are ranked with the rest, then left out (J.
    Pratt, JASA 54 (1959) 655-667). Equal sizes share their mean rank. Exact, ties and zeros
    included, by counting all signs of the ranks; by the normal limit with continuity correction
    beyond ``MAX_EXACT``. Nothing but zeros: 1.

    Five changes all up: two of the 2⁵ patterns of signs are as extreme.

    >>> signed_rank([0.1, 0.4, 0.2, 0.3, 0.5])
    0.0625
    >>> signed_rank([0.0, 0.0, 0.0])
    1.0

    Raises:
        ValueError: a change is not a number, or *zero* is negative.
    """
    if any(map(math.isnan, changes)) or not zero >= 0:
        message = "changes are numbers, and what counts as none is 0 or more"
        raise ValueError(message)
    values = np.asarray(changes, dtype=np.float64)
    sizes = np.abs(values)
    counting = sizes > zero
    if not counting.any():
        return 1.0
    # Twice the mean ranks are whole numbers.
    ranks = np.rint(2 * mean_ranks(sizes)).astype(np.int64)
    up = int(ranks[counting & (values > 0)].sum())
    ranks = ranks[counting]
    smaller = min(up, int(ranks.sum()) - up)
    tail = _exact_tail if len(ranks) <= MAX_EXACT else _normal_tail
    return min(1.0, 2 * tail(ranks, smaller))


def _exact_tail(ranks: npt.NDArray[np.int64], total: int) -> float:
    """Give P(sum of a random half of the *ranks* <= *total*): each is in it by a fair coin."""
    chances = np.zeros(total + 1)
    chances[0] = 1.0
    for rank in ranks:
        moved = np.zeros_like(chances)
        if rank <= total:
            moved[rank:] = chances[: total + 1 - rank]
        chances = (chances + moved) / 2
    return float(chances.sum())


def _normal_tail(ranks: npt.NDArray[np.int64], total: int) -> float:
    mean = float(ranks.sum()) / 2
    spread = math.sqrt(float((ranks.astype(np.float64) ** 2).sum())) / 2
    return float(ndtr((total + 1 - mean) / spread))  # sums are two apart: one is half a step
