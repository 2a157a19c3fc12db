"""A verdict in the terminal: the decision first, then the rows, then what to do next."""

from __future__ import annotations

from functools import partial

import click
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli.output import harmless
from engine.findings import SuiteVerdict, Verdict
from engine.reports import figures
from engine.reports.asides import worth_a_look
from engine.reports.commands import base_name
from engine.reports.confidence import sure_lines
from engine.reports.entries import Entry, entries
from engine.reports.escape import one_line, plain, unmarked
from engine.reports.headline import title
from engine.reports.next_steps import next_steps
from engine.reports.spoken import mark, what, why
from engine.reports.table import Rows
from engine.reports.undecided import cannot_tell
from engine.reports.wording import SHA
from engine.values import Outcome

_WIDTH = 200
_LINE = 600
_COLOURS = {
    Outcome.PASS: "green",
    Outcome.IMPROVEMENT: "green",
    Outcome.REGRESSION: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NO_VERDICT: "yellow",
    Outcome.ERROR: "red",
}


def render_terminal(verdict: Verdict) -> RenderableType:
    """Render a verdict for rich; colours only add to what the words say."""
    heading = Text(title(verdict, _WIDTH), style=_COLOURS[verdict.outcome])
    parts: list[RenderableType] = [heading, Text(_commits(verdict), style="dim")]
    found = entries(verdict)
    if found:
        parts.append(_table(found))
    parts += _listed("Cannot tell", cannot_tell(verdict))
    parts += _listed("Worth a look, not red", worth_a_look(verdict))
    parts += [_suite(verdict, suite) for suite in verdict.suites]
    parts += _listed("Next", next_steps(verdict))
    return Group(*parts)


def _listed(title: str, rows: Rows | None) -> list[RenderableType]:
    if rows is None:
        return []
    lines = (_plain_line(line) for line in rows.lines)
    return [Padding(Text("\n".join([title, *lines])), (1, 0, 0, 0))]


def _plain_line(markdown: str) -> str:
    return one_line(unmarked(markdown), _LINE)


def _commits(verdict: Verdict) -> str:
    commits = {"head": verdict.head, base_name(verdict): verdict.base, "target": verdict.target}
    return " · ".join(f"{name} {commit[:SHA]}" for name, commit in commits.items())


def _table(found: tuple[Entry, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "what", "base → head", "change (99 % interval)", "why this verdict"):
        table.add_column(name, overflow="fold")
    for entry in found:
        table.add_row(*_cells(entry))
    return table


def _cells(entry: Entry) -> tuple[Text, ...]:
    finding = entry.finding
    texts = (
        mark(entry.suite, finding),
        what(entry.suite, finding, partial(plain, limit=_LINE)),
        unmarked(figures.from_to(finding)),
        figures.changed(finding),
        unmarked(why(entry.suite, finding)),
    )
    style = _COLOURS[finding.outcome]
    shown = (Text(one_line(text, _LINE)) for text in texts[1:])
    return (Text(texts[0], style=style), *shown)


def _suite(verdict: Verdict, suite: SuiteVerdict) -> RenderableType:
    lines = [_harmless(_counted(suite)), *map(_plain_line, sure_lines(verdict, suite))]
    if suite.output_tail.strip():
        lines.append(_harmless(suite.output_tail.rstrip()))
    return Padding(Text("\n".join(lines), style="dim"), (1, 0, 0, 0))


def _counted(suite: SuiteVerdict) -> str:
    of = "" if suite.expected is None else f" of {suite.expected} expected"
    return f"{suite.suite}: {suite.measured}{of} compared"


def _harmless(text: str) -> str:
    """Take colours and controls out of every line: output must not steer the terminal."""
    return "\n".join(harmless(click.unstyle(line))[:_LINE] for line in text.splitlines())
