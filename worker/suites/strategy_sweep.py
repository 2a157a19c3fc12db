"""A spec's sweep of a class on both sides: rows, the returns that are judged, and the canary."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.orders import Ranking, Trials
from engine.sweep.daily import Floats
from engine.sweep.grid import Point, points
from engine.sweep.rows import SweepRow
from engine.sweep.spec import SweepSpec
from engine.sweep.trials import even_selection, trials_of_series
from engine.values import Side
from worker.executors.local import executor, usable_cpus
from worker.executors.points import Done, Work
from worker.kernel_cache import copied_cache
from worker.suites.canary import tried
from worker.suites.sweep_returns import rerun_with_returns, series_of
from worker.suites.sweep_terms import Site, giving, load_terms
from worker.suites.swept import Kept, Swept, selected_in
from worker.suites.task import Task


@dataclass(frozen=True, slots=True)
class _Sampled:
    """All rows of a side, and what the returns of an even selection say of its trials."""

    rows: tuple[SweepRow, ...]
    trials: Trials | None


def sweep_strategy(task: Task, spec: SweepSpec, shown: str) -> Swept:
    """Evaluate the points of a class on both sides, base first and in half of the time.

    Both sides are run on the bars that base's tree holds, which are laid out for each apart. What
    base selects is evaluated a second time in a fresh process, with its returns; of head, what
    base selects and what head itself selects. Each side's own selected configuration is tried
    for look-ahead.

    Raises:
        UserError: the data is missing or wrong, or too short.
    """
    ranking = Ranking(metric=spec.metric, mode=spec.mode.value)
    chosen = points(spec)
    sides = {side: task.out / f"{side}-bars" for side in Side}
    for folder in sides.values():
        folder.mkdir()
    kernels = copied_cache(sides[Side.BASE])
    half = time.monotonic() + task.remaining_s() / 2
    base_work = _work(task, spec, Side.BASE, _Place(shown, sides[Side.BASE], kernels, half))
    base = _evaluated(base_work, chosen, spec)
    selected = selected_in(base, ranking)
    rerun = rerun_with_returns(base_work, _named(chosen, {selected}))
    canary_base = tried(replace(base_work, points=chosen), selected, task.order.seed)
    # Head need not compile again what base has compiled; what head compiles base never sees.
    kernels = shutil.copytree(kernels, sides[Side.HEAD] / kernels.name)
    head_work = _work(
        task, spec, Side.HEAD, _Place(shown, sides[Side.HEAD], kernels, task.deadline)
    )
    head = _sampled(head_work, chosen, spec)
    winner = selected_in(head.rows, ranking)
    again = rerun_with_returns(head_work, _named(chosen, {selected, winner}))
    canary = tried(replace(head_work, points=chosen), winner, task.order.seed)
    kept = Kept(
        returned={Side.BASE: rerun, Side.HEAD: _alike(again, head.rows)},
        trials=head.trials,
        canaries={Side.BASE: canary_base, Side.HEAD: canary},
    )
    return Swept(ranking, base, head.rows, rerun, kept, again)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a side is run: a folder for arrays, one for kernels, and until when."""

    shown: str
    folder: Path
    kernels: Path
    deadline: float


def _work(task: Task, spec: SweepSpec, side: Side, place: _Place) -> Work:
    environment = task.environments[side]
    site = Site(
        root=task.trees[Side.BASE],
        shown=place.shown,
        folder=place.folder,
        mounts=task.mounts,
        kernel_cache=place.kernels,
    )
    return Work(
        root=task.trees[side],
        file=spec.strategy_path,
        name=spec.strategy_name,
        points=(),
        python=environment.python,
        environ=environment.environ,
        terms=load_terms(spec, site).terms,
        deadline=place.deadline,
        progress=lambda done, total: task.progress(f"points on {side}", done, total),
    )


def _evaluated(work: Work, chosen: Sequence[Point], spec: SweepSpec) -> tuple[SweepRow, ...]:
    jobs = min(spec.jobs or usable_cpus(), usable_cpus())  # a runner is not to be overrun
    return executor(jobs)(replace(work, points=chosen))


def _sampled(work: Work, chosen: Sequence[Point], spec: SweepSpec) -> _Sampled:
    """Evaluate all points, an even selection of them with their returns."""
    places = frozenset(even_selection(len(chosen), _days(work)))
    kept: list[Floats] = []

    def keep(done: Done) -> None:
        series = None if work.terms is None else series_of(done, work.terms)
        if series is not None:
            kept.append(series)

    sample = [point for place, point in enumerate(chosen) if place in places]
    others = [point for place, point in enumerate(chosen) if place not in places]
    first = _evaluated(replace(giving(work, "returns"), keep=keep), sample, spec)
    rows = (*first, *(_evaluated(work, others, spec) if others else ()))
    order = {point.id: place for place, point in enumerate(chosen)}
    succeeded = {row.id for row in rows if row.status == "ok"}
    return _Sampled(
        rows=tuple(sorted(rows, key=lambda row: (order[row.id], row.fold or 0))),
        trials=trials_of_series(kept, len(succeeded)),
    )


def _days(work: Work) -> int:
    """Bound how many daily returns a point has."""
    folds = () if work.terms is None else work.terms.job.folds
    return sum(fold.oos[1] - fold.oos[0] for fold in folds)


def _named(chosen: Sequence[Point], names: set[str | None]) -> tuple[Point, ...]:
    return tuple(point for point in chosen if point.id in names)


def _alike(again: Sequence[SweepRow], rows: Sequence[SweepRow]) -> tuple[SweepRow, ...]:
    """Keep the rows of a second evaluation that behaved as the first one did."""
    first = {(row.id, row.fold): row.signature for row in rows}
    return tuple(row for row in again if first.get((row.id, row.fold)) == row.signature)
