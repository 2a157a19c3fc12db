"""The first line: the decision in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from engine.findings import Finding, Reason, Verdict
from engine.reports.accepted import accepted_headlines
from engine.reports.doubts import gained, in_brief
from engine.reports.entries import (
    Entry,
    count,
    entries,
    is_compared,
    is_unmeasured,
    unechoed,
    with_outcome,
)
from engine.reports.escape import code, inline, leaf, one_line, plain, word
from engine.reports.spoken import is_overhead, short
from engine.reports.wording import (
    MARKS,
    OUR_FAULT,
    SIDES,
    metric_name,
    plural,
    points,
)
from engine.values import Outcome, SuiteKind

MAX_LINE = 80  # characters of the first line, marks included
_NAME = 32
_NAMED = 3  # so many changed things are named in the first line, if they fit


@dataclass(frozen=True, slots=True)
class Voice:
    """How names and texts are shown: as Markdown, or where no Markdown is read."""

    name: Callable[[str], str]
    text: Callable[[str], str]
    word: Callable[[str], str]


def _short_code(name: str) -> str:
    return code(leaf(name), _NAME)


def _short_plain(name: str) -> str:
    return plain(leaf(name), _NAME)


MARKDOWN = Voice(name=_short_code, text=partial(inline, limit=MAX_LINE), word=word)
PLAIN = Voice(name=_short_plain, text=partial(one_line, limit=MAX_LINE), word=plain)


def heading(verdict: Verdict) -> str:
    """Render the first line, at most 80 characters of Markdown."""
    start = f"## {_mark(verdict)} "
    return start + fitting(_headlines(verdict, MARKDOWN), MAX_LINE - len(start))


def title(verdict: Verdict, limit: int) -> str:
    """Render the same line without mark or Markdown, for the title of a check run."""
    return fitting(_headlines(verdict, PLAIN), limit)


def _mark(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.ERROR and verdict.reason in OUR_FAULT:
        return "⚠️"
    return MARKS[verdict.outcome] if verdict.suites or not verdict.skipped else "⏭️"


def fitting(candidates: Iterator[str], limit: int) -> str:
    """Give the first text that is short enough, the last one cut if none is."""
    text = ""
    for text in candidates:  # the last candidate has no name in it and always fits
        if len(text) <= limit:
            return text
    return text[:limit]


def _headlines(verdict: Verdict, voice: Voice) -> Iterator[str]:
    """Offer first lines, the most telling first, the shortest last."""
    if verdict.problem is not None:
        if verdict.problem.file is not None:
            yield f"Cannot run: {voice.name(verdict.problem.file)} is broken"
        yield "Cannot run: wrong input"
        return
    found = entries(verdict)
    rows = with_outcome(found, verdict.outcome)
    yield from accepted_headlines(verdict, voice.name)
    if not rows:
        yield _nothing(verdict)
        return
    yield from _BY_OUTCOME[verdict.outcome](_told(rows), voice)
    yield f"{_CALLED[verdict.outcome]}: {len(rows)} of {_comparisons(found)}"


def _told(rows: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Give the rows that are named, or else counted: green and open ones are counted in full."""
    named, outcome = unechoed(rows), rows[0].finding.outcome
    is_counted = outcome is Outcome.INCONCLUSIVE and len(named) > 1
    return rows if is_counted or outcome is Outcome.PASS else named


def _nothing(verdict: Verdict) -> str:
    if verdict.skipped:
        return "Skipped: no measured path changed"
    return "Not a verdict: there was nothing to measure"


def _comparisons(found: tuple[Entry, ...]) -> str:
    return plural(max(count(found, is_compared), 1), "comparison")


def _regressions(rows: tuple[Entry, ...], voice: Voice) -> Iterator[str]:
    if all(is_overhead(row.suite) for row in rows):  # an absolute budget: nothing need be slower
        start = "Over budget"
    else:
        start = "Regression" if len(rows) == 1 else f"{len(rows)} regressions"
    yield from _named(start, rows, voice)


def _improvements(rows: tuple[Entry, ...], voice: Voice) -> Iterator[str]:
    start = "Better" if len(rows) == 1 else f"{len(rows)} improvements"
    yield from _named(start, rows, voice)


def _named(start: str, rows: tuple[Entry, ...], voice: Voice) -> Iterator[str]:
    if len(rows) <= _NAMED:
        said = (short(row.suite, row.finding, voice.name) for row in rows)
        yield f"{start}: {', '.join(said)}"
    if len(rows) > 1:
        first = rows[0]
        said_first = short(first.suite, first.finding, voice.name)
        yield f"{start}: {said_first}, {len(rows) - 1} more"


