"""Leaderboard, summary and timings of a sweep's rows: in-sample selects, out of sample reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from engine.current import CurrentData, CurrentSummary, Sample, Timing
from engine.determinism import LARGEST_METRIC, Determinism
from engine.errors import UserError
from engine.sweep.rows import PointResult, SweepRow
from engine.values import Mode

AnyRow = SweepRow | PointResult

LONGEST_S = 1e9

_REMEDY = "Have the sweep write one row for each id, fold and seed."


class LeaderboardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One configuration, folds and seeds averaged. ``rank`` is None for one that failed.

    ``metric`` is the value that is reported: out of sample where there is one, else in-sample.
    """

    rank: int | None
    config_id: str
    params: dict[str, Any]
    metric: float | None
    is_: float | None = msgspec.field(name="is")
    oos: float | None
    elapsed_s: float
    status: Literal["ok", "error"]


class RowError(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of ``errors.jsonl``: a run that failed, or gave no number for the metric."""

    config_id: str
    params: dict[str, Any]
    seed: int
    fold: int | None = None
    error: str


class SweepSummary(msgspec.Struct, frozen=True, kw_only=True):
    """All that is derived from a sweep's rows.

    ``timing`` is over the runs that succeeded, ``elapsed`` are their seconds.
    """

    metric: str
    mode: Mode
    leaderboard: tuple[LeaderboardRow, ...]
    summary: CurrentSummary
    timing: Timing | None
    errors: tuple[RowError, ...]
    elapsed: tuple[float, ...] = ()

    @property
    def best(self) -> LeaderboardRow | None:
        """The configuration selected in-sample; None: none succeeded."""
        first = self.leaderboard[0]
        return first if first.rank is not None else None

    @property
    def selected(self) -> str | None:
        """The id of that configuration."""
        return None if self.best is None else self.best.config_id


def summarise(rows: Sequence[AnyRow], metric: str, mode: Mode) -> SweepSummary:
    """Rank the configurations of *rows* by *metric* in-sample and sum the sweep up.

    A run counts as failed when its status says so or when the metric is missing, NaN, infinite or
    beyond 1e150.
    A fold that a configuration lacks and another one has is a run that failed. A configuration
    with a failed fold is not ranked. Ties are ranked by id.

    Raises:
        UserError: no rows, two rows of one id, fold and seed, one id with two sets of parameters,
            or an elapsed time that is none.
    """
    _check_rows(rows)
    failed = {
        index: problem for index, row in enumerate(rows) if (problem := _problem(row, metric))
    }
    passed = [row for index, row in enumerate(rows) if index not in failed]
    errors = (
        *(_row_error(rows[index], problem) for index, problem in failed.items()),
        *_missing_folds(rows),
    )
    leaderboard = _leaderboard(rows, {error.config_id for error in errors}, metric, mode)
    total = len(passed) + len(errors)
    return SweepSummary(
        metric=metric,
        mode=mode,
        leaderboard=leaderboard,
        summary=CurrentSummary(
            best_metric=leaderboard[0].metric,
            success_rate=len(passed) / total,
            total_runs=total,
            sample=_sample(leaderboard[0]),
        ),
        timing=_timing([row.elapsed_s for row in passed]),
        errors=errors,
        elapsed=tuple(row.elapsed_s for row in passed),
    )


def to_current(summary: SweepSummary, determinism: Determinism | None = None) -> CurrentData:
    """Give the sweep as the side of a comparison that is judged."""
    return CurrentData(
        metric=summary.metric,
        mode=summary.mode,
        summary=summary.summary,
        timing=summary.timing,
        leaderboard=tuple(msgspec.to_builtins(row) for row in summary.leaderboard),
        determinism=determinism,
    )


def reported_value(row: AnyRow, metric: str) -> float | None:
    """Give the value of one row that is reported: out of sample, else in-sample, else None."""
    oos = sample_value(row, metric, "oos")
    return oos if oos is not None else sample_value(row, metric, "is")


def sample_value(row: AnyRow, metric: str, sample: Sample) -> float | None:
    """Give one sample's value of a row that succeeded, else None."""
    return None if _problem(row, metric) is not None else _value(row.metrics, sample, metric)


def percentile(values: Sequence[float], share: float) -> float:
    """Interpolate linearly between order statistics (Hyndman and Fan 1996, type 7).

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5), percentile([1.0, 2.0], 0.9)
    (2.5, 1.9)
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _check_rows(rows: Sequence[AnyRow]) -> None:
    if not rows:
        problem = "the sweep has no rows: nothing was measured."
        raise UserError(problem, None, "Have the sweep write at least one row.")
    places: set[tuple[str, int | None, int]] = set()
    params: dict[str, dict[str, Any]] = {}
    for row in rows:
        place = (row.id, row.fold, row.seed)
        if place in places:
            problem = f"two rows have id {row.id!r}, fold {row.fold} and seed {row.seed}."
            raise UserError(problem, None, _REMEDY)
        if params.setdefault(row.id, row.params) != row.params:
            problem = f"rows of id {row.id!r} differ in their parameters."
            raise UserError(problem, None, _REMEDY)
        if not 0 <= row.elapsed_s <= LONGEST_S:
            problem = f"row {row.id!r} has elapsed_s {row.elapsed_s!r}; it must be seconds."
            raise UserError(problem, None, "Write the seconds that the run took.")
        places.add(place)


def _problem(row: AnyRow, metric: str) -> str | None:
    if row.status != "ok":
        return row.error or "failed without a message"
    samples: list[Sample] = ["is", "oos"] if "oos" in row.metrics else ["is"]
    bad = next((name for name in samples if _value(row.metrics, name, metric) is None), None)
    if bad is None:
        return None
    found = _sample_metrics(row.metrics, bad).get(metric, "nothing")
    kind = {"is": "in-sample", "oos": "out of sample"}[bad]
    return row.error or f"metric {metric} has no {kind} number: found {found!r}"


def _value(metrics: Mapping[str, Any], sample: Sample, metric: str) -> float | None:
    found = _sample_metrics(metrics, sample).get(metric)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if abs(found) <= LARGEST_METRIC else None  # NaN compares false, too


def _sample_metrics(metrics: Mapping[str, Any], sample: str) -> Mapping[str, Any]:
    """Give one sample's metrics; flat ones are in-sample."""
    nested = "is" in metrics or "oos" in metrics
    found = metrics.get(sample) if nested else (metrics if sample == "is" else None)
    return found if isinstance(found, Mapping) else {}


def _leaderboard(
    rows: Sequence[AnyRow], broken: set[str], metric: str, mode: Mode
) -> tuple[LeaderboardRow, ...]:
    groups = _by_configuration(rows)
    entries = [_entry(group, metric, ok=name not in broken) for name, group in groups.items()]
    sign = -1.0 if mode is Mode.MAX else 1.0
    ranked = sorted(
        (entry for entry in entries if entry.is_ is not None),
        key=lambda entry: (sign * (entry.is_ or 0.0), entry.config_id),
    )
    rest = sorted((e for e in entries if e.is_ is None), key=lambda entry: entry.config_id)
    numbered = (msgspec.structs.replace(e, rank=place) for place, e in enumerate(ranked, 1))
    return (*numbered, *rest)


def _by_configuration(rows: Sequence[AnyRow]) -> dict[str, list[AnyRow]]:
    groups: dict[str, list[AnyRow]] = {}
    for row in rows:
        groups.setdefault(row.id, []).append(row)
    return groups


def _missing_folds(rows: Sequence[AnyRow]) -> Iterator[RowError]:
    """Tell which configurations lack a fold of the sweep: their averages are of something else."""
    folds = {row.fold for row in rows}
    for name, group in _by_configuration(rows).items():
        for fold in sorted(folds - {row.fold for row in group}, key=str):
            what = "whole run" if fold is None else f"fold {fold}"
            yield RowError(
                config_id=name,
                params=group[0].params,
                seed=group[0].seed,
                fold=fold,
                error=f"has no {what}, which other configurations have",
            )


def _entry(group: Sequence[AnyRow], metric: str, *, ok: bool) -> LeaderboardRow:
    inside = _mean(_value(row.metrics, "is", metric) for row in group) if ok else None
    outside = _mean(_value(row.metrics, "oos", metric) for row in group) if ok else None
    return LeaderboardRow(
        rank=None,
        config_id=group[0].id,
        params=group[0].params,
        metric=outside if outside is not None else inside,
        is_=inside,
        oos=outside,
        elapsed_s=math.fsum(row.elapsed_s for row in group),
        status="ok" if ok else "error",
    )


def _mean(values: Iterable[float | None]) -> float | None:
    """Average the folds; None where one of them has no value."""
    found = list(values)
    present = [value for value in found if value is not None]
    return math.fsum(present) / len(present) if len(present) == len(found) else None


def _sample(first: LeaderboardRow) -> Sample | None:
    if first.metric is None:
        return None
    return "oos" if first.oos is not None else "is"


def _timing(elapsed: Sequence[float]) -> Timing | None:
    if not elapsed:
        return None
    return Timing(p50=percentile(elapsed, 0.5), p90=percentile(elapsed, 0.9))


def _row_error(row: AnyRow, problem: str) -> RowError:
    return RowError(
        config_id=row.id, params=row.params, seed=row.seed, fold=row.fold, error=problem
    )
