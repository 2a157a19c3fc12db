from __future__ import annotations

import io
import json
import math
import sys

import click
import pytest
from click.testing import CliRunner
from rich.console import RenderableType
from rich.table import Table

from bot.cli.output import (
    OutputFormat,
    Remark,
    Result,
    emit,
    format_option,
    json_text,
    message,
    progress,
    workflow_command,
)

RESULT = Result(
    human="one row slower\n",
    document={"slower": 1, "name": "ä"},
    remarks=(Remark(level="error", message="slower", file="b.yaml", line=3, title="budget"),),
)


def written(result: Result, form: OutputFormat, capsys: pytest.CaptureFixture[str]) -> str:
    emit(result, form)
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


def test_for_people_the_text_is_written_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert written(RESULT, OutputFormat.HUMAN, capsys) == "one row slower\n"


def test_text_for_people_cannot_steer_their_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = Result(human="a\x1b[2J\r\x9b\u202eb\tc\n", document=None)
    assert written(hostile, OutputFormat.HUMAN, capsys) == "a[2Jb\tc\n"


def test_messages_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    message("found '\x1b]0;owned\x07'")
    assert capsys.readouterr().err == "found ']0;owned'\n"


def test_for_people_a_table_is_rendered(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("case")
    table.add_row("decay")
    assert "decay" in written(Result(human=table, document=None), OutputFormat.HUMAN, capsys)


class Gone(io.StringIO):
    """A standard output whose reader has left."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("human", ["text", Table("case")])
def test_that_the_reader_left_is_for_the_boundary_to_say(
    monkeypatch: pytest.MonkeyPatch, human: RenderableType
) -> None:
    monkeypatch.setattr(sys, "stdout", Gone())
    with pytest.raises(BrokenPipeError):
        emit(Result(human=human, document=None), OutputFormat.HUMAN)


def test_json_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    text = written(RESULT, OutputFormat.JSON, capsys)
    assert json.loads(text) == {"slower": 1, "name": "ä"}


def test_bytes_are_written_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        written(Result(human="", document=b'{"a":1}\n'), OutputFormat.JSON, capsys) == '{"a":1}\n'
    )


def test_nan_is_no_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_text({"a": math.nan})


def test_for_github_a_remark_is_a_workflow_command(capsys: pytest.CaptureFixture[str]) -> None:
    lines = written(RESULT, OutputFormat.GITHUB, capsys).splitlines()
    assert lines[-1] == "::error file=b.yaml,line=3,title=budget::slower"


def test_for_github_text_that_looks_like_a_command_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hostile = Result(human="::error::planted", document=None)
    first, planted, last = written(hostile, OutputFormat.GITHUB, capsys).splitlines()
    assert planted == "::error::planted"
    assert first == f"::stop-commands::{last.strip(':')}"


def test_a_remark_cannot_break_out_of_its_command() -> None:
    remark = Remark(level="warning", message="a\n::error::b", file="x,line=9:y", title="50%")
    assert workflow_command(remark) == ("::warning file=x%2Cline=9%3Ay,title=50%25::a%0A::error::b")


def test_a_remark_without_a_place_has_no_properties() -> None:
    assert workflow_command(Remark(level="notice", message="m")) == "::notice::m"


def test_a_command_gets_its_format() -> None:
    @click.command()
    @format_option
    def show(output_format: OutputFormat) -> None:
        click.echo(repr(output_format))

    assert CliRunner().invoke(show, ["--format", "json"]).output == f"{OutputFormat.JSON!r}\n"


def test_another_format_is_wrong_usage() -> None:
    @click.command()
    @format_option
    def show(output_format: OutputFormat) -> None:
        click.echo(output_format)

    assert CliRunner().invoke(show, ["--format", "xml"]).exit_code == 2


def test_without_a_terminal_no_progress_shows(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Measuring") as advance:
        advance("pair 1", 1, 12)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_short_work_shows_no_progress(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress("Measuring") as advance:
        advance("pair 1", 1, 12)
    assert "pair 1" not in capsys.readouterr().err


def test_on_a_terminal_long_work_shows_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("bot.cli.output.PROGRESS_AFTER_S", 0.0)
    with progress("Measuring") as advance:
        advance("pair 1", 1, 12)
    shown = capsys.readouterr().err
    assert "pair 1" in shown
    assert "1/12" in shown
    assert "ETA" in shown
