"""The hook ``highwater stats sharpe``: paired daily returns in, the difference of Sharpe out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bot.cli.stats_lines import LineError, known_id
from engine.decoding import decode
from engine.document import Document
from engine.errors import UserError
from engine.json_text import parse_json
from engine.stats.sharpe_bootstrap import sharpe_difference

_FILE = "the line"  # never shown: an error's place is the line's number
SEED = 0  # one for all lines: a line's answer depends on nothing but the line


class Returns(msgspec.Struct, frozen=True):
    """Returns paired by day; other fields of a line are the caller's own and are left alone."""

    base: list[float]
    head: list[float]
    id: Any = None


class Difference(msgspec.Struct, frozen=True):
    """Head minus base of the annualised Sharpe ratio, with its 95 % interval and two-sided p."""

    id: Any
    difference: float
    low: float
    high: float
    p: float


def answer_lines(lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes | LineError]:
    """Answer each numbered line, in order: head minus base of the annualised Sharpe ratio.

    In: `{"id", "base": [daily returns], "head": [...]}`, paired by day. Out: `{"id",
    "difference", "low", "high", "p"}`, the 95 % interval and the two-sided p. A line that cannot
    be read or judged gives its error, and the others go on.
    """
    for number, text in lines:
        try:
            document = parse_json(text, _FILE)
        except UserError as error:
            yield LineError(number, known_id(text), _said(error))
            continue
        yield _answer(number, document)


def _answer(number: int, document: Document) -> bytes | LineError:
    value = document.value
    known = value.get("id") if isinstance(value, dict) else None
    try:
        line = decode(document, Returns)
        found = sharpe_difference(line.base, line.head, SEED)
    except UserError as error:
        return LineError(number, known, _said(error))
    except ValueError as error:
        return LineError(number, known, str(error))
    answer = Difference(line.id, found.difference, found.low, found.high, found.p)
    return msgspec.json.encode(answer)


def _said(error: UserError) -> str:
    field = error.where.field if error.where else None
    return f"{error.problem if field is None else f'{field}: {error.problem}'} {error.remedy}"
