"""``highwater null``: how often this machine errs, measured on a commit against itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.check import carrier
from bot.cli.ending import clean_ending
from bot.cli.null_table import null_document, render_nulls
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Result, emit, format_option, progress
from bot.cli.stored_nulls import own_nulls
from bot.null_runs import NullRun, NullWish, null_runs
from bot.store.nulls import NullStore
from engine.values import ExitCode, RepositoryName
from worker.machine import require_linux
from worker.queue.private_folders import private_folder
from worker.queue.settings import CACHE_DIR
from worker.settings import RunnerSettings, read_runner_settings

_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


@click.command()
@click.argument("suites", nargs=-1, metavar="[SUITE]...")
@click.option(
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    show_default="this directory",
    help="A directory in the repository to measure.",
)
@click.option("--rev", default="HEAD", show_default=True, help="REV to measure against itself.")
@click.option(
    "--repository",
    metavar="OWNER/NAME",
    callback=lambda _context, _parameter, name: _owner_and_name(name),
    help="The repository's name at the forge. Default: as `highwater check` names it.",
)
@setting_options("state_dir", "cache_dir", "runner_name", "data")
@format_option
def null(  # noqa: PLR0913 - one parameter for each flag
    flags: Mapping[str, str | None],
    *,
    suites: tuple[str, ...],
    repo: Path,
    rev: str,
    repository: RepositoryName | None,
    output_format: OutputFormat,
) -> int:
    """Measure a commit against itself here, and keep what that says of this machine.

    Every regression or improvement that it finds is a false alarm. Its spreads make later
    verdicts sharper, and from four sessions on unchanged cases may need no pairs at all. Without
    SUITE all suites of kind benchmark. Exit codes: 0 measured and stored, 1 a benchmark failed,
    4 nothing to compare, 5 could not run; what other suites gave is stored all the same. The
    repository's code runs here without a sandbox.

    \b
    Example:
      highwater null
      highwater null core --rev main
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    require_linux()
    wish = NullWish(directory=repo, revision=rev, suites=suites, repository=repository)
    settings = read_runner_settings(flags)
    private_folder(settings.cache_dir, CACHE_DIR.variable)
    with own_nulls(flags) as nulls:
        runs = _measured(wish, settings, nulls)
    document = {"runs": [null_document(run) for run in runs]}
    emit(Result(human=render_nulls(runs), document=document), output_format)
    return _exit_code(runs)


def _owner_and_name(name: str | None) -> RepositoryName | None:
    if name is not None and not _NAME.fullmatch(name):
        message = f"{name!r} is no repository's name; it has two parts, as in ada/strategies."
        raise click.BadParameter(message)
    return None if name is None else RepositoryName(name)


def _measured(wish: NullWish, settings: RunnerSettings, nulls: NullStore) -> tuple[NullRun, ...]:
    with clean_ending() as folder, progress("Measuring") as bar:
        carry_out = carrier(settings, folder, bar)
        return tuple(null_runs(wish, nulls, carry_out, datetime.now(UTC)))


def _exit_code(runs: Sequence[NullRun]) -> int:
    blamed = {run.failure.blame for run in runs if run.failure is not None}
    if "candidate" in blamed:
        return ExitCode.REGRESSION
    if blamed:
        return ExitCode.COULD_NOT_RUN
    stored = all(run.session is not None for run in runs)
    return ExitCode.WITHIN_BUDGET if stored else ExitCode.NO_VERDICT
