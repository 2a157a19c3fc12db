"""``highwater sweep``: a grid of points over a strategy of one's own, and its directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.ending import clean_ending
from bot.cli.output import OutputFormat, Result, emit, format_option, message, progress
from bot.cli.workplace import (
    commit_of,
    is_dirty,
    repository_root,
    require_writable,
    user_environ,
    user_python,
    versions_of,
)
from engine.determinism import Determinism, judge_determinism
from engine.errors import UserError, Where
from engine.sweep.grid import Point, points
from engine.sweep.leaderboard import SweepSummary, reported_value, summarise
from engine.sweep.rows import SweepRow
from engine.sweep.spec import SweepSpec
from engine.units import readable
from engine.values import ExitCode
from worker.executors import serial
from worker.executors.local import executor
from worker.executors.points import Work
from worker.machine import require_linux, this_machine
from worker.suites.spec import load_spec
from worker.sweep_files import SUMMARY, Manifest, write_sweep_directory

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
    type=click.Choice(["serial", "local"]),
    default="local",
    show_default=True,
    help="One process, or a pool on this machine.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Processes of the pool.  [default: the spec's jobs, else one a processor]",
)
@format_option
def sweep(  # noqa: PLR0913 - one parameter a flag
    *,
    spec: Path,
    out: Path | None,
    rerun_best: int | None,
    kind: str,
    jobs: int | None,
    output_format: OutputFormat,
) -> int:
    """Run the sweep of SPEC.yaml and write its directory.

    \b
    Example:
      highwater sweep sweeps/ci_smoke.yaml --rerun-best 2

    The paths in the spec are from the repository's root. Ends with 1 when the best configuration
    is not deterministic, with 4 when no point gave a value.
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    if kind == "serial" and jobs not in (None, 1):
        problem = "--executor serial runs in one process: leave --jobs out."
        raise click.UsageError(problem)
    require_linux()
    place = out or RUNS / spec.stem
    order = _order(spec, 1 if kind == "serial" else jobs)
    require_writable(place / SUMMARY)
    origin = _origin(order.work.root, place)
    with clean_ending():
        finished = _run(order, rerun_best, origin)
    write_sweep_directory(
        place, finished.rows, finished.summary, finished.manifest, finished.determinism
    )
    _tell(finished, place, output_format)
    return _exit_code(finished)


@dataclass(frozen=True, slots=True)
class _Order:
    spec: SweepSpec
    work: Work
    jobs: int | None


@dataclass(frozen=True, slots=True)
class _Origin:
    """The commit whose files are run; None: there is none, or the files differ from it."""

    git_sha: str | None
    dirty: bool


@dataclass(frozen=True, slots=True)
class _Finished:
    rows: tuple[SweepRow, ...]
    summary: SweepSummary
    determinism: Determinism | None
    manifest: Manifest


def _order(path: Path, jobs: int | None) -> _Order:
    root = repository_root(path.parent if path.parent.is_dir() else Path())
    spec = load_spec(root, path.resolve(), str(path))
    if not (root / spec.strategy_path).is_file():
        problem = f"names {spec.strategy_path!r}, and there is no such file."
        remedy = f"Paths are from the repository's root, {root}."
        raise UserError(problem, Where(str(path), field="strategy"), remedy)
    python = user_python()
    work = Work(
        root=root,
        file=spec.strategy_path,
        name=spec.strategy_name,
        points=points(spec),
        python=python,
        environ=user_environ(python),
    )
    return _Order(spec, work, jobs or spec.jobs)


def _origin(root: Path, place: Path) -> _Origin:
    if is_dirty(root, place):
        message("Uncommitted changes: the manifest names no commit, so no baseline can be made.")
        return _Origin(None, dirty=True)
    return _Origin(commit_of(root), dirty=False)


def _run(order: _Order, reruns: int | None, origin: _Origin) -> _Finished:
    started = _now()
    spec = order.spec
    with progress("sweep") as advance:
        work = replace(order.work, progress=lambda done, total: advance("points", done, total))
        rows = executor(order.jobs)(work)
        summary = summarise(rows, spec.metric, spec.mode)
        determinism = _determinism(order, summary, reruns) if reruns else None
    manifest = Manifest(
        spec_hash=spec.spec_hash,
        git_sha=origin.git_sha,
        dirty=origin.dirty,
        platform=this_machine().platform,
        versions=versions_of(order.work.python),
        seed=spec.seed,
        started_utc=started,
        finished_utc=_now(),
    )
    return _Finished(rows, summary, determinism, manifest)


def _determinism(order: _Order, summary: SweepSummary, reruns: int) -> Determinism | None:
    """Evaluate the best point again, each time in a process of its own, with its seed."""
    best = summary.best
    if best is None or best.metric is None:
        message("No configuration to re-run: no point gave a value.")
        return None
    point = next(one for one in order.work.points if one.id == best.config_id)
    values = [_again(order, [point]) for _ in range(reruns)]
    return judge_determinism(summary.metric, best.metric, values)


def _again(order: _Order, point: Sequence[Point]) -> float | None:
    return reported_value(serial.evaluate(replace(order.work, points=point))[0], order.spec.metric)


def _tell(finished: _Finished, place: Path, output_format: OutputFormat) -> None:
    summary = finished.summary
    document = {
        "directory": str(place),
        "metric": summary.metric,
        "mode": summary.mode,
        "summary": summary.summary,
        "timing": summary.timing,
        "best": summary.best,
        "determinism": finished.determinism,
        "errors": len(summary.errors),
    }
    human = "\n".join(_lines(finished, place))
    emit(Result(human=human, document=document), output_format)


def _lines(finished: _Finished, place: Path) -> list[str]:
    summary, determinism = finished.summary, finished.determinism
    best, timing = summary.best, summary.timing
    failed = len(summary.errors)
    lines = [f"{summary.summary.total_runs} runs, {failed} failed; written to {place}"]
    if best is not None:
        lines.append(f"Selected in-sample: {best.params}")
        lines.append(
            f"{summary.metric}: {best.is_:.6g} in-sample, {_shown(best.oos)} out of sample"
        )
    if timing is not None:
        p50, p90 = readable(timing.p50, "s"), readable(timing.p90, "s")
        lines.append(f"Time of a run: p50 {p50}, p90 {p90}")
    if summary.errors:
        lines.append(f"First failure: {summary.errors[0].error.splitlines()[-1]}")
    if determinism is not None:
        verdict = "deterministic" if determinism.is_deterministic else "NOT deterministic"
        lines.append(f"{verdict} over {determinism.n_reruns} re-runs")
    return lines


def _shown(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.6g}"


def _exit_code(finished: _Finished) -> int:
    if finished.determinism is not None and not finished.determinism.is_deterministic:
        return ExitCode.REGRESSION
    return ExitCode.WITHIN_BUDGET if finished.summary.best else ExitCode.NO_VERDICT


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
