"""Rows of Markdown, and the fitting of a document into GitHub's limits by whole rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

HEADER = (
    "|  | what | base → head | change (99 % interval) | why this verdict |\n"
    "| :-: | :-- | :-- | :-- | :-- |"
)
_SEPARATOR = "\n\n"


# Which rows are cut first when there is too much: those that say least about the decision.
CUT_FIRST, CUT_EARLY, CUT_LATE, CUT_LAST = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines that may be cut from their end, between text that may not.

    ``header`` is shown above lines alone. ``noun`` names one line where it is said how many
    were cut, ``cut`` when that happens: the highest number first.
    """

    lines: tuple[str, ...]
    before: str = ""
    header: str = ""
    after: str = ""
    noun: str = "row"
    cut: int = CUT_LAST


Part = str | Rows


def row(*cells: str) -> str:
    """Write one row of a table; cells are Markdown already and hold no bare pipe.

    >>> row("❌", "`a`")
    '| ❌ | `a` |'
    """
    return f"| {' | '.join(cells)} |"


def table(lines: tuple[str, ...], *, cut: int, after: str = "") -> Rows:
    """Put rows under the header that every report uses."""
    return Rows(lines, header=HEADER, after=after, cut=cut)


def fold(title: str, content: Rows | str) -> Rows:
    """Fold *content* under *title*, which is HTML; the blank lines let Markdown in."""
    inner = content if isinstance(content, Rows) else Rows((), before=content)
    opening = _joined(f"<details><summary>{title}</summary>", inner.before)
    closing = _joined(inner.after, "</details>")
    return replace(inner, before=opening, after=closing)


def fit(parts: Sequence[Part], limit: int, link: str | None, place: str = "in the JSON") -> str:
    """Join *parts* within *limit* characters, cutting whole lines of ``Rows``.

    What is cut is counted, with the *place* of all of it, and the *link* there, if there is one.
    Text outside ``Rows`` is never cut.
    """
    where = f"[{place}]({link})" if link else place
    kept = [len(part.lines) if isinstance(part, Rows) else 0 for part in parts]
    for index in _cutting_order(parts):
        excess = len(_rendered(parts, kept, where)) - limit
        part = parts[index]
        if excess > 0 and isinstance(part, Rows):
            note = _cut_note(part, len(part.lines), where)
            kept[index] = _keep(part, excess + len(note) + len(_SEPARATOR))
    return _rendered(parts, kept, where)


def _cutting_order(parts: Sequence[Part]) -> list[int]:
    order = [(-part.cut, -index) for index, part in enumerate(parts) if isinstance(part, Rows)]
    return [-index for _, index in sorted(order)]


def _keep(part: Rows, excess: int) -> int:
    kept = len(part.lines)
    while kept and excess > 0:
        kept -= 1
        excess -= len(part.lines[kept]) + 1
    return kept


def _rendered(parts: Sequence[Part], kept: Sequence[int], where: str) -> str:
    texts = (
        _text(part, count, where) if isinstance(part, Rows) else part
        for part, count in zip(parts, kept, strict=True)
    )
    return _joined(*texts)


def _text(part: Rows, kept: int, where: str) -> str:
    lines = part.lines[:kept]
    shown = "\n".join((part.header, *lines) if part.header and lines else lines)
    cut = len(part.lines) - kept
    note = _cut_note(part, cut, where) if cut else ""
    return _joined(part.before, shown, note, part.after)


def _joined(*blocks: str) -> str:
    return _SEPARATOR.join(block for block in blocks if block)


def _cut_note(part: Rows, cut: int, where: str) -> str:
    rows = f"{cut} more {part.noun}{'' if cut == 1 else 's'}"
    return f"… {rows} {where}."
