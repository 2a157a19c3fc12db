"""One backtest: its spec and bars are read, and the strategy is run in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from engine.backtest.backtest_spec import BacktestSpec, parse_backtest_spec, traded_bars
from engine.backtest.periods import periods_per_year
from engine.backtest.results import Backtest
from engine.errors import CandidateError, UserError, Where
from engine.identity import configuration_id, content_hash
from engine.sweep.grid import Point
from worker.bar_files import LoadedBars, load_bars, write_bar_arrays
from worker.engine_job import carried
from worker.engine_process import EngineProcess, EngineWork
from worker.engine_protocol import CarriedSeries, EngineJob, FoldWindows
from worker.files import read_untrusted
from worker.series_files import load_series

MAX_SPEC_BYTES = 1024 * 1024
SCRATCH = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a backtest is at home: below *root* or in *mounts*; *shown* is its spec in errors.

    *folder* is ours, for arrays; *kernel_cache* for compiled kernels, None: none are kept. The
    strategy is run by *python* with the whole environment *environ*.
    """

    root: Path
    shown: str
    folder: Path
    python: Path
    environ: Mapping[str, str]
    mounts: Mapping[str, Path] = field(default_factory=dict)
    kernel_cache: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A backtest that can begin; *fingerprint* is that of all its data."""

    spec: BacktestSpec
    site: Site
    loaded: LoadedBars
    job: EngineJob
    fingerprint: str


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A run, and the parameters that it was made with: the spec's, else the class's defaults."""

    backtest: Backtest
    params: Mapping[str, Any]


def load_backtest_spec(root: Path, path: Path, shown: str) -> BacktestSpec:
    """Read a spec of the tree *root*; *shown* is what errors call the file.

    Raises:
        UserError: the spec or its strategy's file is missing or wrong.
    """
    spec = parse_backtest_spec(read_untrusted(path, MAX_SPEC_BYTES, shown), shown)
    if not (root / spec.strategy_path).is_file():
        problem = f"names {spec.strategy_path!r}, and there is no such file."
        remedy = f"Paths are from the repository's root, {root}."
        raise UserError(problem, Where(shown, field="strategy"), remedy)
    return spec


def prepared(spec: BacktestSpec, site: Site) -> Prepared:
    """Read the bars and series of *spec*, and lay the arrays into the site's folder.

    Raises:
        UserError: data is missing or wrong, none of it is between ``from`` and ``until``, or its
            bars do not tell how many a year has.
        OSError: the folder cannot be written to.
    """
    loaded = load_bars(site.root, spec.data, site.shown, site.mounts)
    series = carried(load_series(site.root, spec.risk, f"{site.shown}: risk", site.mounts))
    window = traded_bars(loaded.bars.times, spec, site.shown)
    where = Where(site.shown, field="periods_per_year")
    periods = spec.periods_per_year or periods_per_year(loaded.bars.times, where)
    arrays = site.folder / "bars"
    write_bar_arrays(loaded.bars, arrays)
    (site.folder / SCRATCH).mkdir()
    job = EngineJob(
        bars=str(arrays),
        account=spec.account,
        costs=spec.costs,
        profile=spec.profile,
        risk=spec.risk,
        series=series,
        folds=(FoldWindows(fold=0, oos=window),),
        periods_per_year=periods,
        give="backtests",
    )
    fingerprint = _fingerprint(loaded, series)
    return Prepared(spec=spec, site=site, loaded=loaded, job=job, fingerprint=fingerprint)


def carried_out(run: Prepared) -> CarriedOut:
    """Run the strategy over the bars.

    Raises:
        CandidateError: the strategy could not be loaded, or it failed; with its output.
    """
    spec, site = run.spec, run.site
    work = EngineWork(
        root=site.root,
        file=spec.strategy_path,
        name=spec.strategy_name,
        python=site.python,
        environ=site.environ,
        job=run.job,
        bars=run.loaded.bars,
        kernel_cache=site.kernel_cache,
        scratch=site.folder / SCRATCH,
    )
    point = Point(index=0, id=configuration_id(spec.params), params=spec.params, seed=spec.seed)
    with EngineProcess(work) as process:
        (done,) = process.evaluate([point])
    if done.status != "ok" or done.folds[0].oos.backtest is None:
        raise CandidateError(spec.strategy, done.error or "no result", ending="failed")
    return CarriedOut(done.folds[0].oos.backtest, done.params)


def _fingerprint(loaded: LoadedBars, series: tuple[CarriedSeries, ...]) -> str:
    """Give the bars' own where there is nothing else."""
    if not series:
        return loaded.fingerprint
    return content_hash(
        [loaded.fingerprint, *(msgspec.json.encode(one).decode() for one in series)]
    )
