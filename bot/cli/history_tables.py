"""The history in the terminal and as JSON: series, steps, and the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli.output import Remark, Result
from bot.history_watch import Watched
from engine.debts import Loss
from engine.history import Series
from engine.reports.escape import unmarked
from engine.reports.high_water import debt_text, loss_title
from engine.reports.history import (
    NO_DEBTS,
    NO_LEDGER,
    NO_POINTS,
    level_rows,
    no_steps,
    series_title,
    since_text,
    step_text,
)

_COLUMNS = ("commit", "level", "measured", "last")


def series_result(found: Sequence[Series]) -> Result:
    """Show series, each as a table of its commits."""
    human: RenderableType = Group(*map(_table, found)) if found else NO_POINTS
    return Result(human=human, document={"series": found})


def steps_result(watched: Sequence[Watched], since: tuple[str, int] | None = None) -> Result:
    """Show where series step, one line a step; a confirmed worsening is a remark.

    *since*: from where on steps are shown, and how many older ones are not.
    """
    lines = [step_text(found.series, one) for found in watched for one in found.standings]
    shown = lines or [no_steps(longest(watched)) if watched else NO_POINTS]
    if since is not None:
        shown.append(since_text(*since))
    worse = [
        Remark(level="warning", message=step_text(found.series, one))
        for found in watched
        for one in found.standings
        if one.is_worse
    ]
    steps = [
        {"state": one.state, "hypothesis": one.hypothesis, "settlement": one.settlement}
        for found in watched
        for one in found.standings
    ]
    return Result(human="\n".join(shown), document={"changepoints": steps}, remarks=tuple(worse))


def longest(watched: Sequence[Watched]) -> int:
    """Count the measured commits of the longest series; 0 where there is none."""
    return max((len(found.series.levels) for found in watched), default=0)


def debts_result(losses: Sequence[Loss] | None) -> Result:
    """Show the recorded losses of what was merged, by series, with their sums; None: no ledger."""
    if losses is None:
        return Result(human=NO_LEDGER, document={"losses": None})
    lines = [
        line
        for loss in losses
        for line in (unmarked(loss_title(loss)), *(f"  {debt_text(one)}" for one in loss.debts))
    ]
    return Result(human="\n".join(lines) or NO_DEBTS, document={"losses": losses})


def _table(found: Series) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in _COLUMNS:
        table.add_column(name, overflow="fold")
    for row in level_rows(found):
        table.add_row(*(Text(cell) for cell in row))
    return Padding(Group(Text(series_title(found.key)), table), (0, 0, 1, 0))
