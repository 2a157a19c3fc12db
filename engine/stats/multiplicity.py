"""Many comparisons at once: Holm for what turns a check red, Benjamini-Hochberg for advice."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float], level: float, family: int | None = None) -> tuple[bool, ...]:
    """Tell which hypotheses fall at a family-wise *level* (Holm 1979).

    The k-th smallest p, counted from 0, falls while p <= level / (family - k). *family* counts
    hypotheses that are not listed, too; without it the listed ones are all.

    >>> holm((0.001, 0.03, 0.004), 0.01)
    (True, False, True)

    Raises:
        ValueError: the family is smaller than the list, or a p is nan.
    """
    _refuse_nan(p_values)
    count = len(p_values) if family is None else family
    if count < len(p_values):
        message = f"a family of {count} cannot hold {len(p_values)} p values"
        raise ValueError(message)
    fallen = [False] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    for rank, place in enumerate(order):
        if not p_values[place] <= level / (count - rank):
            break
        fallen[place] = True
    return tuple(fallen)


def benjamini_hochberg(p_values: Sequence[float], level: float) -> tuple[bool, ...]:
    """Tell which hypotheses fall at a false discovery rate of *level* (Benjamini-Hochberg 1995).

    >>> benjamini_hochberg((0.01, 0.04, 0.03, 0.9), 0.05)
    (True, False, False, False)

    Raises:
        ValueError: a p is nan.
    """
    _refuse_nan(p_values)
    count = len(p_values)
    order = sorted(range(count), key=lambda place: p_values[place])
    passing = [
        rank for rank, place in enumerate(order, 1) if p_values[place] <= level * rank / count
    ]
    last = max(passing, default=0)
    fallen = set(order[:last])
    return tuple(place in fallen for place in range(count))


def _refuse_nan(p_values: Sequence[float]) -> None:
    if any(map(math.isnan, p_values)):
        message = "a p value is nan"
        raise ValueError(message)
