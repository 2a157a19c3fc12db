"""``highwater history``: levels along the default branch, their steps, and the debt ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from bot.cli.check import carrier
from bot.cli.ending import clean_ending
from bot.cli.history_tables import debts_result, longest, series_result, steps_result
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, emit, format_option, message, progress
from bot.cli.stored_history import StoredHistory
from bot.clock import utc_now
from bot.history_settling import HERE, settle_here
from bot.history_watch import Question, Watched, commits_since, steps_among, watched_anew
from bot.laptop import CarryOut
from bot.settings import read_settings
from bot.store.engine import database_file
from bot.store.migrate import open_existing
from engine.debts import contributors
from engine.errors import UserError, Where
from engine.reports.history import FEWEST
from engine.settling import history_exit_code, measured_anywhere
from engine.values import CheckId, ExitCode
from worker.machine import require_linux
from worker.queue.private_folders import private_folder
from worker.queue.settings import CACHE_DIR
from worker.settings import read_runner_settings

_RESTORE = "Restore the file from a backup; `sqlite3 FILE 'PRAGMA integrity_check'` says more."
_BEGIN = (
    "Run `highwater null` here to begin a history, or name the bot's database with --state-dir or "
    "DATABASE_URL; `highwater check` leaves no points."
)
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

    Points come from the bot's checks (of the merge base) and from null runs; `highwater check`
    leaves none. A level is a trend and no verdict: machines drift. With --debts, the losses that
    pull requests were merged with. Ends with 4 when nothing of this repository is stored, or
    nobody keeps a ledger of it.

    \b
    Example:
      highwater history show --suite core
      highwater history show --debts
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    with _opened(flags, repo) as stored:
        stored.require_suite(suite)
        if debts:
            owed = stored.debts(suite)
            losses = None if owed is None else contributors(owed, stored.merged())
            known, result = losses is not None, debts_result(losses)
        else:
            found = stored.series(suite)
            known, result = bool(found), series_result(found)
    emit(result, output_format)
    return ExitCode.WITHIN_BUDGET if known else ExitCode.NO_VERDICT


@history.command()
@_repo_option
@_suite_option
@click.option("--settle", is_flag=True, help="Measure here what is not settled yet, in pairs.")
@click.option(
    "--since",
    metavar="REV|DAYS",
    help="Only steps after this commit, or of so many days (a whole number).",
)
@click.option("--strict", is_flag=True, help="Count what is open, or not stored, as failed.")
@setting_options("state_dir", "cache_dir")
@format_option
def changepoints(  # noqa: PLR0913 - one parameter a flag
    flags: Mapping[str, str | None],
    *,
    repo: Path,
    suite: str | None,
    settle: bool,
    since: str | None,
    strict: bool,
    output_format: OutputFormat,
) -> int:
    """List where the series seem to step, and what paired runs made of each.

    A step that a series shows is a hypothesis. It is settled by a run of pairs between its two
    commits: by the runners when they are idle, or here with --settle, which runs the
    repository's code without a sandbox. A confirmed step is one for good, be it reverted or
    intended: --since leaves out what is known. Exit codes: 0 no confirmed worsening, 1 a
    confirmed one, 3 something is not settled or too few commits were measured, 4 nothing is
    stored, 5 could not run.

    \b
    Example:
      highwater history changepoints
      highwater history changepoints --suite core --since v1.2 --settle
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    with _opened(flags, repo) as stored:
        stored.require_suite(suite)
        young = None if since is None else commits_since(stored.repository, stored.tip, since)
        found = stored.watched(suite)
        watched = found if young is None else steps_among(found, young)
        if settle:
            watched = _settle(flags, stored, watched)
    left_out = sum(len(one.standings) for one in found) - sum(len(one.standings) for one in watched)
    emit(steps_result(watched, None if since is None else (since, left_out)), output_format)
    steps = [one for found in watched for one in found.standings]
    code = history_exit_code(steps) if watched else ExitCode.NO_VERDICT
    if watched and not steps and longest(watched) < FEWEST:
        code = ExitCode.CANNOT_TELL
    return ExitCode.REGRESSION if strict and code else code


@contextmanager
def _opened(flags: Mapping[str, str | None], repo: Path) -> Iterator[StoredHistory]:
    url = read_settings(flags).database_url
    database = _existing(url)
    try:
        yield StoredHistory.of(database, repo)
    except DatabaseError as error:
        where = Where(str(database_file(url) or url))
        problem = f"the database cannot be read: {error.orig}."
        raise UserError(problem, where, _RESTORE) from error
    finally:
        database.dispose()


def _existing(url: str) -> Engine:
    """Open the database; where there is none, the remedy leads to one that has a history."""
    file = database_file(url)
    if file is not None and not file.exists():
        problem = "there is no database, so no history."
        raise UserError(problem, Where(str(file)), _BEGIN)
    return open_existing(url)


def _settle(
    flags: Mapping[str, str | None], stored: StoredHistory, watched: tuple[Watched, ...]
) -> tuple[Watched, ...]:
    """Measure what no runner has; each answer is stored before the next question is looked for."""
    watched = watched_anew(watched, measured_anywhere(stored.settlements()))
    if not stored.questions(watched):
        return watched_anew(watched, stored.settlements())
    require_linux()
    settings = read_runner_settings(flags)
    private_folder(settings.cache_dir, CACHE_DIR.variable)
    asked: set[CheckId] = set()
    with clean_ending() as folder, progress("Settling") as bar:
        carry_out = carrier(settings, folder, bar)
        while rest := [one for one in stored.questions(watched) if one.check not in asked]:
            asked.add(rest[0].check)
            _settle_one(stored, rest[0], carry_out)
            watched = watched_anew(watched, measured_anywhere(stored.settlements()))
    return watched_anew(watched, stored.settlements())


def _settle_one(stored: StoredHistory, question: Question, carry_out: CarryOut) -> None:
    here = replace(question, attempt=HERE)
    ends = f"{question.bracket.before[:10]} and {question.bracket.after[:10]}"
    try:
        answers = settle_here(stored.repository, here, carry_out)
    except UserError as problem:  # of this suite's declaration: others can be measured
        message(f"Not measured between {ends}: {problem}")
        return
    stored.settlings.add(question.repository, question.hypotheses, answers, utc_now())
    for hypothesis, answer in zip(question.hypotheses, answers, strict=True):
        message(f"Measured {hypothesis.case} between {ends}: {answer.state.value}.")
