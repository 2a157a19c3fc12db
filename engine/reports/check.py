"""What check runs say: the same parts as the comment, in title, summary and text."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from engine.findings import SuiteVerdict, Verdict
from engine.reports.headline import heading, title
from engine.reports.sections import Links, last_line, sections, taken_by
from engine.reports.table import fit

MAX_TITLE = 70
MAX_TEXT = 65_535
NOWHERE = Links()


@dataclass(frozen=True, slots=True)
class CheckText:
    """Title (no Markdown), summary and text (Markdown) of a check run."""

    title: str
    summary: str
    text: str = ""


def render_rollup(verdict: Verdict, links: Links = NOWHERE) -> CheckText:
    """Render the check run ``highwater``, which stands for all suites."""
    first = heading(verdict)
    shown = sections(verdict, taken=taken_by(first))
    summary = fit((first, *shown.seen), MAX_TEXT, links.all_of_it)
    text = fit((*shown.folded, last_line(verdict, links)), MAX_TEXT, links.all_of_it)
    return CheckText(title=title(verdict, MAX_TITLE), summary=summary, text=text)


def render_suite_check(suite: SuiteVerdict, verdict: Verdict, links: Links = NOWHERE) -> CheckText:
    """Render the check run of one suite of *verdict*, with that suite's findings alone."""
    alone = msgspec.structs.replace(
        verdict,
        suites=(suite,),
        outcome=suite.outcome,
        reason=suite.reason,
        skipped=(),
        overrides=tuple(one for one in verdict.overrides if one.suite == suite.suite),
    )
    return render_rollup(alone, Links(links.details_url, links.json_url, suite.run))
