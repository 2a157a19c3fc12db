"""``highwater history``: levels along the default branch, their steps, and the debt ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from bot.cli.check import carrier
from bot.cli.ending import clean_ending
from bot.cli.history_tables import debts_result, series_result, steps_result
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, emit, format_option, message, progress
from bot.cli.stored_history import StoredHistory
from bot.clock import utc_now
from bot.history_settling import settle_here
from bot.history_watch import Watched
from bot.laptop import CarryOut
from bot.settings import read_settings
from bot.store.migrate import open_existing
from engine.debts import contributors
from engine.settling import history_exit_code
from engine.values import ExitCode
from worker.queue.private_folders import private_folder
from worker.queue.settings import CACHE_DIR
from worker.settings import read_runner_settings

_repo_option = click.option(
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    show_default="this directory",
    help="A directory in the repository whose default branch is meant.",
)
_suite_option = click.option("--suite", metavar="NAME", help="This suite alone.")


@click.group()
def history() -> None:
    """Look at what was measured of the default branch, commit by commit.

    \b
    Example:
      highwater history show
      highwater history changepoints
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled


@history.command()
@_repo_option
@_suite_option
@click.option("--debts", is_flag=True, help="Show the ledger of merged losses instead.")
@setting_options("state_dir")
@format_option
def show(
    flags: Mapping[str, str | None],
    *,
    repo: Path,
    suite: str | None,
    debts: bool,
    output_format: OutputFormat,
) -> int:
    """Show the stored series: each case's level at the commits that were measured.

    Points come from checks (of the merge base) and from null runs. A level is a trend and no
    verdict: machines drift. With --debts, the losses that pull requests were merged with. Ends
    with 4 when nothing of this repository is stored.

    \b
    Example:
      highwater history show --suite core
      highwater history show --debts
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    with _opened(flags, repo) as stored:
        if debts:
            losses = contributors(stored.debts(suite), stored.merged())
            known, result = bool(stored.names), debts_result(losses)
        else:
            found = stored.series(suite)
            known, result = bool(found), series_result(found)
    emit(result, output_format)
    return ExitCode.WITHIN_BUDGET if known else ExitCode.NO_VERDICT


@history.command()
@_repo_option
@_suite_option
@click.option("--settle", is_flag=True, help="Measure here what is not settled yet, in pairs.")
@click.option("--strict", is_flag=True, help="Count what is open, or not stored, as failed.")
@setting_options("state_dir", "cache_dir")
@format_option
def changepoints(  # noqa: PLR0913 - one parameter a flag
    flags: Mapping[str, str | None],
    *,
    repo: Path,
    suite: str | None,
    settle: bool,
    strict: bool,
    output_format: OutputFormat,
) -> int:
    """List where the series seem to step, and what paired runs made of each.

    A step that a series shows is a hypothesis. It is settled by a run of pairs between its two
    commits: by the runners when they are idle, or here with --settle, which runs the
    repository's code without a sandbox. Exit codes: 0 no confirmed worsening, 1 a confirmed one,
    3 something is not settled, 4 nothing is stored, 5 could not run.

    \b
    Example:
      highwater history changepoints
      highwater history changepoints --suite core --settle
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    with _opened(flags, repo) as stored:
        watched = stored.watched(suite)
        if settle and any(one.next for found in watched for one in found.standings):
            _settle(flags, stored, watched)
            watched = stored.watched(suite)
    emit(steps_result(watched), output_format)
    steps = [one for found in watched for one in found.standings]
    code = history_exit_code(steps) if watched else ExitCode.NO_VERDICT
    return ExitCode.REGRESSION if strict and code else code


@contextmanager
def _opened(flags: Mapping[str, str | None], repo: Path) -> Iterator[StoredHistory]:
    database = open_existing(read_settings(flags).database_url)
    try:
        yield StoredHistory.of(database, repo)
    finally:
        database.dispose()


def _settle(
    flags: Mapping[str, str | None], stored: StoredHistory, watched: tuple[Watched, ...]
) -> None:
    settings = read_runner_settings(flags)
    private_folder(settings.cache_dir, CACHE_DIR.variable)
    with clean_ending() as folder, progress("Settling") as bar:
        carry_out = carrier(settings, folder, bar)
        for found in watched:
            _settle_series(stored, found, carry_out)


def _settle_series(stored: StoredHistory, found: Watched, carry_out: CarryOut) -> None:
    """Settle the steps of one series; each answer is stored before the next is looked for."""
    for one in found.standings:
        if one.next is None:
            continue
        hypothesis, owner = one.hypothesis, stored.owner(one.hypothesis)
        place = (owner, stored.tip)
        known = stored.settlements()
        for answer in settle_here(stored.repository, place, hypothesis, known, carry_out):
            stored.settlings.add(owner, hypothesis, answer, utc_now())
            between = f"{answer.before[:10]} and {answer.after[:10]}"
            message(f"Measured {hypothesis.case} between {between}: {answer.state.value}.")
