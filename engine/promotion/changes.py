"""Every number that a new baseline changes: what is accepted now, what comes, what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from engine.baselines import BaselineData, CaseBaseline, PlatformBaseline
from engine.bench_levels import NANOSECONDS
from engine.samples import Launch
from engine.sweep.leaderboard import SweepSummary

Timed = Mapping[str, Sequence[Launch]]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One number: *before* is None where nothing was accepted, *after* where nothing remains.

    *runs* are what each run by itself says of it, where that can be said. A *main* number is what
    is judged by; the others stand beside it.
    """

    subject: str
    number: str
    unit: str = ""
    before: float | None
    after: float | None
    runs: tuple[float, ...] = ()
    main: bool = False


def platform_changes(
    accepted: PlatformBaseline | None, levels: Mapping[str, CaseBaseline], runs: Sequence[Timed]
) -> tuple[Change, ...]:
    """List what changes of the cases that were measured, by name."""
    known = {} if accepted is None else accepted.baselines
    found = (
        change
        for case in sorted(levels)
        for change in _of_case(case, known.get(case), levels[case], runs)
    )
    return tuple(change for change in found if change.before != change.after)


def sweep_changes(
    accepted: BaselineData | None, level: BaselineData, runs: Sequence[SweepSummary]
) -> tuple[Change, ...]:
    """List what changes of a sweep: its best value first, then the rest, then its ranking."""
    found = (*_of_summary(accepted, level, runs), *_of_ranking(accepted, level))
    return tuple(change for change in found if change.before != change.after)


def _of_case(
    case: str, before: CaseBaseline | None, after: CaseBaseline, runs: Sequence[Timed]
) -> Iterator[Change]:
    yield Change(
        subject=case,
        number="mean",
        unit="s",
        before=None if before is None else before.mean_ns / NANOSECONDS,
        after=after.mean_ns / NANOSECONDS,
        runs=tuple(_mean(run[case]) for run in runs if case in run),
        main=True,
    )
    numbers = {"std dev": ("s", "std_dev_ns"), "samples": ("", "sample_size")}
    for number, (unit, name) in numbers.items():
        scale = NANOSECONDS if unit else 1.0
        yield Change(
            subject=case,
            number=number,
            unit=unit,
            before=None if before is None else getattr(before, name) / scale,
            after=getattr(after, name) / scale,
        )
    yield Change(
        subject=case,
        number="instructions",
        before=None if before is None else before.instructions,
        after=after.instructions,
    )
    known = (before.quantiles_ns if before else None) or {}
    for number, value in (after.quantiles_ns or {}).items():
        old = known.get(number)
        yield Change(
            subject=case,
            number=number,
            unit="s",
            before=None if old is None else old / NANOSECONDS,
            after=value / NANOSECONDS,
        )


def _mean(launches: Sequence[Launch]) -> float:
    samples = [sample for launch in launches for sample in launch.samples]
    return sum(samples) / len(samples)


def _of_summary(
    accepted: BaselineData | None, level: BaselineData, runs: Sequence[SweepSummary]
) -> Iterator[Change]:
    best = tuple(one.summary.best_metric for one in runs)
    yield Change(
        subject="",
        number=f"best {level.metric}",
        before=None if accepted is None else accepted.summary.best_metric,
        after=level.summary.best_metric,
        runs=tuple(one for one in best if one is not None),
        main=True,
    )
    yield Change(
        subject="",
        number="success rate",
        before=None if accepted is None else accepted.summary.success_rate,
        after=level.summary.success_rate,
        runs=tuple(one.summary.success_rate for one in runs),
        main=True,
    )
    yield Change(
        subject="",
        number="runs",
        before=None if accepted is None else accepted.summary.total_runs,
        after=level.summary.total_runs,
    )
    for number in ("p50", "p90"):
        yield Change(
            subject="",
            number=f"{number} of a run",
            unit="s",
            before=None if accepted is None else getattr(accepted.timing, number),
            after=getattr(level.timing, number),
            runs=tuple(getattr(one.timing, number) for one in runs if one.timing is not None),
        )


def _of_ranking(accepted: BaselineData | None, level: BaselineData) -> Iterator[Change]:
    """Compare the values of each configuration; one that is gone has none any more."""
    before = {} if accepted is None else _by_configuration(accepted.leaderboard)
    after = _by_configuration(level.leaderboard)
    for name in dict.fromkeys((*after, *before)):
        yield Change(
            subject=name, number=level.metric, before=before.get(name), after=after.get(name)
        )


def _by_configuration(rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Give each configuration's value; ``metric`` of an older file may be the metric's name."""
    found: dict[str, float | None] = {}
    for row in rows:
        values = (row.get(key) for key in ("metric", "oos", "is"))
        numbers = (one for one in values if isinstance(one, int | float))
        found[str(row.get("config_id", "?"))] = next(numbers, None)
    return found
