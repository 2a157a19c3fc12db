"""``highwater bench``: benchmark suites of this repository against this platform's baselines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import click

from bot.cli.bench_baselines import Recorder, level_file
from bot.cli.output import OutputFormat, Remark, Result, emit, format_option, message, progress
from bot.cli.workplace import repository_root, user_environ, user_python
from engine.baselines import PlatformBaseline
from engine.bench_comparison import (
    DEFAULT_THRESHOLD,
    WEAK_RULE,
    BenchComparison,
    BenchStatus,
    bench_exit_code,
    compare_bench,
    status_lines,
)
from engine.bench_levels import means_ns, timed_launches
from engine.configuration import FILE_NAME, Suite
from engine.configuration_file import parse_configuration
from engine.errors import UserError, Where
from engine.formats import NoBenchmarks, samples_json
from engine.values import ExitCode, SuiteKind
from worker.files import read_untrusted, save
from worker.machine import this_machine
from worker.suites.bench import Bench, run_bench

MAX_FILE_BYTES = 64 * 1024 * 1024
LAUNCHES = 3


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
    envvar="UPDATE_BASELINES",
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
    root = repository_root(Path())
    chosen = _chosen(root, suites)
    with progress("bench") as advance:
        environ = user_environ(user_python())
        measured = run_bench(
            Bench(suites=chosen, root=root, environ=environ, launches=launches, progress=advance)
        )
    machine = this_machine()
    save(out / "samples.json", samples_json.encode(measured, machine.fingerprint))
    timed = timed_launches(measured)
    if not timed:
        message("No verdict: the suites measured no time of any case.")
        return ExitCode.NO_VERDICT
    recorder = Recorder.of(root, machine)
    known = recorder.stored.baselines if recorder.stored else {}
    expected = {case: level for case, level in known.items() if case in timed or not suites}
    found = compare_bench(means_ns(timed), expected, threshold)
    recorder.record(timed, replace=update_baselines)
    _emit(found, output_format, notes=(f"Baselines: {recorder.path}",), recorded=True)
    return _run_code(found, updated=update_baselines)


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
    stored = level_file(_read(baseline), str(baseline))
    if stored.fingerprint and document.fingerprint and stored.fingerprint != document.fingerprint:
        message(_other_platform(document.fingerprint, stored))
        return ExitCode.NO_VERDICT
    found = compare_bench(means_ns(timed_launches(document.launches)), stored.baselines, threshold)
    known = stored.fingerprint and document.fingerprint
    notes = () if known else ("Nobody knows whether both were measured on the same hardware.",)
    _emit(found, output_format, notes=notes, recorded=False)
    return bench_exit_code(found)


def _chosen(root: Path, names: Sequence[str]) -> dict[str, Suite]:
    data = read_untrusted(root / FILE_NAME, MAX_FILE_BYTES, FILE_NAME)
    suites = parse_configuration(data).configuration.suites
    known = {name: one for name, one in suites.items() if one.kind is SuiteKind.BENCHMARK}
    unknown = [name for name in names if name not in known]
    if unknown or not known:
        problem = (
            f"has no benchmark suite {unknown[0]!r}." if unknown else "has no benchmark suite."
        )
        remedy = f"It has: {', '.join(known) or 'none'}."
        raise UserError(problem, Where(FILE_NAME, field="suites"), remedy)
    return {name: known[name] for name in names or known}


def _read(path: Path) -> bytes:
    return read_untrusted(path.resolve(), MAX_FILE_BYTES, str(path))


def _other_platform(fingerprint: str, stored: PlatformBaseline) -> str:
    return (
        f"No verdict: measured on hardware {fingerprint}, and the baselines are of "
        f"{stored.fingerprint} ({stored.platform}, {stored.cpu}): they are not compared."
    )


def _emit(
    found: Sequence[BenchComparison],
    output_format: OutputFormat,
    *,
    notes: Sequence[str],
    recorded: bool,
) -> None:
    lines = [line for one in found for line in status_lines(one, recorded=recorded)]
    human = "\n".join([*lines, "", WEAK_RULE, *notes])
    document = {"cases": list(found), "rule": WEAK_RULE, "notes": list(notes)}
    remarks = tuple(
        Remark(level="error", message="\n".join(status_lines(one, recorded=recorded)))
        for one in found
        if one.status is BenchStatus.REGRESSION
    )
    emit(Result(human=human, document=document, remarks=remarks), output_format)


def _run_code(found: Sequence[BenchComparison], *, updated: bool) -> int:
    statuses = {one.status for one in found}
    if BenchStatus.REGRESSION in statuses and not updated:
        return ExitCode.REGRESSION
    gap = BenchStatus.NOT_MEASURED in statuses
    return ExitCode.NO_VERDICT if gap else ExitCode.WITHIN_BUDGET
