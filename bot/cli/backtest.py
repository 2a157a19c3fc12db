"""``highwater backtest``: one run of one strategy, and its directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.backtest_site import site_of
from bot.cli.backtest_table import curve_title, data_words, table
from bot.cli.ending import clean_ending
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Remark, Result, emit, format_option
from bot.cli.workplace import (
    commit_of,
    is_dirty,
    repository_root,
    require_writable,
    versions_of,
)
from engine.backtest.backtest_spec import BacktestSpec
from engine.backtest.columns import tables_of
from engine.backtest.holding import bought_and_held
from engine.backtest.metrics import Metrics, metrics_of, rounded
from engine.backtest.results import Backtest
from engine.values import ExitCode
from worker.backtest_files import (
    METRICS,
    BacktestManifest,
    document_of,
    iso_times,
    write_backtest_directory,
)
from worker.backtest_run import (
    CarriedOut,
    Prepared,
    Site,
    carried_out,
    load_backtest_spec,
    prepared,
)
from worker.equity_plot import Curve, equity_plots
from worker.machine import require_linux, this_machine
from worker.settings import read_runner_settings

RUNS = Path("runs/backtests")


@click.command()
@click.argument("spec", type=click.Path(path_type=Path), metavar="SPEC.yaml")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Directory to write.  [default: runs/backtests/NAME, NAME as the spec's file]",
)
@setting_options("cache_dir", "data")
@format_option
def backtest(
    flags: Mapping[str, str | None],
    *,
    spec: Path,
    out: Path | None,
    output_format: OutputFormat,
) -> int:
    """Run the strategy of SPEC.yaml once: its metrics, trades, equity and a plot of it.

    \b
    Example:
      highwater backtest backtests/sma.yaml

    The paths in the spec are from the repository's root. Ends with 1 when the strategy fails.
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    require_linux()
    settings = read_runner_settings(flags)
    place = out or RUNS / spec.stem
    root = repository_root(spec.parent if spec.parent.is_dir() else Path())
    read = load_backtest_spec(root, spec.resolve(), str(spec))
    require_writable(place / METRICS)
    with clean_ending() as folder:
        finished = _run(read, site_of(root, spec, folder, settings), place)
    _write(finished, place)
    _tell(finished, place, output_format)
    return ExitCode.WITHIN_BUDGET


@dataclass(frozen=True, slots=True)
class _Finished:
    spec: BacktestSpec
    result: Backtest
    metrics: Metrics
    manifest: BacktestManifest


def _run(spec: BacktestSpec, site: Site, place: Path) -> _Finished:
    started = _now()
    run = prepared(spec, site)
    done = carried_out(run)
    metrics = metrics_of(done.backtest, run.job.periods_per_year)
    return _Finished(
        spec=spec,
        result=done.backtest,
        metrics=rounded(metrics, spec.account.currency_digits),
        manifest=_manifest(run, done, started, place),
    )


def _manifest(run: Prepared, done: CarriedOut, started: str, place: Path) -> BacktestManifest:
    spec, site, result = run.spec, run.site, done.backtest
    dirty = is_dirty(site.root, place)
    first, last = iso_times(result.bars.times[[0, -1]])
    return BacktestManifest(
        spec_hash=spec.spec_hash,
        git_sha=None if dirty else commit_of(site.root),
        dirty=dirty,
        platform=this_machine().platform,
        versions=versions_of(site.python),
        seed=spec.seed,
        data_hash=run.fingerprint,
        started_utc=started,
        finished_utc=_now(),
        strategy=spec.strategy,
        params=dict(done.params),
        bars=result.bars.length,
        assets=result.bars.width,
        first_bar=first,
        last_bar=last,
        periods_per_year=run.job.periods_per_year,
        data_report=run.loaded.report,
    )


def _write(finished: _Finished, place: Path) -> None:
    result, metrics = finished.result, finished.metrics
    title, subtitle = curve_title(finished.manifest, metrics)
    curve = Curve(
        times=result.bars.times,
        equity=result.equity,
        start=result.cash_start,
        title=title,
        subtitle=subtitle,
        held=bought_and_held(result.bars, result.cash_start),
    )
    tables = tables_of(result, finished.spec.account.currency_digits)
    write_backtest_directory(place, finished.manifest, metrics, tables, equity_plots(curve))


def _tell(finished: _Finished, place: Path, output_format: OutputFormat) -> None:
    manifest = finished.manifest
    document = {
        "directory": str(place),
        "strategy": manifest.strategy,
        "params": manifest.params,
        "first_bar": manifest.first_bar,
        "last_bar": manifest.last_bar,
        "data": manifest.data_report,
        "metrics": document_of(finished.metrics),
    }
    figures = table(manifest, finished.metrics, finished.spec.account.currency_digits)
    parts = [
        figures,
        "" if _ordered(finished.result) else "No order was given.",
        data_words(manifest.data_report),
        f"Written to {place}",
    ]
    remarks = tuple(
        Remark(level="warning", message=warning, title="odd bars")
        for warning in manifest.data_report.warnings
    )
    human = "\n\n".join(filter(None, parts))
    emit(Result(human=human, document=document, remarks=remarks), output_format)


def _ordered(result: Backtest) -> bool:
    """Tell whether anything was ordered: an order is filled, or it is among the dropped."""
    return bool(len(result.fills.bar) or len(result.dropped.bar))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
