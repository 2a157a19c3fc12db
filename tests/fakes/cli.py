"""Runs the command line in this process, its error boundary included."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

from bot.cli.main import main


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended and what it wrote."""

    code: int
    stdout: str
    stderr: str


def run_cli(*arguments: str) -> CommandResult:
    """Run ``highwater ARGUMENTS`` as a script would see it."""
    out, err = _Stream(), _Stream()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return CommandResult(code, out.text(), err.text())


class _Stream(io.TextIOWrapper):
    """A standard stream that is no terminal and keeps what it is given."""

    def __init__(self) -> None:
        self._kept = io.BytesIO()
        super().__init__(self._kept, encoding="utf-8", write_through=True)

    def text(self) -> str:
        self.flush()
        return self._kept.getvalue().decode()