def _passes(rows: tuple[Entry, ...], voice: Voice) -> Iterator[str]:
    del voice
    ended = count(rows, lambda finding: finding.reason is Reason.SUCCEEDED)
    compared = len(rows) - ended
    said = [f"No regression: {plural(compared, 'comparison')} within budget"] if compared else []
    said += [f"{plural(ended, 'command')} succeeded"] if ended else []
    if said:
        yield ", ".join(said)


def _undecided(rows: tuple[Entry, ...], voice: Voice) -> Iterator[str]:
    suite, finding = rows[0].suite, rows[0].finding
    if len(rows) == 1 and is_overhead(suite):
        yield f"Cannot tell: the cost of the rules of {voice.name(suite.suite)} {in_brief(finding)}"
    elif len(rows) == 1 and finding.reason is Reason.RESULT_CHANGED:
        yield f"Cannot tell: {voice.name(finding.case)} is {gained(finding)}, its result differs"
    elif len(rows) == 1:
        name = f"{voice.name(finding.case)} {metric_name(finding, voice.word)}"
        yield f"Cannot tell: {name} {in_brief(finding)}"
    yield f"Cannot tell: {plural(len(rows), 'comparison')} undecided"


def _no_verdicts(rows: tuple[Entry, ...], voice: Voice) -> Iterator[str]:
    unmeasured = {(r.suite.run, r.finding.case) for r in rows if is_unmeasured(r.finding)}
    first = rows[0].finding
    if first.reason is Reason.BASE_FAILED:
        yield "Not a verdict: the merge base gives nothing to compare with"
    yield from _late(first)
    if first.points is not None:
        were = "was" if first.points == 1 else "were"
        yield f"Not a verdict: {points(first)} {were} not measured on head"
    if unmeasured and first.case:
        if len(unmeasured) == 1:
            yield f"Not a verdict: {voice.name(first.case)} was not measured"
        yield f"Not a verdict: {len(unmeasured)} expected cases were not measured"
    if first.reason is Reason.MEASUREMENT_CHANGED:
        yield "Not a verdict: head changes the files that measure"
    if first.case:
        yield f"Not a verdict: {voice.name(first.case)} cannot be compared"
    nothing = "was measured" if first.reason is Reason.NOT_MEASURED else "could be compared"
    yield f"Not a verdict: nothing {nothing}"


def _late(first: Finding) -> Iterator[str]:
    if first.reason is not Reason.OUT_OF_TIME:
        return
    if first.side is not None:
        yield f"Not a verdict: {points(first)} ran out of time on {SIDES[first.side]}"
    if first.points is None:
        yield "Not a verdict: the time was up before one pair of launches was done"


def _errors(rows: tuple[Entry, ...], voice: Voice) -> Iterator[str]:
    first = rows[0]
    name = voice.name(first.suite.suite)
    if first.finding.reason is Reason.INFRASTRUCTURE:
        yield f"Could not measure: {voice.text(first.finding.step)}"
        yield "Could not measure: our own infrastructure failed"
    elif first.finding.reason is Reason.INVALID:
        yield f"Cannot run: wrong input in {name}"
        yield "Cannot run: wrong input"
    elif first.finding.reason is Reason.NOT_REPRODUCIBLE:
        yield f"Failed: {name} is not reproducible"
        yield "Failed: a suite is not reproducible"
    elif first.suite.kind is SuiteKind.COMMAND:
        yield f"Failed: {name} fails on head"
        yield "Failed: a command fails on head"
    elif first.finding.case and not first.finding.metric:
        case = voice.name(first.finding.case)
        yield f"Failed: case {case} of {name} did not run to its end on head"
        yield f"Failed: case {case} did not run to its end on head"
    elif first.finding.metric:
        yield f"Failed: {name} gave no usable number on head"
        yield "Failed: a suite gave no usable number on head"
    else:
        yield f"Failed: {name} did not run to its end on head"
        yield "Failed: a suite did not run to its end on head"


_BY_OUTCOME: dict[Outcome, Callable[[tuple[Entry, ...], Voice], Iterator[str]]] = {
    Outcome.PASS: _passes,
    Outcome.IMPROVEMENT: _improvements,
    Outcome.REGRESSION: _regressions,
    Outcome.INCONCLUSIVE: _undecided,
    Outcome.NO_VERDICT: _no_verdicts,
    Outcome.ERROR: _errors,
}
_CALLED = {
    Outcome.PASS: "No regression",
    Outcome.IMPROVEMENT: "Better",
    Outcome.REGRESSION: "Regressions",
    Outcome.INCONCLUSIVE: "Cannot tell",
    Outcome.NO_VERDICT: "Not a verdict",
    Outcome.ERROR: "Failed",
}
