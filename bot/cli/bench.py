"""``highwater bench``: benchmark suites of this repository against this platform's baselines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from bot.cli.bench_baselines import UNKNOWN, Recorded, Recorder, level_file
from bot.cli.command_settings import updates_baselines
from bot.cli.ending import clean_ending
from bot.cli.output import OutputFormat, Remark, Result, emit, format_option, message, progress
from bot.cli.workplace import repository_root, require_writable, user_environ, user_python
from engine.baselines import PlatformBaseline
from engine.bench_comparison import (
    DEFAULT_THRESHOLD,
    WEAK_RULE,
    WEAK_RULE_OF_SAMPLES,
    BenchComparison,
    BenchStatus,
    bench_exit_code,
    compare_bench,
    replaced,
    status_lines,
)
from engine.bench_levels import means_ns, timed_launches
from engine.configuration import FILE_NAME, Suite
from engine.configuration_file import parse_configuration
from engine.errors import UserError, Where
from engine.formats import NoBenchmarks, samples_json
from engine.samples import Launch
from engine.values import ExitCode, SuiteKind
from worker.files import read_untrusted, save
from worker.machine import require_linux, this_machine
from worker.queue.settings import current_environ
from worker.suites.bench import Bench, run_bench

MAX_FILE_BYTES = 64 * 1024 * 1024
LAUNCHES = 3
SAMPLES = "samples.json"
_NO_COMMIT = (
    "The recorded levels name no commit: `highwater check --base FILE` cannot go back to them. "
    "Record all of them with everything committed."
)
_SAME_TRIPLE = (
    "Of the baselines only the platform is known: nobody knows whether both were measured on the "
    "same hardware."
)


def _fraction(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    if math.isfinite(value) and value >= 0:
        return value
    problem = "must be a fraction such as 0.05."
    raise click.BadParameter(problem)


_threshold_option = click.option(
    "--threshold",
    type=float,
    callback=_fraction,
    default=DEFAULT_THRESHOLD,
    show_default=True,
    help="Acceptable change of a case's mean, as a fraction.",
)


@click.group()
def bench() -> None:
    """Run benchmark suites and compare them with this platform's baselines.

    \b
    Example:
      highwater bench run
      highwater bench compare --current runs/bench/samples.json --baseline FILE
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled


@bench.command()
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs/bench"),
    show_default=True,
    help="Directory for samples.json.",
)
@click.option(
    "--update-baselines",
    is_flag=True,
    help="Replace existing baselines too; UPDATE_BASELINES=1 does the same.",
)
@click.option(
    "--launches",
    type=click.IntRange(min=1),
    default=LAUNCHES,
    show_default=True,
    help="Process launches of each suite.",
)
@_threshold_option
@format_option
def run(  # noqa: PLR0913 - one parameter a flag
    *,
    suites: tuple[str, ...],
    out: Path,
    update_baselines: bool,
    launches: int,
    threshold: float,
    output_format: OutputFormat,
) -> int:
    """Run benchmark suites of .highwater.yml (all of them unless named) here and now.

    \b
    Example:
      highwater bench run core --out runs/bench

    Writes DIR/samples.json, records the baselines that are missing in
    benchmarks/baselines/, and compares with the others. Ends with 1 on a regression.
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    require_linux()
    root = repository_root(Path())
    chosen = _chosen(root, suites)
    update = updates_baselines(current_environ(), Path.cwd(), flag=update_baselines).value
    recorder = Recorder.of(root, this_machine())
    require_writable(out / SAMPLES)
    measured = _measured(root, chosen, launches)
    save(out / SAMPLES, samples_json.encode(measured, recorder.machine.fingerprint))
    timed = timed_launches(measured)
    if not timed:
        message("No verdict: the suites measured no time of any case.")
        return ExitCode.NO_VERDICT
    expected = {case: one for case, one in recorder.levels.items() if case in timed or not suites}
    found = compare_bench(means_ns(timed), expected, threshold)
    if recorder.record(timed, replace=update) is Recorded.OF_NO_COMMIT:
        message(_NO_COMMIT)
    found = replaced(found) if update else found
    notes = (f"Baselines: {recorder.path}",)
    _emit(found, output_format, rule=WEAK_RULE, notes=notes, recorded=True)
    return _run_code(found)


@bench.command()
@click.option(
    "--current",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="samples.json of `bench run`.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="This platform's file of benchmarks/baselines/, or another samples.json.",
)
@_threshold_option
@format_option
def compare(*, current: Path, baseline: Path, threshold: float, output_format: OutputFormat) -> int:
    """Compare samples with baselines; writes nothing.

    \b
    Example:
      highwater bench compare --current runs/bench/samples.json \\
        --baseline benchmarks/baselines/x86_64-linux-gnu-1a2b3c4d.json

    Ends with 1 on a regression or any error, with 4 when the platforms differ, nothing could be
    compared, or a case that has a baseline was not measured.
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    try:
        document = samples_json.parse_document(_read(current), str(current))
    except NoBenchmarks as error:
        message(f"No verdict: {error}")
        return ExitCode.NO_VERDICT
    level = level_file(_read(baseline), str(baseline))
    difference = _difference(document.fingerprint, level.stored)
    if difference is not None:
        message(f"No verdict: {difference}")
        return ExitCode.NO_VERDICT
    means = means_ns(timed_launches(document.launches))
    found = compare_bench(means, level.stored.baselines, threshold)
    notes = () if level.stored.fingerprint else (_SAME_TRIPLE,)
    rule = WEAK_RULE_OF_SAMPLES if level.of_samples else WEAK_RULE
    _emit(found, output_format, rule=rule, notes=notes, recorded=False)
    return bench_exit_code(found)


