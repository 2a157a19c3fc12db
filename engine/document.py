"""A parsed file that still knows where each of its values stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.errors import UserError, Where

Path = tuple[str | int, ...]

MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Document:
    """The value of a file, or of the part of it at ``base``, and the line of everything in it."""

    value: Any
    file: str
    find_line: Callable[[Path], int | None]
    base: Path = ()

    def line(self, path: Path) -> int | None:
        """Give the line (from 1) of the value at *path*; None: the file has no such value."""
        return self.find_line((*self.base, *path))

    def where(self, path: Path) -> Where:
        """Give the place of *path*; of something missing, the line of what should hold it."""
        whole = (*self.base, *path)
        lines = (self.find_line(whole[:size]) for size in range(len(whole), -1, -1))
        line = next((line for line in lines if line is not None), None)
        return Where(self.file, line, field_name(whole) or None)

    def part(self, path: Path) -> Document:
        """Give the document that the value at *path* is."""
        return Document(self.at(path), self.file, self.find_line, (*self.base, *path))

    def at(self, path: Path) -> Any:
        """Give the value at *path*; None: the file has no such value."""
        value = self.value
        for part in path:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value


def field_name(path: Path) -> str:
    """Write a path as people do.

    >>> field_name(("setup", 0, 2)), field_name(("suites", "core", "budget"))
    ('setup[0][2]', 'suites.core.budget')
    """
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def decode_text(data: bytes, file: str, max_bytes: int) -> str:
    """Decode a file of at most *max_bytes* as UTF-8, a byte-order mark left out.

    Raises:
        UserError: too large, empty, or not UTF-8 (with the line of the first wrong byte).
    """
    if len(data) > max_bytes:
        problem = f"the file is too large: {len(data)} bytes, at most {max_bytes} are read."
        raise UserError(problem, Where(file), "Make the file smaller.")
    if not data.strip():
        problem = "the file is empty."
        raise UserError(problem, Where(file), "Write the file, or name another one.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"not UTF-8: byte {data[error.start]:#04x} at offset {error.start}."
        raise UserError(problem, Where(file, line), "Save the file as UTF-8.") from error
