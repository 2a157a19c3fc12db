"""Settings written into a ``.env``: what stood there stays, and the file is its owner's alone."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from engine.errors import UserError, Where
from worker.files import write_atomically

PRIVATE = 0o600
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,={}-]*")


def write_settings(file: Path, values: Mapping[str, str | None]) -> None:
    """Set *values* in the file, each on its own line; every other line of it stays as it is.

    What is None is taken out.

    The file is for its owner alone afterwards, and never half-written.

    Raises:
        UserError: the file cannot be read or written to, or a value has several lines.
    """
    try:
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        write_private(file, merged(before, values).encode())
    except (OSError, UnicodeDecodeError) as error:
        problem = f"could not be written: {error}."
        remedy = "See that you may write there, on a disk with room."
        raise UserError(problem, Where(str(file)), remedy) from error


def write_private(file: Path, data: bytes) -> None:
    """Write a file that nobody but its owner reads, at any moment; a link to it stays one.

    Raises:
        OSError: its folder is missing, or it cannot be written to.
    """
    real = file.resolve()
    real.touch(mode=PRIVATE, exist_ok=True)
    real.chmod(PRIVATE)  # what is written next takes its permissions over
    write_atomically(real, data)


def merged(text: str, values: Mapping[str, str | None]) -> str:
    r"""Give *text* with the values set: in their old places, the new ones at the end.

    >>> merged("# mine\nA=1\nB=2\nA=3\n", {"A": "9", "B": None, "C": "x y"})
    "# mine\nA=9\nC='x y'\n"

    Raises:
        UserError: a value has several lines.
    """
    given = {name: value for name, value in values.items() if value is not None}
    lines = {name: f"{name}={_quoted(name, value)}\n" for name, value in given.items()}
    bindings = list(parse_stream(io.StringIO(text)))
    last = {one.key: place for place, one in enumerate(bindings)}  # what counts of several
    kept = []
    for place, one in enumerate(bindings):
        if one.key not in values:
            kept.append(_ended(one.original.string))
        elif one.key in lines and last[one.key] == place:
            kept.append(_blank(one.original.string) + lines.pop(one.key))
    return "".join([*kept, *lines.values()])


def _ended(line: str) -> str:
    return line if not line or line.endswith("\n") else line + "\n"


def _blank(line: str) -> str:
    """Give the empty lines in front of a setting, which the parser counts as its own."""
    return line[: len(line) - len(line.lstrip("\r\n"))]


def _quoted(name: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        problem = f"{name} has several lines, which a .env cannot hold."
        raise UserError(problem, None, "Give it on one line.")
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
