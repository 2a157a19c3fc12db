"""``highwater check``: the path of a pull request on a laptop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import click

from bot.checks.locate import Read, located
from bot.cli import check_post
from bot.cli.check_post import Posting
from bot.cli.ending import clean_ending
from bot.cli.high_water_mark import (
    mark_of,
    marked,
    marked_comment,
    marked_document,
    with_origin,
)
from bot.cli.kept_evidence import kept_evidence
from bot.cli.options import setting_options
from bot.cli.output import (
    Advance,
    OutputFormat,
    Remark,
    Result,
    emit,
    format_option,
    message,
    progress,
)
from bot.cli.stored_nulls import known_nulls
from bot.cli.terminal import render_terminal
from bot.cli.workplace import require_writable
from bot.laptop import WORKTREE, CarryOut, Wish, check_locally
from bot.store.nulls import NullStore
from engine.configuration import Tier
from engine.findings import Verdict
from engine.high_water import HighWater
from engine.orders import RunOrder, RunReport
from engine.outcomes import exit_code
from engine.reports.annotations import budget_remark
from engine.reports.comment import render_comment
from engine.reports.document import render_document
from engine.reports.entries import Entry, entries
from engine.reports.sections import Links
from engine.reports.wording import is_change
from engine.values import ExitCode, Outcome
from worker.files import save
from worker.machine import require_linux
from worker.queue.private_folders import private_folder
from worker.queue.settings import CACHE_DIR
from worker.run import carry_out
from worker.settings import RunnerSettings, read_runner_settings

_LEVELS: dict[Outcome, Literal["error", "warning", "notice"]] = {
    Outcome.REGRESSION: "error",
    Outcome.ERROR: "error",
    Outcome.NO_VERDICT: "error",
    Outcome.INCONCLUSIVE: "warning",
    Outcome.IMPROVEMENT: "notice",
    Outcome.PASS: "notice",
}


@click.command()
@click.option(
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    show_default="this directory",
    help="A directory in the repository to check.",
)
@click.option("--base", help="REV or BASELINE.json to compare with. Default: the default branch.")
@click.option(
    "--head", default=WORKTREE, show_default=True, help="REV to check, or the work tree as it is."
)
@click.option("--suite", "suites", multiple=True, help="Run this suite, whatever changed.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the comment's Markdown to this file.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the verdict's document to this file.",
)
@click.option(
    "--tier",
    type=click.Choice(["quick", "full"]),
    help="Run the suites of this tier. Default: quick, as for a pull request.",
)
@click.option(
    "--post",
    is_flag=True,
    help="Inside a job of GitHub Actions: comment, annotate, and fill the step's summary.",
)
@click.option("--strict", is_flag=True, help="Count 'cannot tell' and 'no verdict' as failed.")
@setting_options("cache_dir", "state_dir", "data")
@format_option
def check(  # noqa: PLR0913 - one parameter for each flag
    flags: Mapping[str, str | None],
    *,
    repo: Path,
    base: str | None,
    head: str,
    suites: tuple[str, ...],
    report: Path | None,
    json_file: Path | None,
    tier: Tier | None,
    post: bool,
    strict: bool,
    output_format: OutputFormat,
) -> int:
    """Measure head against base on this machine, and say what a pull request would be told.

    Suites, budgets and baselines are read at --base REV, as on GitHub at the target branch, and
    with BASELINE.json at the default branch's tip: only what is measured is of the origin. Exit
    codes: 0 within budget, 1 regression, 3 cannot tell, 4 no verdict, 5 could not run. The
    repository's code runs here without a sandbox: for trusted repositories only.

    With --post, what is checked is the pull request that the job runs for: its head against its
    merge base, under the rules of its target branch. The job's GITHUB_TOKEN comments.

    \b
    Example:
      highwater check
      highwater check --base main --suite core --report verdict.md
      highwater check --post
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    require_linux()
    if post and head != WORKTREE:
        problem = "--post checks the head of the job's pull request: leave --head out."
        raise click.UsageError(problem)
    wish = with_origin(Wish(directory=repo, base=base, head=head, suites=suites, tier=tier))
    for place in (report, json_file):
        if place is not None:
            require_writable(place)
    job = check_post.posting(wish) if post else None
    if post and job is None:
        return ExitCode.WITHIN_BUDGET  # nothing is declared yet, which was said
    settings = read_runner_settings(flags)
    private_folder(settings.cache_dir, CACHE_DIR.variable)
    wish = wish if job is None else job.wish
    with known_nulls(flags) as nulls:
        verdict = _checked(wish, settings, nulls)
    mark = mark_of(wish, verdict, flags, datetime.now(UTC))
    try:  # each by itself: what was measured for minutes must not be lost for want of one place
        _tell(verdict, mark, repo, job, output_format)
    finally:
        _write(verdict, mark, report, json_file)
    return exit_code(verdict, strict=strict)


def _tell(
    verdict: Verdict,
    mark: HighWater | None,
    repo: Path,
    job: Posting | None,
    output_format: OutputFormat,
) -> None:
    if job is None:
        return emit(marked(_result(verdict, partial(_read, repo)), verdict, mark), output_format)
    # In a job people look at annotations; JSON is for who asks for it.
    human = output_format is OutputFormat.HUMAN
    shown = _result(verdict, check_post.head_reader(job, verdict))
    result = replace(shown, remarks=check_post.at_most(shown.remarks))
    emit(marked(result, verdict, mark), OutputFormat.GITHUB if human else output_format)
    body = marked_comment(render_comment(verdict, job.links), mark)
    return check_post.post(job, verdict, body)


def _checked(wish: Wish, settings: RunnerSettings, nulls: NullStore | None) -> Verdict:
    with clean_ending() as folder, progress("Measuring") as bar:
        carry, now = carrier(settings, folder, bar), datetime.now(UTC)
        kept = kept_evidence(settings.state_dir, wish.directory)
        return check_locally(wish, carry, now, nulls, kept)


def carrier(settings: RunnerSettings, folder: Path, bar: Advance) -> CarryOut:
    """Carry orders out in this process, in a folder that goes when the command ends."""
    own = replace(settings, work_dir=folder)

    def carry(order: RunOrder, bundle: Path) -> RunReport:
        def advance(step: str, done: int, total: int) -> None:
            bar(f"{order.suite_name}: {step}", done, total)

        return carry_out(order, bundle, own, advance)

    return carry


def _write(
    verdict: Verdict, mark: HighWater | None, report: Path | None, json_file: Path | None
) -> None:
    if report is not None:
        save(report, marked_comment(render_comment(verdict, Links()), mark).encode())
        message(f"Wrote {report}.")
    if json_file is not None:
        save(json_file, marked_document(verdict, mark))
        message(f"Wrote {json_file}.")


def _result(verdict: Verdict, read: Read) -> Result:
    return Result(
        human=render_terminal(verdict),
        document=render_document(verdict),
        remarks=tuple(
            _remark(entry, read) for entry in entries(verdict) if is_change(entry.finding)
        ),
    )


def _remark(entry: Entry, read: Read) -> Remark:
    """Say in a workflow command what the check run's annotation says, on the same line."""
    request = budget_remark(entry.suite, entry.finding)
    place = located((request,), read)
    return Remark(
        level=_LEVELS[entry.finding.outcome],
        title=request.title,
        message=request.message,
        file=request.file,
        line=place[0].line if place else None,
    )


def _read(directory: Path, path: str) -> bytes | None:
    try:
        return (directory / path).read_bytes()
    except OSError:
        return None
