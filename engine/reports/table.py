"""Rows of Markdown, and the fitting of a document into GitHub's limits by whole rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEADER = (
    "|  | what | base → head | change (99 % interval) | why this verdict |\n"
    "| :-: | :-- | :-- | :-- | :-- |"
)
_SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines that may be cut from their end, between text that may not.

    ``noun`` names one line in the sentence that says how many were cut.
    """

    lines: tuple[str, ...]
    before: str = ""
    after: str = ""
    noun: str = "row"


Part = str | Rows


def row(*cells: str) -> str:
    """Write one row of a table; cells are Markdown already and hold no bare pipe.

    >>> row("❌", "`a`")
    '| ❌ | `a` |'
    """
    return f"| {' | '.join(cells)} |"


def table(lines: Sequence[str]) -> Rows:
    """Put rows under the header that every report uses."""
    return Rows(tuple(lines), before=HEADER)


def fold(title: str, content: Rows | str) -> Rows:
    """Fold *content* under *title*, which is HTML; the blank lines let Markdown in."""
    opening = f"<details><summary>{title}</summary>\n"
    inner = content if isinstance(content, Rows) else Rows((), before=content)
    before = f"{opening}\n{inner.before}" if inner.before else opening
    return Rows(inner.lines, before, f"{inner.after}\n\n</details>".lstrip("\n"), inner.noun)


def fit(parts: Sequence[Part], limit: int, link: str | None) -> str:
    """Join *parts* within *limit* characters, cutting whole lines from the last ``Rows`` up.

    What is cut is counted, with *link* to all of it. Text outside ``Rows`` is never cut.
    """
    kept = [len(part.lines) if isinstance(part, Rows) else 0 for part in parts]
    for index in reversed(range(len(parts))):
        excess = len(_joined(parts, kept, link)) - limit
        part = parts[index]
        if excess > 0 and isinstance(part, Rows):
            kept[index] = _keep(part, excess + len(_cut_note(part, len(part.lines), link)) + 2)
    return _joined(parts, kept, link)


def _keep(part: Rows, excess: int) -> int:
    kept = len(part.lines)
    while kept and excess > 0:
        kept -= 1
        excess -= len(part.lines[kept]) + 1
    return kept


def _joined(parts: Sequence[Part], kept: Sequence[int], link: str | None) -> str:
    texts = (
        _text(part, count, link) if isinstance(part, Rows) else part
        for part, count in zip(parts, kept, strict=True)
    )
    return _SEPARATOR.join(text for text in texts if text)


def _text(part: Rows, kept: int, link: str | None) -> str:
    lines = [line for line in (part.before, *part.lines[:kept]) if line]
    blocks = ["\n".join(lines)]
    cut = len(part.lines) - kept
    if cut:
        blocks.append(_cut_note(part, cut, link))
    if part.after:
        blocks.append(part.after)
    return _SEPARATOR.join(block for block in blocks if block)


def _cut_note(part: Rows, cut: int, link: str | None) -> str:
    rows = f"{cut} more {part.noun}{'' if cut == 1 else 's'}"
    place = f"[in the JSON]({link})" if link else "in the JSON"
    return f"… {rows} {place}."
