"""The lines of a comment that are meant as commands, as GitHub reads its Markdown.

A line counts that begins with a command's first word and is read as text: not in a fence, in
indented code, in a code span, in HTML or an HTML comment. A quoted line begins with ``>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from markdown_it import MarkdownIt

from engine.commands import PREFIX, PROMOTE_PREFIX

MAX_BODY = 65_536  # GitHub takes no longer comment

_LINE_END = re.compile(r"\r\n|\r|\n")  # no others: GitHub shows a form feed within its line
_COMMAND = re.compile(rf"(?:{PREFIX}|{PROMOTE_PREFIX})(?![^\s\u200b-\u200f\u2060\ufeff])")
# Blocks and spans alone: emphasis and links end no line, and take long on hostile text.
_RULES = (
    *("code", "fence", "blockquote", "hr", "list", "html_block", "heading", "lheading"),
    *("newline", "escape", "backticks", "html_inline", "autolink"),
)
_PRIVATE = range(0xE000, 0xF900)


class Line(NamedTuple):
    """A line of a comment, by its number from 0."""

    number: int
    text: str


def command_lines(body: str) -> tuple[Line, ...]:
    """List the lines that begin with a command's first word and are text, in their order."""
    if len(body) > MAX_BODY:
        return ()
    lines = _LINE_END.split(body)
    candidates = [Line(number, text) for number, text in enumerate(lines) if _COMMAND.match(text)]
    mark = _unused(body)
    if not candidates or mark is None:
        return ()
    marked = list(lines)
    for number, text in candidates:
        marked[number] = f"{mark}{number}{mark}{text}"
    shown = frozenset(_shown("\n".join(marked), mark))
    return tuple(line for line in candidates if line.number in shown)


def _unused(body: str) -> str | None:
    """Find a character that the comment does not hold, to follow lines through the Markdown."""
    used = set(body)
    return next((chr(code) for code in _PRIVATE if chr(code) not in used), None)


def _shown(body: str, mark: str) -> Iterator[int]:
    """Give the numbers of the lines that are read as text from their start on."""
    number = re.compile(rf"{mark}(\d+){mark}")
    for block in _markdown().parse(body):
        for part in block.children or ():
            found = number.match(part.content) if part.type == "text" else None
            if found is not None:
                yield int(found[1])


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("zero", {"html": True}).enable(list(_RULES))
