"""What selecting anew at each fold, on nothing but its past, would have earned.

A sweep reports the one configuration with the best mean in-sample. From the second fold on,
in-sample windows hold the out-of-sample windows of the folds before, so that mean has seen most of
what its configuration is then reported on. Here no choice has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from engine.sweep.leaderboard import AnyRow, sample_value
from engine.values import Mode

MIN_FOLDS = 2  # with one the sweep's own number is it


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration that a fold selects in-sample, with both of its values there."""

    fold: int
    config_id: str
    is_: float = msgspec.field(name="is")
    oos: float


class WalkForward(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` is the mean out of sample over the steps, in the metric's own unit."""

    value: float
    steps: tuple[Step, ...]


def walk_forward(rows: Sequence[AnyRow], metric: str, mode: Mode) -> WalkForward | None:
    """Select in each fold of *rows* by *metric*, among configurations with all folds.

    Several seeds of a configuration are averaged; ties go to the first id. None: under two folds,
    or no configuration has a value in and out of sample in all of them.
    """
    folds = sorted({row.fold for row in rows if row.fold is not None})
    values = _values(rows, metric)
    broken = {row.id for row in rows if _pair(row, metric) is None}
    names = sorted({name for _, name in values} - broken)
    whole = [name for name in names if all((fold, name) in values for fold in folds)]
    if len(folds) < MIN_FOLDS or not whole:
        return None
    steps = tuple(_step(fold, {name: values[fold, name] for name in whole}, mode) for fold in folds)
    return WalkForward(value=_mean([step.oos for step in steps]), steps=steps)


def _step(fold: int, values: Mapping[str, tuple[float, float]], mode: Mode) -> Step:
    sign = -1.0 if mode is Mode.MAX else 1.0
    best = min(values, key=lambda name: (sign * values[name][0], name))
    inside, outside = values[best]
    return Step(fold=fold, config_id=best, is_=inside, oos=outside)


def _values(rows: Sequence[AnyRow], metric: str) -> Mapping[tuple[int, str], tuple[float, float]]:
    """Give both values of each fold and configuration, the mean over its seeds."""
    found: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for row in rows:
        pair = _pair(row, metric)
        if pair is not None and row.fold is not None:
            found.setdefault((row.fold, row.id), []).append(pair)
    return {
        place: (_mean([one for one, _ in pairs]), _mean([other for _, other in pairs]))
        for place, pairs in found.items()
    }


def _pair(row: AnyRow, metric: str) -> tuple[float, float] | None:
    inside, outside = sample_value(row, metric, "is"), sample_value(row, metric, "oos")
    return None if inside is None or outside is None else (inside, outside)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
