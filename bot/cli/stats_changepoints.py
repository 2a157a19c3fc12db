"""The hook ``highwater stats changepoints``: histories of levels in, their steps out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bot.cli.stats_lines import LineError, flaw, known_id
from engine.stats.change_points import Step, find_steps


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Levels, oldest first. Other fields of a line are the caller's own and are left alone."""

    id: Any = None
    values: list[float]


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in the history of that id."""

    id: Any
    points: tuple[Step, ...]


_DECODER = msgspec.json.Decoder(History)
_ENCODER = msgspec.json.Encoder()


def answer_lines(lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes | LineError]:
    """Answer numbered lines, each for itself, in order."""
    for number, line in lines:
        yield answer(line, number)


def answer(line: bytes, number: int) -> bytes | LineError:
    """Answer one line: ``{"id", "values"}`` by ``{"id", "points": [{"index", "effect"}]}``."""
    try:
        history = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return LineError(number, known_id(line), f"not a history: {flaw(line) or error}")
    try:
        points = find_steps(history.values)
        return _ENCODER.encode(Steps(id=history.id, points=points))
    except ValueError as error:
        return LineError(number, history.id, str(error))


__all__ = ["answer", "answer_lines"]
