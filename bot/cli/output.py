"""What commands write: results on standard output, everything said beside them on standard error.

``--format json`` leaves JSON alone on standard output; ``github`` adds workflow commands; a
progress bar shows on a terminal only, and only for what takes longer than two seconds.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeVar

import click
import msgspec
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

Function = TypeVar("Function", bound=Callable[..., Any])
Advance = Callable[[str, int, int], None]

PROGRESS_AFTER_S = 2.0
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, bidirectional and hidden ones


class OutputFormat(StrEnum):
    """The forms that every reporting command can write its result in."""

    HUMAN = "human"
    JSON = "json"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """An annotation for ``--format github``: a line of a file of the repository."""

    level: Literal["error", "warning", "notice"]
    message: str
    file: str | None = None
    line: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A command's result in all its forms.

    *human* is text or anything that rich renders; *document* is bytes, which are written as
    they are, or a value that JSON can hold (NaN cannot).
    """

    human: RenderableType
    document: Any
    remarks: tuple[Remark, ...] = field(default=())


def format_option(command: Function) -> Function:
    """Add ``--format human|json|github`` to a command, given to it as *output_format*."""
    option = click.option(
        "--format",
        "output_format",
        type=click.Choice([one.value for one in OutputFormat]),
        callback=lambda _context, _parameter, value: OutputFormat(value),
        default=OutputFormat.HUMAN.value,
        show_default=True,
        help="Form of the result on standard output.",
    )
    return option(command)


def emit(result: Result, output_format: OutputFormat) -> None:
    """Write a result to standard output in the wanted form.

    Raises:
        ValueError: the document holds NaN or an infinity.
    """
    if output_format is OutputFormat.JSON:
        click.echo(json_text(result.document), nl=False)
        return
    if output_format is OutputFormat.GITHUB:
        _emit_for_github(result)
        return
    write_human(result.human)


def json_text(document: Any) -> bytes:
    """Encode a document as indented JSON and a newline; bytes are only given that newline.

    Raises:
        ValueError: the document holds NaN or an infinity.
    """
    if isinstance(document, bytes):
        return document if document.endswith(b"\n") else document + b"\n"
    plain = msgspec.to_builtins(document)
    text = json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def write_human(human: RenderableType) -> None:
    """Write text without control characters, or render it with rich, to standard output."""
    if isinstance(human, str):
        click.echo(harmless(human), nl=not human.endswith("\n"))
    else:
        _Output(file=sys.stdout).print(human)


def message(text: str) -> None:
    """Say something beside the result: to standard error, without control characters."""
    click.echo(harmless(text), err=True)


def harmless(text: str) -> str:
    r"""Take out what steers a terminal: names, values and output may be of a stranger's making.

    Line ends and tabs stay.

    >>> harmless("a\x1b[2Jb\tc\r\n")
    'a[2Jb\tc\n'
    """
    return "".join(one for one in text if one in "\n\t" or not _steers(one))


def workflow_command(remark: Remark) -> str:
    """Write a remark as a workflow command of GitHub Actions.

    >>> workflow_command(Remark(level="error", message="50% slower", file="a.py", line=3))
    '::error file=a.py,line=3::50%25 slower'
    """
    given = {"file": remark.file, "line": remark.line, "title": remark.title}
    properties = ",".join(
        f"{name}={_escaped_property(str(value))}"
        for name, value in given.items()
        if value is not None
    )
    return f"::{remark.level} {properties}".rstrip() + f"::{_escaped_data(remark.message)}"


@contextmanager
def progress(title: str) -> Iterator[Advance]:
    """Show how far a long work is, with the expected rest; gives ``advance(step, done, total)``.

    Without a terminal on standard error nothing shows, as nothing does in the first two seconds.
    """
    if not sys.stderr.isatty():
        yield lambda _step, _done, _total: None
        return
    with _LateProgress(*_columns(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def advance(step: str, done: int, total: int) -> None:
            bar.update(task, description=step or title, completed=done, total=total)

        yield advance


class _LateProgress(Progress):
    """A progress bar that keeps quiet until the work proves to be long."""

    def __init__(self, *columns: ProgressColumn, console: Console, transient: bool) -> None:
        self._shows_from = time.monotonic() + PROGRESS_AFTER_S
        super().__init__(*columns, console=console, transient=transient)

    def get_renderables(self) -> Iterable[RenderableType]:
        """Give the bars, once two seconds have passed."""
        if time.monotonic() < self._shows_from:
            return ()
        return super().get_renderables()


class _Output(Console):
    """Leaves it to the error boundary to end the program when the reader has left."""

    def on_broken_pipe(self) -> None:
        """Raise on what is being handled; rich would end with 1, which is a regression."""
        raise  # noqa: PLE0704 - rich calls this while it handles the BrokenPipeError


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _STEERING


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )


def _emit_for_github(result: Result) -> None:
    # The text may hold lines of a pull request's making that look like workflow commands.
    token = secrets.token_hex(16)
    click.echo(f"::stop-commands::{token}")
    write_human(result.human)
    click.echo(f"::{token}::")
    for remark in result.remarks:
        click.echo(workflow_command(remark))


def _escaped_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped_data(text).replace(":", "%3A").replace(",", "%2C")
