"""``highwater ledger``: examine an audit ledger, and show what stands in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec
from sqlalchemy.exc import DatabaseError

from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Remark, Result, emit, format_option, message
from bot.ledger import ledger_path
from bot.settings import Settings, read_settings
from bot.store.ledger_file import read_lines
from bot.store.ledger_heads import LedgerHeadStore
from bot.store.migrate import open_existing
from engine.audit.expectation import Expectation, parse_manifest
from engine.audit.records import UNREADABLE, Record, Scalar
from engine.audit.verify import Examined, examine
from engine.errors import UserError, Where
from engine.values import ExitCode

MAX_MANIFEST = 64 << 20

_SHOWN = 100
_REMARKS = 10
_file_argument = click.argument(
    "file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


class _Line(NamedTuple):
    number: int
    record: Record | None  # None: it cannot be read
    problem: str = ""


@click.group()
def ledger() -> None:
    """Examine an audit ledger, or show it: what was decided, by whom, and what came of it.

    The bot keeps STATE_DIR/ledger/decisions.jsonl: verdicts, overrides, approvals and promotions.

    \b
    Example:
      highwater ledger verify ledger/decisions.jsonl
      highwater ledger show ledger/decisions.jsonl
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled


@ledger.command()
@_file_argument
@click.option(
    "--expect",
    metavar="MANIFEST",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A run's manifest: its last record, and how many outcomes each cell of its grid has.",
)
@setting_options("state_dir")
@format_option
def verify(
    flags: Mapping[str, str | None],
    *,
    file: Path,
    expect: Path | None,
    output_format: OutputFormat,
) -> int:
    """Examine a ledger: structure, sequence, links, hashes, end, intents, outcomes and order.

    The bot's own ledger is held against the head that its database stores, too, for a chain alone
    does not show that records were cut off at its end. Ends with 1 when anything is wrong, and
    with 5 when nothing is but the database cannot be asked.

    \b
    Example:
      highwater ledger verify ledger/decisions.jsonl
      highwater ledger verify run/ledger.jsonl --expect run/manifest.json
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    settings = read_settings(flags)
    expected = _stored(file, settings) if expect is None else _manifest(expect)
    found = examine(_lines(file), expected or Expectation())
    end_checked = expected is not None and expected.head is not None
    emit(_result(file, found, end_checked=end_checked), output_format)
    if found.flaws:
        return ExitCode.REGRESSION
    if expected is None:
        return ExitCode.COULD_NOT_RUN
    if not end_checked:
        message("No head is stored apart from this file: records cut off at its end do not show.")
    return ExitCode.WITHIN_BUDGET


@ledger.command()
@_file_argument
@click.option("--step", metavar="NAME", help="Records of this step alone, such as accept.")
@click.option(
    "--last",
    metavar="N",
    type=click.IntRange(min=1),
    default=_SHOWN,
    show_default=True,
    help="So many records, the newest.",
)
@format_option
def show(*, file: Path, step: str | None, last: int, output_format: OutputFormat) -> None:
    """Show the records of a ledger, oldest first; whether they are sound, says `verify`.

    \b
    Example:
      highwater ledger show ledger/decisions.jsonl --step accept
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    wanted = (line for line in _decoded(file) if _is_of(line, step))
    shown, count = deque[_Line](maxlen=last), 0
    for line in wanted:
        shown.append(line)
        count += 1
    if count > last:
        message(f"{count - last} earlier records are left out: --last {count} shows all.")
    human = "\n".join(_told(line) for line in shown) or "No records."
    records = [line.record for line in shown if line.record is not None]
    emit(Result(human=human, document=records), output_format)


def _stored(file: Path, settings: Settings) -> Expectation | None:
    """Give the head that the database has, where the file is the bot's own ledger.

    None: the database has one, or has none, but cannot be asked.
    """
    own = ledger_path(settings.state_dir)
    if file.resolve() != own.resolve():
        return Expectation()
    try:
        heads = LedgerHeadStore(open_existing(settings.database_url))
        return Expectation(head=heads.head(str(own)))
    except (UserError, DatabaseError) as error:
        message(f"The database cannot be asked, so records cut off at the end do not show: {error}")
        return None


