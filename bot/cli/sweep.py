"""``highwater sweep``: the points of a spec over a strategy of one's own, and its directory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from bot.cli import command_settings
from bot.cli.backtest_table import data_words
from bot.cli.ending import clean_ending
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Result, emit, format_option
from bot.cli.sweep_run import Completed, Wish, carried_out, prepared
from bot.cli.sweep_table import best_rows
from bot.cli.workplace import require_writable
from engine.sweep.spec import SweepSpec
from engine.sweep_leaks import told, without_leak
from engine.units import readable
from engine.values import ExitCode
from worker.executors import local
from worker.executors.points import Executor
from worker.machine import require_linux
from worker.settings import read_runner_settings
from worker.sweep_files import SUMMARY

RUNS = Path("runs/sweeps")


@click.command()
@click.argument("spec", type=click.Path(path_type=Path), metavar="SPEC.yaml")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Directory to write.  [default: runs/sweeps/NAME, NAME as the spec's file]",
)
@click.option(
    "--rerun-best",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Re-run the best configuration in N fresh processes: determinism.json.",
)
@click.option(
    "--executor",
    "kind",
    type=click.Choice(["serial", "local", "ray"]),
    default="local",
    show_default=True,
    help="One process, a pool on this machine, or a Ray cluster.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Processes of the pool or cluster.  [default: the spec's jobs, else one a processor]",
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted sweep of this directory.")
@click.option(
    "--ray-address",
    default=None,
    metavar="TEXT",
    help="Ray cluster to use, with --executor ray.  [default: RAY_ADDRESS, else a local one]",
)
@setting_options("data", "cache_dir")
@format_option
def sweep(  # noqa: PLR0913 - one parameter a flag
    flags: Mapping[str, str | None],
    *,
    spec: Path,
    out: Path | None,
    rerun_best: int | None,
    kind: str,
    jobs: int | None,
    resume: bool,
    ray_address: str | None,
    output_format: OutputFormat,
) -> int:
    """Run the sweep of SPEC.yaml and write its directory.

    \b
    Example:
      highwater sweep sweeps/ci_smoke.yaml --rerun-best 2
      highwater sweep sweeps/ci_smoke.yaml --resume

    The paths in the spec are from the repository's root. Ends with 1 when the best configuration
    is not deterministic or looks ahead, with 4 when no point gave a value.
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    if kind == "serial" and jobs not in (None, 1):
        problem = "--executor serial runs in one process: leave --jobs out."
        raise click.UsageError(problem)
    if kind != "ray" and ray_address is not None:
        problem = "--ray-address is for --executor ray."
        raise click.UsageError(problem)
    require_linux()
    settings = read_runner_settings(flags)
    place = out or RUNS / spec.stem
    address = command_settings.ray_address(os.environ, Path.cwd(), flag=ray_address)
    chosen = _Chosen(kind, jobs, address)
    wish = Wish(
        spec=spec,
        place=place,
        executor=chosen.executor,
        reruns=rerun_best,
        resume=resume,
        mounts=settings.mounts,
        cache=settings.cache_dir,
    )
    with clean_ending() as folder:
        found = prepared(wish, folder)
        require_writable(place / SUMMARY)
        completed = carried_out(found)
    _tell(completed, place, output_format)
    return _exit_code(completed)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which executor the flags ask for."""

    kind: str
    jobs: int | None
    ray_address: str | None

    def executor(self, spec: SweepSpec) -> Executor:
        """Make it, for as many processes as the flag or the spec says."""
        jobs = self.jobs or spec.jobs
        if self.kind == "ray":
            from worker.executors import ray_cluster  # noqa: PLC0415 - an extra of its own

            return ray_cluster.executor(self.ray_address, jobs)
        return local.executor(1 if self.kind == "serial" else jobs)


def _tell(finished: Completed, place: Path, output_format: OutputFormat) -> None:
    summary = finished.summary
    document = {
        "directory": str(place),
        "metric": summary.metric,
        "mode": summary.mode,
        "summary": summary.summary,
        "timing": summary.timing,
        "best": summary.best,
        "determinism": finished.determinism,
        "look_ahead": finished.canary,
        "errors": len(summary.errors),
    }
    human = "\n".join(_lines(finished, place))
    emit(Result(human=human, document=document), output_format)


def _lines(finished: Completed, place: Path) -> list[str]:
    summary, determinism = finished.summary, finished.determinism
    best, timing = summary.best, summary.timing
    failed = len(summary.errors)
    lines = [f"{summary.summary.total_runs} runs, {failed} failed; written to {place}"]
    report = finished.manifest.data_report
    if report is not None and (report.repairs or report.warnings):
        lines.append(data_words(report))
    if best is not None:
        lines += ["", *best_rows(summary), ""]
    if timing is not None:
        p50, p90 = readable(timing.p50, "s"), readable(timing.p90, "s")
        lines.append(f"Time of a run: p50 {p50}, p90 {p90}")
    if summary.errors:
        lines.append(f"First failure: {summary.errors[0].error.splitlines()[-1]}")
    if determinism is not None:
        verdict = "deterministic" if determinism.is_deterministic else "NOT deterministic"
        lines.append(f"{verdict} over {determinism.n_reruns} re-runs")
    return [*lines, *_canary_line(finished)]


def _canary_line(finished: Completed) -> Iterator[str]:
    canary = finished.canary
    if canary is not None and canary.leak is not None:
        yield f"LOOKS AHEAD: {told(canary)}"
    elif canary is not None:
        said = without_leak(canary)
        yield f"{said[0].upper()}{said[1:]}"


def _exit_code(finished: Completed) -> int:
    if finished.determinism is not None and not finished.determinism.is_deterministic:
        return ExitCode.REGRESSION
    if finished.canary is not None and finished.canary.leak is not None:
        return ExitCode.REGRESSION
    return ExitCode.WITHIN_BUDGET if finished.summary.best else ExitCode.NO_VERDICT
