"""Determinism: does the best configuration give the same value again with the same seed?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import msgspec

LARGEST_METRIC = 1e150  # a value beyond it is no result, and squares of such would overflow
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
        """Refuse a document that contradicts itself: nothing derived is taken on trust."""
        if len(self.rerun_values) != self.n_reruns:
            message = f"n_reruns is {self.n_reruns} but rerun_values has {len(self.rerun_values)}"
            raise ValueError(message)
        numbers = (self.original_value, *self.rerun_values)
        if any(value is not None and not abs(value) <= LARGEST_METRIC for value in numbers):
            message = f"values must be finite numbers up to {LARGEST_METRIC:g}"
            raise ValueError(message)
        largest = _largest_difference(self.original_value, self.rerun_values)
        if self.is_deterministic is not _same(largest):
            flag = "true" if self.is_deterministic else "false"
            message = f"is_deterministic is {flag} but the values differ by {largest}"
            raise ValueError(message)
        self._refuse_other_numbers(largest)

    def _refuse_other_numbers(self, largest: float | None) -> None:
        mean, std = _moments(self.rerun_values)
        stated = {
            "max_abs_diff": (self.max_abs_diff, largest),
            "mean": (self.mean, mean),
            "std": (self.std, std),
        }
        for name, (found, expected) in stated.items():
            absent = found is None and (name == "std" or expected is None)
            if not absent and not _agree(found, expected):
                message = f"{name} is {found} but that of rerun_values is {expected}"
                raise ValueError(message)


def judge_determinism(metric: str, original: float, reruns: Sequence[float | None]) -> Determinism:
    """Compare *reruns* of one configuration and seed with its *original* value.

    A re-run without a value (None: it failed) is never deterministic.

    >>> judge_determinism("sharpe", 1.5, (1.5, 1.5)).is_deterministic
    True
    >>> judge_determinism("sharpe", 1.5, (1.5, 1.6)).max_abs_diff
    0.10000000000000009

    Raises:
        ValueError: no re-run at all, or a value that is not finite or beyond 1e150.
    """
    if not reruns:
        message = "a determinism check needs at least one re-run"
        raise ValueError(message)
    largest = _largest_difference(original, reruns)
    mean, std = _moments(reruns)
    return Determinism(
        metric=metric,
        original_value=original,
        n_reruns=len(reruns),
        rerun_values=tuple(reruns),
        max_abs_diff=largest,
        mean=mean,
        std=std,
        is_deterministic=_same(largest),
    )


def _moments(reruns: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Give mean and deviation; None without them where a re-run has no value."""
    values = [value for value in reruns if value is not None]
    if not values or len(values) != len(reruns):
        return None, None
    return _mean(values), _deviation(values)


def _agree(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=LARGEST_DIFFERENCE, abs_tol=LARGEST_DIFFERENCE)


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