def _measured(root: Path, suites: Mapping[str, Suite], launches: int) -> tuple[Launch, ...]:
    environ = user_environ(user_python())
    with clean_ending(), progress("bench") as advance:
        return run_bench(
            Bench(suites=suites, root=root, environ=environ, launches=launches, progress=advance)
        )


def _chosen(root: Path, names: Sequence[str]) -> dict[str, Suite]:
    data = read_untrusted(root / FILE_NAME, MAX_FILE_BYTES, FILE_NAME)
    suites = parse_configuration(data).configuration.suites
    known = {name: one for name, one in suites.items() if one.kind is SuiteKind.BENCHMARK}
    unknown = [name for name in names if name not in known]
    if unknown or not known:
        problem = (
            f"the file has no benchmark suite {unknown[0]!r}."
            if unknown
            else "the file has no benchmark suite."
        )
        remedy = f"It has: {', '.join(known) or 'none'}."
        raise UserError(problem, Where(FILE_NAME, field="suites"), remedy)
    return {name: known[name] for name in names or known}


def _read(path: Path) -> bytes:
    return read_untrusted(path.resolve(), MAX_FILE_BYTES, str(path))


def _difference(measured_on: str | None, stored: PlatformBaseline) -> str | None:
    """Say why samples of hardware *measured_on* are not compared with *stored*; None: they are."""
    of = f"{stored.fingerprint or 'unknown hardware'} ({stored.platform}, {stored.cpu})"
    if measured_on is None:
        return (
            f"nobody knows on which hardware the samples were measured; the baselines are of {of}."
        )
    if stored.fingerprint is not None:
        if stored.fingerprint == measured_on:
            return None
        return f"measured on hardware {measured_on}, and the baselines are of {of}."
    here = this_machine()
    platform = here.platform if here.fingerprint == measured_on else UNKNOWN
    if platform == UNKNOWN or platform != stored.platform:
        return f"measured on {measured_on} ({platform}), and the baselines are of {of}."
    return None


def _emit(
    found: Sequence[BenchComparison],
    output_format: OutputFormat,
    *,
    rule: str,
    notes: Sequence[str],
    recorded: bool,
) -> None:
    lines = [line for one in found for line in status_lines(one, recorded=recorded)]
    decided = any(one.change is not None for one in found)
    human = "\n".join([*lines, "", *([rule] if decided else []), *notes])
    document = {"cases": list(found), "rule": rule, "notes": list(notes)}
    remarks = tuple(
        Remark(level="error", message="\n".join(status_lines(one, recorded=recorded)))
        for one in found
        if one.status is BenchStatus.REGRESSION
    )
    emit(Result(human=human, document=document, remarks=remarks), output_format)


def _run_code(found: Sequence[BenchComparison]) -> int:
    statuses = {one.status for one in found}
    if BenchStatus.REGRESSION in statuses:
        return ExitCode.REGRESSION
    gap = BenchStatus.NOT_MEASURED in statuses
    return ExitCode.NO_VERDICT if gap else ExitCode.WITHIN_BUDGET
