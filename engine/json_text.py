"""JSON read strictly: no NaN, no doubled key, no lone surrogate; errors name the line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from engine.document import MAX_DEPTH, Document, Path, decode_text, field_name
from engine.errors import UserError, Where

MAX_BYTES = 64 * 1024 * 1024
LARGEST_INTEGER = 2**63 - 1
_HALF_CHARACTER = "found half a character (a lone surrogate)."
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class _DoubledKeyError(Exception):
    """An object holds one key twice; the second look finds its place."""


def parse_json(data: bytes, file: str, max_bytes: int = MAX_BYTES) -> Document:
    """Read one JSON document.

    Raises:
        UserError: not JSON, or JSON with NaN, infinities, doubled keys, strings that are no
            text, or too much nesting. It names the line where that is known.
    """
    text = decode_text(data, file, max_bytes)
    find = _LineFinder(text)
    value = _load(text, file)
    bad = first_bad(value, ())
    if bad is not None:
        path, problem = bad
        where = Where(file, find(path), field_name(path) or None)
        raise UserError(problem, where, "Mend the JSON.")
    return Document(value, file, find)


def first_bad(value: Any, path: Path = ()) -> tuple[Path, str] | None:
    """Find what JSON can be made to hold and no program should meet; None: nothing such.

    That is NaN, infinities, integers beyond 64 bits, half characters and too much nesting.

    >>> first_bad({"a": [1.0, float("nan")]})
    (('a', 1), 'expected a finite number, found nan.')
    """
    if len(path) > MAX_DEPTH:
        return path[:3], f"values are nested deeper than {MAX_DEPTH} levels."
    if isinstance(value, dict):
        if not all(map(_is_text, value)):
            return path, _HALF_CHARACTER
        return _first(value.items(), path)
    if isinstance(value, list):
        return _first(enumerate(value), path)
    problem = _scalar_problem(value)
    return None if problem is None else (path, problem)


def _first(items: Iterable[tuple[str | int, Any]], path: Path) -> tuple[Path, str] | None:
    found = (first_bad(item, (*path, key)) for key, item in items)
    return next((bad for bad in found if bad is not None), None)


def _scalar_problem(value: Any) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"expected a finite number, found {value}."
    if isinstance(value, int) and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        return "found an integer of more than 64 bits."
    if isinstance(value, str) and not _is_text(value):
        return _HALF_CHARACTER
    return None


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def _load(text: str, file: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_distinct)
    except json.JSONDecodeError as error:
        problem = f"not valid JSON: {error.msg} (column {error.colno})."
        raise UserError(problem, Where(file, error.lineno), "Mend the JSON.") from error
    except _DoubledKeyError as error:
        path, line = _doubled(text)
        where = Where(file, line, field_name(path))
        problem = f"the key `{path[-1]}` is written twice."
        raise UserError(problem, where, "Write each key once.") from error
    except RecursionError as error:
        problem = f"values are nested deeper than {MAX_DEPTH} levels."
        raise UserError(problem, Where(file), "Nest less.") from error
    except ValueError as error:  # an integer of thousands of digits
        problem = "found a number that is too large."
        raise UserError(problem, Where(file), "Write a smaller number.") from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DoubledKeyError
    return found


class _LineFinder:
    """Finds a line by a second, slower reading, which happens only when one is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, path: Path) -> int | None:
        return next((line for found, line in _places(self._text) if found == path), None)


def _doubled(text: str) -> tuple[Path, int]:
    seen: set[Path] = set()
    for path, line in _places(text):
        if path in seen:
            return path, line
        seen.add(path)
    return (), 1


def _places(text: str) -> Iterator[tuple[Path, int]]:
    """Give path and line of every value of valid JSON, in the file's order."""
    walk = _Walk()
    line, counted = 1, 0
    for token in _TOKEN.finditer(text):
        line, counted = line + text.count("\n", counted, token.start()), token.start()
        path = walk.take(token[0])
        if path is not None:
            yield path, line


class _Walk:
    """Follows the tokens of valid JSON; keeps one part of the path per open container."""

    def __init__(self) -> None:
        self._parts: list[str | int] = []
        self._after_colon = False

    def take(self, text: str) -> Path | None:
        """Give the path that begins with the token *text*: a key's, an item's or the root's."""
        if text in {",", ":"}:
            self._after_colon = text == ":"
            return None
        if text in {"}", "]"}:
            self._parts.pop()
            return None
        path = self._begin(text)
        if text in {"{", "["}:
            self._parts.append("" if text == "{" else -1)
            self._after_colon = False
        return path

    def _begin(self, text: str) -> Path | None:
        if not self._parts:
            return ()
        part = self._parts[-1]
        if isinstance(part, int):
            self._parts[-1] = part + 1
        elif self._after_colon:
            return None  # the value of a key, whose place is the key's
        else:
            self._parts[-1] = json.loads(text)
        return tuple(self._parts)


def write_json(value: Any) -> bytes:
    """Encode *value* for people to read and git to diff: indented, in the value's own order.

    Raises:
        ValueError: the value holds NaN or an infinity, which JSON cannot.
    """
    plain = msgspec.to_builtins(value)
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
