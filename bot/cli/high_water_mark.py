"""The high-water mark of a check whose base is a baseline: shown in each form of its result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from rich.console import Group
from rich.padding import Padding
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.output import Result, json_text, message
from bot.cli.stored_history import StoredHistory, known_database
from bot.high_water import descends, high_water, merged_into, other_budgets, read_origin
from bot.laptop import Wish, is_baseline, top_of
from bot.mirror import Mirror
from engine.debts import Debt
from engine.errors import HighwaterError
from engine.findings import Verdict
from engine.high_water import HighWater
from engine.reports.document import render_document
from engine.reports.escape import unmarked
from engine.reports.high_water import high_water_lines
from engine.values import CommitSha

_TITLE = "### High-water mark"

Found = TypeVar("Found")


def with_origin(wish: Wish) -> Wish:
    """Read the baseline that a wish names, before anything is measured.

    Raises:
        UserError: it cannot be read, is no baseline, or names no commit.
    """
    return replace(wish, origin=read_origin(str(wish.base))) if is_baseline(wish.base) else wish


def mark_of(
    wish: Wish, verdict: Verdict, flags: Mapping[str, str | None], now: datetime
) -> HighWater | None:
    """Describe the mark that *verdict* was measured against; None where its base is no baseline.

    Never fails: a verdict that took minutes must not be lost for what stands beside it.
    """
    if wish.origin is None:
        return None
    top, origin = top_of(wish.directory), CommitSha(verdict.base)
    head, target = CommitSha(verdict.head), CommitSha(verdict.target)
    measured = [suite.suite for suite in verdict.suites]
    merged = _tried(lambda: merged_into(top, head, origin), None)
    mark = high_water(
        replace(wish.origin, commit=origin),
        merged,
        _tried(lambda: _debts(wish, verdict, flags), None),
        now,
    )
    differ: tuple[str, ...] = ()
    return msgspec.structs.replace(
        mark,
        descends=_tried(lambda: descends(top, head, origin), default=True),
        other_budgets=_tried(lambda: other_budgets(Mirror(top), origin, target, measured), differ),
    )


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


def _tried(look: Callable[[], Found], default: Found) -> Found:
    try:
        return look()
    except (HighwaterError, SQLAlchemyError, OSError) as problem:
        message(f"The high-water mark is not complete: {problem}")
        return default


def _debts(
    wish: Wish, verdict: Verdict, flags: Mapping[str, str | None]
) -> tuple[Debt, ...] | None:
    """Read the losses of the suites that were measured; None where no ledger knows this history."""
    with known_database(flags) as database:
        if database is None:
            return None
        stored = StoredHistory.of(database, wish.directory, CommitSha(verdict.head))
        measured = {suite.suite for suite in verdict.suites}
        debts = stored.debts()
        return None if debts is None else tuple(one for one in debts if one.suite in measured)
