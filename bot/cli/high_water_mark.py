"""The high-water mark of a check whose base is a baseline: shown in each form of its result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from bot.cli.output import Result, json_text
from bot.cli.stored_history import StoredHistory, known_database
from bot.high_water import high_water, merged_into, read_origin
from bot.laptop import Wish, is_baseline, top_of
from engine.debts import Debt
from engine.findings import Verdict
from engine.high_water import HighWater
from engine.reports.document import render_document
from engine.reports.escape import unmarked
from engine.reports.high_water import high_water_lines
from engine.values import CommitSha

_TITLE = "### High-water mark"


def mark_of(
    wish: Wish, verdict: Verdict, flags: Mapping[str, str | None], now: datetime
) -> HighWater | None:
    """Describe the mark that *verdict* was measured against; None where its base is no baseline.

    Raises:
        UserError: the baseline cannot be read any more.
    """
    if not is_baseline(wish.base):
        return None
    base, head = CommitSha(verdict.base), CommitSha(verdict.head)
    merged = merged_into(top_of(wish.directory), head, base)
    origin = replace(read_origin(str(wish.base)), commit=base)
    return high_water(origin, merged, _debts(wish, verdict, flags), now)


def marked(result: Result, verdict: Verdict, mark: HighWater | None) -> Result:
    """Add the mark below what the terminal shows, and to the document."""
    if mark is None:
        return result
    lines = Text("\n".join(map(unmarked, high_water_lines(mark))))
    human = Group(result.human, Padding(lines, (1, 0, 0, 0)))
    return replace(result, human=human, document=marked_document(verdict, mark))


def marked_document(verdict: Verdict, mark: HighWater | None) -> bytes:
    """Write the verdict's document, with the mark in it where there is one."""
    document = render_document(verdict)
    if mark is None:
        return document
    fields: dict[str, Any] = json.loads(document)
    return json_text({**fields, "high_water": msgspec.to_builtins(mark)})


def marked_comment(comment: str, mark: HighWater | None) -> str:
    """Add the mark below the comment's Markdown."""
    if mark is None:
        return comment
    return "\n".join([comment.rstrip("\n"), "", _TITLE, "", *_spaced(high_water_lines(mark)), ""])


def _spaced(lines: tuple[str, ...]) -> list[str]:
    """Part lines into paragraphs; those of a list stay together."""
    return [line if line.startswith("- ") else f"\n{line}\n" for line in lines]


def _debts(
    wish: Wish, verdict: Verdict, flags: Mapping[str, str | None]
) -> tuple[Debt, ...] | None:
    """Read the losses of the suites that were measured; None where no ledger knows this history."""
    with known_database(flags) as database:
        if database is None:
            return None
        stored = StoredHistory.of(database, wish.directory, CommitSha(verdict.head))
        measured = {suite.suite for suite in verdict.suites}
        debts = tuple(debt for debt in stored.debts() if debt.suite in measured)
        return debts if stored.names else None