def _manifest(file: Path) -> Expectation:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_MANIFEST + 1)
        if len(data) > MAX_MANIFEST:
            raise _unreadable(file, f"it has more than {MAX_MANIFEST} bytes")
        return parse_manifest(data)
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise _unreadable(file, str(error)) from error


def _unreadable(file: Path, reason: str) -> UserError:
    problem = f"This is no manifest of a ledger: {reason}."
    remedy = 'Give JSON with "ledger": {"records": N, "hash": H}, or "cells", or both.'
    return UserError(problem, Where(str(file)), remedy)


def _lines(file: Path) -> Iterator[bytes]:
    try:
        yield from read_lines(file)
    except OSError as error:
        problem = f"The ledger cannot be read: {error.strerror or error}."
        raise UserError(problem, Where(str(file)), "See that you may read it.") from error


def _decoded(file: Path) -> Iterator[_Line]:
    for number, line in enumerate(_lines(file), start=1):
        try:
            yield _Line(number, msgspec.json.decode(line, type=Record))
        except UNREADABLE as error:
            yield _Line(number, None, str(error))


def _is_of(line: _Line, step: str | None) -> bool:
    return step is None or line.record is None or line.record.step == step


def _result(file: Path, found: Examined, *, end_checked: bool) -> Result:
    document = {**msgspec.to_builtins(found), "file": str(file), "sound": not found.flaws}
    document["end_checked"] = end_checked
    document["head"] = {"records": found.head.records, "hash": found.head.hash}
    document["flaws"] = [flaw._asdict() for flaw in found.flaws]
    remarks = tuple(
        Remark(level="error", message=f"{flaw.what}: {flaw.text}", file=str(file), line=flaw.line)
        for flaw in found.flaws[:_REMARKS]
    )
    return Result(human="\n".join(_examined(file, found)), document=document, remarks=remarks)


def _examined(file: Path, found: Examined) -> Iterator[str]:
    state = "sound" if not found.flaws else f"NOT sound, {_counted(len(found.flaws), 'flaw')}"
    yield f"{file}: {state}. {_counted(found.head.records, 'record')}, head {found.head.hash}."
    for flaw in found.flaws[:_SHOWN]:
        where = "" if flaw.line is None else f"line {flaw.line}: "
        yield f"  {where}{flaw.what}: {flaw.text}"
    if len(found.flaws) > _SHOWN:
        yield f"  and {len(found.flaws) - _SHOWN} more"
    if found.open_intents:
        yield f"{_counted(len(found.open_intents), 'intent')} without an outcome yet: " + ", ".join(
            found.open_intents[:_REMARKS]
        )
    if found.lost:
        yield f"{_counted(found.lost, 'intent')} lost with the process that meant it."
    if found.recoveries:
        yield f"{_counted(found.recoveries, 'recovery', 'recoveries')} after a crash or a cut."


def _counted(count: int, noun: str, several: str | None = None) -> str:
    return f"{count} {noun if count == 1 else several or f'{noun}s'}"


def _told(line: _Line) -> str:
    """Tell a record in one line, whatever it holds."""
    if line.record is None:
        return f"{line.number}  cannot be read: {_flat(line.problem)}"
    one = line.record
    named = one.id or one.ref or ""
    parts = [str(one.seq), one.ts, one.step, one.kind, one.status or "", named]
    parts += [*_pairs(one.ctx), *_pairs(one.inputs), *_pairs(one.outputs)]
    if one.error is not None:
        parts.append(f"error={one.error.type}: {one.error.message}")
    return "  ".join(_flat(part) for part in parts if part)


def _pairs(values: Mapping[str, Scalar]) -> Iterator[str]:
    plain: Mapping[str, Any] = values
    return (f"{name}={value}" for name, value in plain.items() if value is not None)


def _flat(text: str) -> str:
    """Keep a text on one line: a stranger's must not look like another record."""
    return " ".join(text.split())
