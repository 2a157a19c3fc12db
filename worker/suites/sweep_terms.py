"""What a sweep's class is run on: bars read once and laid out for all processes, folds, terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from engine.backtest.bar_checks import DataReport
from engine.backtest.engine_spec import EngineSpec
from engine.backtest.periods import periods_per_year
from engine.errors import UserError, Where
from engine.identity import content_hash
from engine.sweep.folds import Fold, Split, folds_of
from engine.sweep.grid import point_count
from engine.sweep.spec import SweepSpec
from worker.bar_files import LoadedBars, load_bars, write_bar_arrays
from worker.engine_protocol import CarriedSeries, EngineJob, FoldWindows
from worker.executors.points import Terms, Work
from worker.series_files import load_series

Give = Literal["metrics", "returns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a sweep's data lies: below *root* or in *mounts*; *shown* is the spec in errors.

    *folder* is ours: arrays for processes go there. *kernel_cache* is for their kernels.
    """

    root: Path
    shown: str
    folder: Path
    mounts: Mapping[str, Path] = field(default_factory=dict)
    kernel_cache: Path | None = None


@dataclass(frozen=True, slots=True)
class LoadedTerms:
    """The terms, the fingerprint of all data that they were made of, and how the bars were read."""

    terms: Terms
    fingerprint: str
    report: DataReport


def load_terms(spec: SweepSpec, site: Site) -> LoadedTerms:
    """Read the bars of a class's *spec*, cut its folds, and write the arrays into the folder.

    Raises:
        UserError: the data is missing or wrong, too short for the folds, or its bars do not tell
            how many a year has.
        OSError: the folder cannot be written to.
    """
    if spec.data is None:
        problem = f"{spec.strategy_name} has no data to run on."
        raise UserError(problem, Where(site.shown, field="data"), "Name the bars.")
    engine = spec.engine(spec.data)
    loaded = load_bars(site.root, engine.data, site.shown, site.mounts)
    split = Where(site.shown, field="split")
    folds = folds_of(loaded.bars.length, spec.split or Split(), split)
    series = _series(engine, site)
    job = _job(engine, loaded, folds, site, point_count(spec))
    terms = Terms(
        job=msgspec.structs.replace(job, series=series),
        bars=loaded.bars,
        metric=spec.metric,
        split=spec.split is not None,
        kernel_cache=site.kernel_cache,
        scratch=site.folder,
    )
    return LoadedTerms(terms, _fingerprint(loaded, series), loaded.report)


def giving(work: Work, give: Give) -> Work:
    """Have the work's processes give only metrics, or out-of-sample returns too."""
    if work.terms is None:
        return work
    job = msgspec.structs.replace(work.terms.job, give=give)
    return replace(work, terms=replace(work.terms, job=job))


def _job(
    engine: EngineSpec, loaded: LoadedBars, folds: tuple[Fold, ...], site: Site, points: int
) -> EngineJob:
    arrays = site.folder / "bars"
    write_bar_arrays(loaded.bars, arrays)
    where = Where(site.shown, field="periods_per_year")
    return EngineJob(
        bars=str(arrays),
        account=engine.account,
        costs=engine.costs,
        profile=engine.profile,
        risk=engine.risk,
        folds=tuple(_windows(number, fold) for number, fold in enumerate(folds)),
        periods_per_year=engine.periods_per_year or periods_per_year(loaded.bars.times, where),
        points=points,
    )


def _series(engine: EngineSpec, site: Site) -> tuple[CarriedSeries, ...]:
    """Read what rules need beside the bars."""
    found = load_series(site.root, engine.risk, f"{site.shown}: risk", site.mounts)
    if not found:
        return ()
    from worker.engine_job import carried  # noqa: PLC0415 - with it comes the whole engine

    return carried(found)


def _windows(number: int, fold: Fold) -> FoldWindows:
    return FoldWindows(
        fold=number,
        is_=(fold.inside.start, fold.inside.stop),
        oos=(fold.outside.start, fold.outside.stop),
    )


def _fingerprint(loaded: LoadedBars, series: tuple[CarriedSeries, ...]) -> str:
    """Give the bars' own where there is nothing else."""
    if not series:
        return loaded.fingerprint
    parts = [msgspec.json.encode(one).decode() for one in series]
    return content_hash([loaded.fingerprint, *parts])
