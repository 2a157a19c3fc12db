"""From what a strategy's process says of a point to the point's rows, one a fold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.sweep.rows import SweepRow
from worker.engine_process import Evaluated, FoldResult, WindowResult
from worker.executors.points import Done, Terms, failure

_SAMPLES = {"is": "in-sample", "oos": "out of sample"}


def done_of(place: int, found: Evaluated, terms: Terms) -> Done:
    """Give the rows of a point.

    A point that failed is one row without a fold, or, where the sweep has folds, a row for each:
    a configuration has all folds or none. Its time is shared out evenly over its rows.
    """
    share_s = found.elapsed_s / len(terms.job.folds)
    if found.status != "ok":
        rows = tuple(_failed(found, fold, share_s) for fold in _numbers(terms))
        return Done(place, rows)
    rows = tuple(
        _row(found, fold, number, terms.metric)
        for fold, number in zip(found.folds, _numbers(terms), strict=True)
    )
    if terms.job.give != "returns":
        return Done(place, rows)
    return Done(place, rows, tuple(one.returns for one in found.folds))


def _numbers(terms: Terms) -> tuple[int | None, ...]:
    """Number the folds; a sweep that was not asked to split has one without a number."""
    return tuple(fold.fold for fold in terms.job.folds) if terms.split else (None,)


def _failed(found: Evaluated, fold: int | None, elapsed_s: float) -> SweepRow:
    error, late = found.error or "failed without a message", found.status == "timeout"
    return failure(found.point, error, elapsed_s, out_of_time=late, fold=fold)


def _row(found: Evaluated, fold: FoldResult, number: int | None, metric: str) -> SweepRow:
    windows = {"is": fold.is_, "oos": fold.oos}
    present = {name: window for name, window in windows.items() if window is not None}
    return SweepRow(
        id=found.point.id,
        params=found.point.params,
        seed=found.point.seed,
        fold=number,
        metrics={name: _defined(window) for name, window in present.items()},
        status="ok",
        elapsed_s=found.elapsed_s / len(found.folds),
        error="; ".join(_undefined(present, metric)) or None,
        signature=fold.signature,
    )


def _defined(window: WindowResult) -> dict[str, Any]:
    return {name: value for name, value in window.metrics.items() if value is not None}


def _undefined(windows: Mapping[str, WindowResult], metric: str) -> Iterator[str]:
    """Say why what is ranked by has no value: the row then counts as failed, and this is why."""
    for name, window in windows.items():
        if window.metrics.get(metric) is None:
            known = ", ".join(sorted(window.metrics))
            reason = window.reasons.get(metric, f"there is no such metric; there are {known}")
            yield f"{metric} is not defined {_SAMPLES[name]}: {reason}"
