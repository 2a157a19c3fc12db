"""Determinism: does the best configuration give the same value again with the same seed?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import msgspec

LARGEST_DIFFERENCE = 1e-9  # a re-run that differs by less counts as the same value


class Determinism(msgspec.Struct, frozen=True, kw_only=True):
    """What ``determinism.json`` holds, in the metric's own unit.

    ``mean`` and ``std`` (n - 1) are over the re-runs; ``std`` is None for a single one, and a
    re-run that gave no value is None and makes the other numbers None.
    """

    metric: str
    original_value: float
    n_reruns: Annotated[int, msgspec.Meta(ge=1)]
    rerun_values: tuple[float | None, ...]
    max_abs_diff: float | None
    mean: float | None
    std: float | None = None
    is_deterministic: bool

    def __post_init__(self) -> None:
        """Refuse a document that contradicts itself: its flag is never taken on trust."""
        if len(self.rerun_values) != self.n_reruns:
            message = f"n_reruns is {self.n_reruns} but rerun_values has {len(self.rerun_values)}"
            raise ValueError(message)
        numbers = (self.original_value, *self.rerun_values)
        if any(value is not None and not math.isfinite(value) for value in numbers):
            message = "values must be finite numbers"
            raise ValueError(message)
        largest = _largest_difference(self.original_value, self.rerun_values)
        if self.is_deterministic and not _same(largest):
            message = f"is_deterministic is true but the values differ by {largest}"
            raise ValueError(message)


def judge_determinism(metric: str, original: float, reruns: Sequence[float | None]) -> Determinism:
    """Compare *reruns* of one configuration and seed with its *original* value.

    A re-run without a value (None: it failed) is never deterministic.

    >>> judge_determinism("sharpe", 1.5, (1.5, 1.5)).is_deterministic
    True
    >>> judge_determinism("sharpe", 1.5, (1.5, 1.6)).max_abs_diff
    0.10000000000000009

    Raises:
        ValueError: no re-run at all, or a value that is not finite.
    """
    if not reruns:
        message = "a determinism check needs at least one re-run"
        raise ValueError(message)
    largest = _largest_difference(original, reruns)
    values = [value for value in reruns if value is not None]
    complete = len(values) == len(reruns)
    return Determinism(
        metric=metric,
        original_value=original,
        n_reruns=len(reruns),
        rerun_values=tuple(reruns),
        max_abs_diff=largest,
        mean=_mean(values) if complete else None,
        std=_deviation(values) if complete else None,
        is_deterministic=_same(largest),
    )


def _same(largest: float | None) -> bool:
    return largest is not None and largest < LARGEST_DIFFERENCE


def _largest_difference(original: float, reruns: Sequence[float | None]) -> float | None:
    differences = [abs(value - original) for value in reruns if value is not None]
    return max(differences) if differences and len(differences) == len(reruns) else None


def _mean(values: Sequence[float]) -> float:
    # Shifted by the first value, so that equal values have exactly that mean.
    first = values[0]
    return first + math.fsum(value - first for value in values) / len(values)


def _deviation(values: Sequence[float]) -> float | None:
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread, and 0.0 would claim that it has
        return None
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
