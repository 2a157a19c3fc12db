"""``highwater replay``: recompute a verdict from its stored samples."""

from __future__ import annotations

from collections.abc import Mapping

import click
import msgspec

from bot.checks.published import json_links
from bot.checks.results import runs_judged, verdict_of
from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Result, emit, format_option, message
from bot.settings import read_settings
from bot.store.checks import CheckRecord, CheckStore
from bot.store.migrate import open_existing
from bot.store.overrides import OverrideStore
from bot.store.verdicts import StoredVerdict
from engine.errors import IntegrityError, UserError
from engine.findings import Reason, Verdict
from engine.outcomes import exit_code
from engine.overrides import Override
from engine.reports.comment import render_comment
from engine.reports.document import render_document
from engine.revision import rule_revision
from engine.values import CheckId, RunId


class _Published(msgspec.Struct, frozen=True):
    """What is taken off a published document: its reason, and what people had said by then."""

    reason: Reason | None = None
    overrides: tuple[Override, ...] = ()


@click.command()
@click.argument("run_id", metavar="RUN_ID")
@setting_options("state_dir", "public_url")
@click.option("--strict", is_flag=True, help="Count 'cannot tell' and 'no verdict' as failed.")
@format_option
def replay(
    run_id: str, flags: Mapping[str, str | None], *, output_format: OutputFormat, strict: bool
) -> int:
    """Judge a check anew from its stored raw samples, configuration and seed.

    RUN_ID is a run's or a check's id, as the last line of a comment has it. Standard output is
    the comment (or with --format json the document), byte for byte as it was published; if it
    differs from that, standard error says so and the exit code is 5. A verdict that an earlier
    version of the rule decided is shown as it was published, and standard error says whether
    the present rule comes to the same outcome.

    \b
    Example:
      highwater replay c0ffee1234567890
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    settings = read_settings(flags)
    database = open_existing(settings.database_url)
    store = CheckStore(database)
    check = find_check(store, run_id)
    published = store.verdict(check.id)
    overrides = _overrides(published, OverrideStore(database), check)
    verdict = verdict_of(store, check, overrides)
    if published is not None and published.decided_by != rule_revision():
        return _shown_as_published(published, verdict, output_format, strict=strict)
    public_url = settings.public_url if published is None else published.public_url
    document = render_document(verdict)
    comment = render_comment(verdict, json_links(public_url, check.id), store.earlier(check))
    emit(Result(human=comment, document=document), output_format)
    if published is None:
        message(f"{check.id} has not been concluded yet: nothing was published.")
    elif (published.document, published.comment) != (document, comment):
        what = f"the verdict of {check.id}"
        raise IntegrityError(what, "what was published", "another one, shown above")
    return exit_code(verdict, strict=strict)


def _shown_as_published(
    published: StoredVerdict, anew: Verdict, output_format: OutputFormat, *, strict: bool
) -> int:
    """Show a verdict of another revision of the rule, and say what the present one makes of it."""
    emit(Result(human=published.comment, document=published.document), output_format)
    same = anew.outcome is published.outcome
    found = "same outcome" if same else f"differs, {anew.outcome.value.replace('_', ' ')}"
    by, now = published.decided_by, rule_revision()
    message(f"Published by rule {by}; decided anew by the present rule ({now}): {found}.")
    then = msgspec.structs.replace(
        anew, outcome=published.outcome, reason=_published(published).reason
    )
    return exit_code(then, strict=strict)


def _published(verdict: StoredVerdict | None) -> _Published:
    """Read a document that need not be of this version's form."""
    try:
        return msgspec.json.decode(verdict.document if verdict else b"{}", type=_Published)
    except msgspec.DecodeError:
        return _Published()


def _overrides(
    published: StoredVerdict | None, store: OverrideStore, check: CheckRecord
) -> tuple[Override, ...]:
    """Give what was in force then, by the document; what nobody has said is left out of it."""
    said = {record.override for record in store.of_repository(check.repository)}
    return tuple(one for one in _published(published).overrides if one in said)


def find_check(store: CheckStore, run_id: str) -> CheckRecord:
    """Find a check by its own id or by one of its runs'.

    Raises:
        UserError: there is none, or nothing was measured for it.
    """
    check = store.check(CheckId(run_id)) or store.check_of_run(RunId(run_id))
    if check is None:
        problem = f"there is no run or check {run_id!r} in this database."
        raise UserError(problem, None, "Take the id from the last line of a comment.")
    if not runs_judged(store, check):
        problem = f"check {check.id} measured nothing, so there is nothing to recompute."
        raise UserError(problem, None, "Its verdict is at its JSON address.")
    return check
