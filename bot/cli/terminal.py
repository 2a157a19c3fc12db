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
from engine.reports.entries import Entry, entries
from engine.reports.escape import one_line, plain, unmarked
from engine.reports.headline import title
from engine.reports.next_steps import next_steps
from engine.reports.wording import SHA, mark, what, why
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
    parts += [_suite(suite) for suite in verdict.suites]
    parts += _next(verdict)
    return Group(*parts)


def _next(verdict: Verdict) -> list[RenderableType]:
    steps = next_steps(verdict)
    if steps is None:
        return []
    lines = (one_line(unmarked(line), _LINE) for line in steps.lines)
    return [Padding(Text("\n".join(["Next", *lines])), (1, 0, 0, 0))]


def _commits(verdict: Verdict) -> str:
    commits = {"head": verdict.head, "merge base": verdict.base, "target": verdict.target}
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
        mark(finding),
        what(finding, entry.suite.suite, partial(plain, limit=_LINE)),
        unmarked(figures.from_to(finding)),
        figures.changed(finding),
        unmarked(why(finding)),
    )
    style = _COLOURS[finding.outcome]
    shown = (Text(one_line(text, _LINE)) for text in texts[1:])
    return (Text(texts[0], style=style), *shown)


def _suite(suite: SuiteVerdict) -> RenderableType:
    lines = [_counted(suite), suite.method, *suite.caveats]
    if suite.output_tail.strip():
        lines.append(suite.output_tail.rstrip())
    shown = "\n".join(_harmless(line) for line in lines if line)
    return Padding(Text(shown, style="dim"), (1, 0, 0, 0))


def _counted(suite: SuiteVerdict) -> str:
    of = "" if suite.expected is None else f" of {suite.expected} expected"
    return f"{suite.suite}: {suite.measured}{of} compared"


def _harmless(text: str) -> str:
    """Take colours and controls out of every line: output must not steer the terminal."""
    return "\n".join(harmless(click.unstyle(line))[:_LINE] for line in text.splitlines())
